"""A checkpoint arrives whole, hashed and under its name, from whatever server it lies on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .pulling import BIG, SFTP_ONLY, SFTP_SERVER, Watcher, fetch, forced, names, sha
from .sshd import Sshd, put

pytestmark = [pytest.mark.needs_sshd, pytest.mark.usefixtures("no_pause_is_long")]


def test_the_right_key_lists_and_pulls_with_the_right_hash(
    sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path
) -> None:
    put_checkpoint("ppo_v620_update_40.onnx")
    newest = put_checkpoint("ppo_v620_update_50.onnx", 1_300_000)
    watcher = Watcher()

    pulled = fetch(connect(sshd.server()), here, watcher)

    assert pulled.path == here / "models" / newest.name
    assert sha(pulled.path) == sha(newest) == pulled.sha256
    assert (pulled.bytes, pulled.verified, pulled.resumed_from) == (1_300_000, "sha256", 0)
    assert names(here / "models") == [newest.name]
    progress = [event for event in watcher.events if event["kind"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["total"] == 1_300_000
    assert "1.3 MB of 1.3 MB" in progress[-1]["text"] and "/s" in progress[-1]["text"]


@pytest.mark.parametrize("extra", ["", SFTP_ONLY])
def test_any_length_arrives(extra: str, make_sshd, connect, here: Path) -> None:
    sshd = make_sshd(extra=extra)
    link = connect(sshd.server())
    for step, length in enumerate((0, 1, 1 << 15, 1 << 20, (1 << 20) + 1, 9 << 20)):
        original = put(sshd.checkpoints, f"ppo_v620_update_{step}.onnx", length)
        assert sha(fetch(link, here).path) == sha(original)


def test_a_server_with_sftp_only_is_pulled_from_and_the_weaker_check_is_said(
    make_sshd, connect, here: Path
) -> None:
    sshd = make_sshd(extra=SFTP_ONLY)
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx", BIG)
    link, watcher = connect(sshd.server()), Watcher()

    pulled = fetch(link, here, watcher)

    assert link.shell is False
    assert pulled.sha256 == sha(original) == sha(pulled.path)
    assert pulled.verified == "size"
    assert any("checked by size only" in text for text in watcher.texts("warning"))


BASIC = ("sh", "cat", "date", "find", "tail", "sleep")


@pytest.mark.parametrize(
    ("programs", "verified"),
    [
        (BASIC, "size"),
        ((*BASIC, "sha256sum"), "sha256"),
        ((*BASIC, "openssl"), "sha256"),
        ((*BASIC, "sha256sum", "openssl is broken"), "sha256"),
        (("date",), "size"),
    ],
)
def test_a_server_that_lacks_programs_is_coped_with(
    programs: tuple[str, ...], verified: str, make_sshd, connect, here: Path, tmp_path: Path
) -> None:
    there = tmp_path / "bin"
    there.mkdir()
    for program in programs:
        name, _, broken = program.partition(" ")
        found = shutil.which("false" if broken else name)
        if found is None:
            pytest.skip(f"{name} is not here")
        (there / name).symlink_to(found)
    sshd = make_sshd(extra=forced(f"PATH={there}"))
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx", 1_500_000)
    link = connect(sshd.server())
    pulled = fetch(link, here)
    assert sha(pulled.path) == sha(original)
    assert pulled.verified == verified
    original.write_bytes(b"other bytes")
    os.utime(original, (1, 1))
    assert sha(fetch(link, here).path) == sha(original), "the kept shell serves again"


def test_start_up_files_that_are_slow_and_talk_cost_their_time_once(
    make_sshd, connect, here: Path, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    words = f"printf 'Welcome\\nto \\033[31mthe V620 '; echo again >> {starts}; sleep 0.1"
    sshd = make_sshd(extra=forced(words))
    link = connect(sshd.server())
    for step in range(5):
        original = put(sshd.checkpoints, f"ppo_v620_update_{step}.onnx", 300_000)
        pulled = fetch(link, here)
        assert (sha(pulled.path), pulled.verified) == (sha(original), "sha256")
    assert len(starts.read_text().split()) == 2, "one shell for bytes, one for hashes"


def test_a_server_that_only_echoes_what_it_is_sent_is_not_taken_for_a_shell(
    make_sshd, connect, here: Path
) -> None:
    sftp = f'if [ "$SSH_ORIGINAL_COMMAND" = internal-sftp ]; then exec {SFTP_SERVER}; fi'
    sshd = make_sshd(extra=f"ForceCommand {sftp}; head -n 3")
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx")
    pulled = fetch(connect(sshd.server()), here)
    assert (sha(pulled.path), pulled.verified) == (sha(original), "size")


def test_the_same_bytes_here_are_left_alone(
    sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path
) -> None:
    put_checkpoint()
    link = connect(sshd.server())
    first = fetch(link, here)
    before = first.path.stat().st_ino, first.path.stat().st_mtime_ns
    watcher = Watcher()

    again = fetch(link, here, watcher)

    assert again.already_here and again.sha256 == first.sha256
    assert (first.path.stat().st_ino, first.path.stat().st_mtime_ns) == before
    assert watcher.texts("progress") == []
    assert any("already here" in text for text in watcher.texts("log"))
    assert names(here / "trash") == []


@pytest.mark.parametrize("extra", ["", SFTP_ONLY])
@pytest.mark.parametrize("length", [100_000, 99_999])
def test_other_bytes_of_the_same_name_are_kept_aside(
    length: int, extra: str, make_sshd, connect, here: Path
) -> None:
    sshd = make_sshd(extra=extra)
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx", 100_000)
    (here / "models").mkdir(parents=True)
    old = put(here / "models", original.name, length)
    old_hash = sha(old)

    pulled = fetch(connect(sshd.server()), here)

    assert sha(pulled.path) == sha(original)
    assert pulled.kept_aside is not None and pulled.kept_aside.parent == here / "trash"
    assert sha(pulled.kept_aside) == old_hash
    reason = pulled.kept_aside.with_name(pulled.kept_aside.name + ".reason").read_text()
    assert pulled.sha256 in reason


def test_without_a_remote_hash_the_same_bytes_are_still_recognised(
    make_sshd, connect, here: Path
) -> None:
    sshd = make_sshd(extra=SFTP_ONLY)
    put(sshd.checkpoints, "ppo_v620_update_50.onnx")
    link = connect(sshd.server())
    first = fetch(link, here)
    inode = first.path.stat().st_ino
    again = fetch(link, here)
    assert again.already_here and again.path.stat().st_ino == inode
    assert names(here / "models") == [first.path.name]


def test_external_data_come_along(
    sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path
) -> None:
    put_checkpoint("ppo_v620_update_50.onnx")
    data = put_checkpoint("ppo_v620_update_50.onnx.data", 300_000)
    pulled = fetch(connect(sshd.server()), here)
    assert pulled.companions == (here / "models" / data.name,)
    assert sha(pulled.companions[0]) == sha(data)


@pytest.mark.parametrize("extra", ["", SFTP_ONLY])
@pytest.mark.parametrize(
    "name", ["with space", 'it\'s "so"', "new\nline", "$(false)", "-rf", "\x1b[2J"]
)
def test_a_directory_of_any_name_is_pulled_from(
    name: str, extra: str, make_sshd, connect, here: Path
) -> None:
    sshd = make_sshd(extra=extra)
    directory = sshd.checkpoints / name
    directory.mkdir()
    original = put(directory, "ppo_v620_update_50.onnx", 5000)
    pulled = fetch(connect(sshd.server(directory=str(directory))), here)
    assert sha(pulled.path) == sha(original)
