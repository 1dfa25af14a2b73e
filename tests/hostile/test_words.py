"""Lists, settings and names that somebody else wrote: nothing is run, nothing shown raw."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui import config_file
from rovertui.config import Config, Source
from rovertui.conversion.hearing import Heard, Hearing
from rovertui.conversion.progress import Lines
from rovertui.errors import OperatorError
from rovertui.jobs import JobBook
from rovertui.remote import checkpoints, server, trust
from rovertui.reporter import Reporter
from rovertui.schema import number
from rovertui.text import clean
from tests.calling import rovertui

from .seeds import KEY


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_a_pattern_of_host_names_means_what_it_does_for_openssh(pattern: str, name: str) -> None:
    import fnmatch

    line = trust.KnownKey((pattern,), "ssh-ed25519", b"", False, "")
    assert line.covers(name) == fnmatch.fnmatchcase(name, pattern)


def test_a_pattern_of_stars_is_answered_at_once() -> None:
    line = trust.parse_line(f"{'*a' * 400}b ssh-ed25519 {KEY}", "here:1")
    assert line is not None
    began = time.process_time()
    assert not line.covers("a" * 250)
    assert time.process_time() - began < 5


def test_a_comment_of_known_hosts_trusts_nobody(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"# old\u2028v620 ssh-ed25519 {KEY}\n# \x0bv620 ssh-ed25519 {KEY}\n")
    assert trust.KnownHosts.load([path]).keys == ()


def resolved(path: Path, text: str) -> server.Target:
    path.write_text(text)
    return server.resolve(server.Server(host="v620", user="me", ssh_config=str(path)))


def test_nothing_that_ssh_config_says_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    config = tmp_path / "config"
    found = resolved(
        config,
        f'Match exec "touch {mark}"\n  HostName evil\nMatch host v620 exec "touch {mark}"\n'
        "  HostName evil\nHost v620\n  HostName good\n",
    )
    assert found.host == "good"
    for word in ("ProxyCommand", "proxycommand"):
        with pytest.raises(OperatorError, match="does not run"):
            resolved(config, f"Host v620\n  {word} touch {mark}\n")
    assert not mark.exists()


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    for name in "abcdefgh":
        (tmp_path / name).write_text(f"Include {tmp_path}/*\n" * 8)
    with pytest.raises(OperatorError, match="Include"):
        resolved(tmp_path / "a", f"Include {tmp_path}/*\n" * 8)


def test_an_include_that_names_everything_or_nobody_is_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for pattern in (f"{tmp_path}/pipe", "~nobody-at-all/x", "/dev/zero", "\0"):
        try:
            found = resolved(
                tmp_path / "config", f"Include {pattern}\nHost v620\n  HostName good\n"
            )
        except OperatorError as error:
            assert "ssh_config" in error.message
        else:
            assert found.host == "good"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000,
        '"\\u001b[2J" = 1',
        '[rover]\n"\\u001b]0;x\\u0007" = 1',
        '[schemas."\\u001b[2J"]\narrays = 5',
        "[rover]\nmax_linear = nan",
        "[rover]\nmax_linear = 1" + "0" * 5000,
        '[node]\nlink = "../../x.rknn"',
        "[schemas.s.arrays.a]\nshape = [100000000, 100000000]\ndtype = 'uint8'\n[schemas.s.inputs]",
        "[schemas.s.arrays.a]\nshape = [-1]\ndtype = 'uint8'\n[schemas.s.inputs]",
    ],
)
def test_a_configuration_that_makes_no_sense_is_one_clean_sentence(text: str) -> None:
    with pytest.raises(OperatorError) as caught:
        config_file.parse(text)
    assert caught.value.sentence().isprintable()


@pytest.mark.parametrize("text", ["1e999999999", "1/0", "nan", "inf", "1/1e9", "0x10", ""])
def test_a_scale_is_a_number_or_refused_at_once(text: str) -> None:
    with pytest.raises((ValueError, ZeroDivisionError)):
        number(text)


def test_a_configuration_that_is_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.toml")
    with pytest.raises(OperatorError, match="not a regular file"):
        config_file.load(tmp_path / "config.toml")


@pytest.mark.parametrize(
    "record", [b"-1 1 a", b"1 nan a", b"1 1e400 a", b"9" * 5000 + b" 1 a", b"1", b"1 1e12 a"]
)
def test_sizes_and_times_that_no_disk_has_are_no_files(record: bytes) -> None:
    with pytest.raises(ValueError):
        checkpoints.read_record(record)
    assert abs(checkpoints.read_clock(b"9" * 500) - time.time()) < 1000


NAMES = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    ["-rf", "--help", "..", "../../x", "a\nb", "\x1b[2J", "ppo_v620_update_1.onnx\n", "~", "$(id)"]
)


@given(st.lists(NAMES, max_size=8))
def test_only_plain_names_of_the_pattern_become_checkpoints(names: list[str]) -> None:
    files = [checkpoints.RemoteFile(name, 1, 1.0) for name in names]
    files.append(checkpoints.RemoteFile("ppo_v620_update_7.onnx", 1, 1.0))
    found = checkpoints.arrange(files, "runs", "ppo_v620_update_*", 100.0)
    assert [one.name for one in found.checkpoints if one.step == 7] == ["ppo_v620_update_7"]
    for one in found.checkpoints:
        assert one.name.isascii() and one.name.replace("_", "").isalnum()
    for name in found.other_names:
        assert clean(name, 999) == name


def test_a_line_without_an_end_and_warnings_without_number_stay_small() -> None:
    lines = Lines()
    longest = 0
    for _ in range(8):
        longest = max([longest, *map(len, lines.feed(b"x" * (1 << 20)))])
    assert longest <= 16_384 and len(lines._rest) <= 16_384
    hearing = Hearing(Heard(), Reporter())
    for i in range(4000):
        hearing.take("event", {"event": "warning", "text": f"warning {i}"})
        hearing.take("event", {"event": "stage", "stage": "export"})
    hearing.take("event", {"event": "progress", "done": 10**400, "total": float("nan")})
    assert len(hearing.folded._counts) <= 2001 and len(hearing._held) <= 1000


def test_a_job_that_says_too_much_fills_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rovertui.jobs._MOST_EVENTS", 500)
    job = JobBook(tmp_path).new("convert", "convert", {}, [])
    for i in range(900):
        job.emit({"kind": "log", "text": f"\x1b[31m{i}" * 9})
    job.finish("done", "Done.")
    assert job.events < 510
    assert "left out" in job.read(500, 1)[0][0]["text"]
    assert job.read(job.events - 1, 1)[0][0]["kind"] == "result"


def test_no_name_on_the_disk_reaches_the_terminal(tmp_path: Path) -> None:
    config_file.create(tmp_path / "config.toml", Config(source=Source(kind="none")))
    for directory, ending in (
        ("calibration_data", ".npz"),
        ("models", ".onnx"),
        ("models", ".rknn"),
    ):
        (tmp_path / directory).mkdir(exist_ok=True)
        for name in (
            b"\x1b[2J\x1b]0;x\x07",
            b"a\nb",
            b"\xff\xfe",
            b"-rf",
            b"[red]x[bold]",
            b"\xe2\x80\xae",
        ):
            path = os.fsdecode(os.fsencode(tmp_path / directory) + b"/" + name) + ending
            Path(path).write_bytes(b"not what its name says")
    commands = (["dataset", "report"], ["dataset", "verify"], ["models"], ["status"], ["doctor"])
    try:
        for words in commands:
            done = rovertui(*words, cwd=tmp_path)
            said = done.stdout + done.stderr
            assert "unforeseen" not in said and "Traceback" not in said, said
            assert all(clean(line, 9999) == line for line in said.splitlines()), ascii(said)
    finally:
        rovertui("daemon", "stop", cwd=tmp_path)
