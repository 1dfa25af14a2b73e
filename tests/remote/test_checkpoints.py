"""What the server has, by training step; whatever else lies there can hurt nobody."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.errors import OperatorError
from rovertui.remote.checkpoints import (
    Listing,
    RemoteFile,
    arrange,
    list_checkpoints,
    pick,
    remote_path,
)

from .sshd import Sshd, put

SFTP_ONLY = "ForceCommand internal-sftp"

HOSTILE = [
    b"ppo_v620_update_1.onnx\nppo_v620_update_999.onnx",
    b"ppo_v620_update_1 .onnx",
    b"-rf",
    b"--help",
    b"ppo_v620_update_$(touch pwned).onnx",
    b"'; touch pwned; '.onnx",
    b'"quoted".onnx',
    b"\x1b[2J\x1b]0;owned\x07.onnx",
    b"ppo_v620_update_7.onnx\x1b[31m",
    b"100 1.5 ppo_v620_update_888.onnx",
    "ppo_v620_update_\u0661.onnx".encode(),
    b"ppo_v620_update_-5.onnx",
    b"ppo_v620_update_5.onnx.part",
]


def steps(listing: Listing) -> list[int]:
    return [checkpoint.step for checkpoint in listing.checkpoints]


@pytest.fixture(params=["shell", "sftp"])
def server_with(request, sshd: Sshd, make_sshd, tmp_path: Path) -> Sshd:
    """A server with a shell, and one that has SFTP only; both show the same directory."""
    if request.param == "shell":
        return sshd
    other = make_sshd(extra=SFTP_ONLY)
    other.checkpoints = sshd.checkpoints
    return other


@pytest.mark.needs_sshd
def test_checkpoints_come_newest_step_first_with_size_and_time(
    server_with: Sshd, put_checkpoint: Callable[..., Path], connect, tmp_path: Path
) -> None:
    for step in (9, 100, 50):
        put_checkpoint(f"ppo_v620_update_{step}.pt", 10 * step, age=1000 + step)
    onnx = put_checkpoint("ppo_v620_update_100.onnx", 1234, age=500)
    put_checkpoint("ppo_v620_update_100.onnx.data", 77)
    put_checkpoint("notes.txt")
    (server_with.checkpoints / "ppo_v620_update_200.onnx").mkdir()
    put_checkpoint("elsewhere", 5, age=300).rename(tmp_path / "elsewhere")
    (server_with.checkpoints / "ppo_v620_update_8.onnx").symlink_to(tmp_path / "elsewhere")
    (server_with.checkpoints / "ppo_v620_update_7.onnx").symlink_to("nowhere")

    listing = list_checkpoints(connect(server_with.server()), str(server_with.checkpoints))

    assert steps(listing) == [100, 50, 9, 8]
    newest = listing.checkpoints[0]
    assert newest.onnx is not None and newest.pt is not None
    assert (newest.onnx.size, newest.pt.size) == (1234, 1000)
    assert newest.onnx.mtime == pytest.approx(onnx.stat().st_mtime, abs=1)
    assert [file.name for file in newest.companions] == ["ppo_v620_update_100.onnx.data"]
    assert [c.has_onnx for c in listing.checkpoints] == [True, False, False, True]
    assert listing.age(newest) == pytest.approx(500, abs=10)
    assert listing.other_names == ("notes.txt",)
    assert listing.checkpoints[-1].onnx.size == 5, "a link shows what it points to"


@pytest.mark.needs_sshd
def test_hostile_names_are_counted_shown_harmless_and_never_used(
    server_with: Sshd, put_checkpoint: Callable[..., Path], connect
) -> None:
    for name in HOSTILE:
        put_checkpoint(name)
    put_checkpoint("ppo_v620_update_3.onnx")

    listing = list_checkpoints(connect(server_with.server()), str(server_with.checkpoints))

    assert steps(listing) == [3]
    assert listing.others == len(HOSTILE)
    assert all(name.isprintable() for name in listing.other_names)
    names = {os.fsencode(path.name) for path in server_with.checkpoints.iterdir()}
    assert names == {*HOSTILE, b"ppo_v620_update_3.onnx"}, "nothing was made or removed by a name"


@pytest.mark.needs_sshd
def test_a_name_that_is_not_utf8_is_harmless_with_a_shell_and_named_without(
    server_with: Sshd, put_checkpoint: Callable[..., Path], connect
) -> None:
    put_checkpoint(b"\xff\xfe.onnx")
    put_checkpoint("ppo_v620_update_3.onnx")
    link = connect(server_with.server())
    if server_with.extra == SFTP_ONLY:
        with pytest.raises(OperatorError, match="not UTF-8"):
            list_checkpoints(link, str(server_with.checkpoints))
    else:
        listing = list_checkpoints(link, str(server_with.checkpoints))
        assert steps(listing) == [3]
        assert listing.other_names[0].isprintable()


@pytest.mark.needs_sshd
def test_the_directory_may_have_any_name(server_with: Sshd, connect) -> None:
    link = connect(server_with.server())
    for name in ("it's a dir", "-dir", 'a"b', "new\nline", "tail; ls", "a\\b", "$(x)", "*"):
        directory = server_with.checkpoints / name
        directory.mkdir()
        put(directory, "ppo_v620_update_3.onnx")
        assert steps(list_checkpoints(link, str(directory))) == [3]


@pytest.mark.needs_sshd
def test_a_missing_directory_and_one_that_may_not_be_read(server_with: Sshd, connect) -> None:
    link = connect(server_with.server())
    with pytest.raises(OperatorError) as missing:
        list_checkpoints(link, str(server_with.checkpoints / "nowhere"))
    assert missing.value.code == "missing" and "v620.directory" in missing.value.hint
    assert link.connected, "that is no reason to drop the link"
    if os.getuid() != 0:
        closed = server_with.checkpoints / "closed"
        closed.mkdir(mode=0)
        with pytest.raises(OperatorError) as denied:
            list_checkpoints(link, str(closed))
        assert denied.value.code == "denied"


@pytest.mark.needs_sshd
def test_an_empty_directory_is_no_failure(server_with: Sshd, connect) -> None:
    listing = list_checkpoints(connect(server_with.server()), str(server_with.checkpoints))
    assert listing.checkpoints == () and listing.others == 0
    with pytest.raises(OperatorError, match="no finished ONNX"):
        pick(listing)


@pytest.mark.needs_sshd
def test_a_file_written_just_now_counts_as_growing(
    server_with: Sshd, put_checkpoint: Callable[..., Path], connect
) -> None:
    put_checkpoint("ppo_v620_update_1.onnx", age=100)
    put_checkpoint("ppo_v620_update_2.onnx", age=0)
    listing = list_checkpoints(connect(server_with.server()), str(server_with.checkpoints))
    assert [c.growing for c in listing.checkpoints] == [True, False]
    assert pick(listing).step == 1


def listed(*files: RemoteFile, now: float = 1e6, before: Listing | None = None) -> Listing:
    return arrange(files, "checkpoints", "ppo_v620_update_*", now, before)


def test_a_file_that_changed_between_two_listings_counts_as_growing() -> None:
    first = listed(RemoteFile("ppo_v620_update_1.onnx", 100, 1.0))
    same = listed(RemoteFile("ppo_v620_update_1.onnx", 100, 1.0), before=first)
    grown = listed(RemoteFile("ppo_v620_update_1.onnx", 150, 1.0), before=first)
    assert [x.checkpoints[0].growing for x in (first, same, grown)] == [False, False, True]


def test_a_model_is_not_growing_because_the_trainers_own_file_is() -> None:
    listing = listed(
        RemoteFile("ppo_v620_update_1.onnx", 100, 1.0), RemoteFile("ppo_v620_update_1.pt", 9, 1e6)
    )
    assert not listing.checkpoints[0].growing


def test_a_model_grows_while_its_external_data_do() -> None:
    listing = listed(
        RemoteFile("ppo_v620_update_1.onnx", 100, 1.0),
        RemoteFile("ppo_v620_update_1.onnx.data", 9, 1e6),
    )
    assert listing.checkpoints[0].growing


@pytest.mark.parametrize("wanted", ["ppo_v620_update_20", "ppo_v620_update_20.onnx", "20"])
def test_a_checkpoint_is_found_by_name_file_or_step(wanted: str) -> None:
    listing = listed(*(RemoteFile(f"ppo_v620_update_{n}.onnx", 1, 1.0) for n in (10, 20, 30)))
    assert pick(listing, wanted).step == 20
    assert pick(listing).step == 30
    with pytest.raises(OperatorError, match="no checkpoint"):
        pick(listing, "40")


@pytest.mark.parametrize("pattern", ["", "model", "a*b*", "../*", "/etc/*"])
def test_a_pattern_needs_exactly_one_star_and_no_slash(pattern: str) -> None:
    with pytest.raises(OperatorError, match=r"v620\.pattern"):
        arrange([], "checkpoints", pattern, 0.0)


@given(st.text(), st.integers(0, 10**12))
def test_only_names_of_the_pattern_are_ever_used(name: str, step: int) -> None:
    listing = listed(RemoteFile(name, 1, 1.0), RemoteFile(f"ppo_v620_update_{step}.onnx", 1, 1.0))
    for checkpoint in listing.checkpoints:
        assert checkpoint.name.removeprefix("ppo_v620_update_").isdecimal()
        assert "/" not in checkpoint.name and checkpoint.name.isprintable()
    assert step in steps(listing)


@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_a_remote_path_is_never_taken_for_an_option(directory: str) -> None:
    assert remote_path(directory).startswith(("/", "."))
    assert not remote_path(directory, "file").startswith("-")


@pytest.mark.needs_sshd
def test_a_server_that_says_a_byte_now_and_then_holds_nobody(
    connect: Callable[..., Any], sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rovertui.remote.ssh.LONGEST_RUN", 0.5)
    link = connect(sshd.server())
    with pytest.raises(OperatorError) as caught:
        link.run("while :; do printf x; sleep 0.1; done")
    assert caught.value.code == "stalled"
    assert not link.connected
