"""What is not pulled, and why: a checkpoint that is not there, a disk, a permission, a name."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rovertui.errors import OperatorError
from rovertui.remote import failures, partial
from rovertui.remote.checkpoints import Checkpoint, RemoteFile, list_checkpoints, pick
from rovertui.remote.pull import pull
from rovertui.remote.server import resolve
from rovertui.remote.source import Source
from rovertui.reporter import Reporter

from .pulling import SFTP_SERVER, fetch, names, sha
from .sshd import Sshd, put

pytestmark = [pytest.mark.needs_sshd, pytest.mark.usefixtures("no_pause_is_long")]


def test_two_pulls_of_one_file_do_not_mix(
    sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path
) -> None:
    original = put_checkpoint()
    (here / "models").mkdir(parents=True)
    with (here / "models" / (original.name + ".part")).open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(OperatorError) as busy:
            fetch(connect(sshd.server()), here)
    assert busy.value.code == "busy"


def test_a_checkpoint_without_onnx_or_still_growing_is_refused(
    sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path
) -> None:
    put_checkpoint("ppo_v620_update_50.pt")
    put_checkpoint("ppo_v620_update_60.onnx", age=0)
    link = connect(sshd.server())
    for wanted, code in (("50", "missing"), ("60", "growing")):
        with pytest.raises(OperatorError) as refused:
            fetch(link, here, wanted=wanted)
        assert refused.value.code == code
    assert names(here / "models") == []


def test_a_file_that_has_gone_meanwhile(
    sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path
) -> None:
    original = put_checkpoint()
    link = connect(sshd.server())
    checkpoint = pick(list_checkpoints(link, link.server.directory))
    original.unlink()
    with pytest.raises(OperatorError) as gone:
        pull(link, link.server.directory, checkpoint, here / "m", here / "t", Reporter())
    assert gone.value.code == "missing"
    assert names(here / "m") == []


def test_too_little_space_is_said_before_anything_is_fetched(
    sshd: Sshd,
    connect,
    put_checkpoint: Callable[..., Path],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_checkpoint(size=100_000)
    usage = shutil._ntuple_diskusage(10**9, 10**9, 50_000)  # type: ignore[attr-defined]
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(OperatorError) as full:
        fetch(connect(sshd.server()), here)
    assert full.value.code == "disk-full"
    assert "50.0 kB are free" in full.value.message


def test_a_disk_that_fills_up_under_way_keeps_what_came(
    sshd: Sshd,
    connect,
    put_checkpoint: Callable[..., Path],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = put_checkpoint(size=3_000_000)
    link = connect(sshd.server())
    write, room = os.write, 1_000_000

    def until_full(handle: int, data: Any) -> int:
        nonlocal room
        if room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = write(handle, data[:room])
        room -= count
        return count

    with monkeypatch.context() as patched:
        patched.setattr(partial.os, "write", until_full)
        # Sockets do not go through os.write, so only the partial file is short of space.
        with pytest.raises(OperatorError) as full:
            fetch(link, here)
    assert full.value.code == "disk-full"

    pulled = fetch(link, here)
    assert pulled.resumed_from == 1_000_000
    assert sha(pulled.path) == sha(original)


def test_permission_denied_has_its_own_sentence(sshd: Sshd, connect, here: Path) -> None:
    error = OSError(errno.EACCES, "Permission denied")
    told = failures.remote_file(error, resolve(sshd.server()), "checkpoints/\x1b[2Jx")
    assert told.code == "denied" and "\x1b" not in told.message


@pytest.mark.parametrize("closed", ["directory", "file"])
def test_permission_denied_there(
    closed: str, make_sshd, connect, here: Path, tmp_path: Path
) -> None:
    """Root may read everything: there the login's commands are run as somebody else."""
    extra = ""
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is not here (util-linux)")
        nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
        sftp = f'if [ "$SSH_ORIGINAL_COMMAND" = internal-sftp ]; then exec {nobody} {SFTP_SERVER}'
        extra = f'ForceCommand {sftp}; fi; exec {nobody} sh -c "$SSH_ORIGINAL_COMMAND"'
    sshd = make_sshd(extra=extra)
    place = tmp_path / "there"
    place.mkdir()
    for path in (tmp_path, place):
        path.chmod(0o755)
    original = put(place, "ppo_v620_update_50.onnx")
    (place if closed == "directory" else original).chmod(0)
    try:
        with pytest.raises(OperatorError) as denied:
            fetch(connect(sshd.server(directory=str(place))), here)
    finally:
        place.chmod(0o755)
    assert denied.value.code == "denied" and "permission denied" in denied.value.message
    assert (original.name in denied.value.message) == (closed == "file")
    assert not (here / "models" / original.name).exists()


@pytest.mark.parametrize("name", ["../x.onnx", "/etc/passwd", "", ".", "..", ".x", "a\nb", "a\x1b"])
def test_a_name_that_would_leave_the_directory_is_refused(
    name: str, sshd: Sshd, connect, here: Path
) -> None:
    with pytest.raises(OperatorError):
        Source(connect(sshd.server()), "checkpoints", name, lambda: None)
    evil = Checkpoint("x", 1, onnx=RemoteFile(name, 1, 1.0))
    with pytest.raises(OperatorError):
        pull(connect(sshd.server()), "c", evil, here / "models", here / "trash", Reporter())
    assert names(here / "models") == []


def test_a_small_disk_that_is_really_full(
    sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no rights to mount a small disk (root may)")
    try:
        put_checkpoint(size=3_000_000)
        with pytest.raises(OperatorError) as full:
            fetch(connect(sshd.server()), small)
        assert full.value.code == "disk-full" and "are free" in full.value.message
        # Nothing but the check beforehand stood in the way: without it the disk itself says so.
        with pytest.MonkeyPatch.context() as patch, pytest.raises(OperatorError) as really:
            patch.setattr("rovertui.remote.pull._require_space", lambda part, needed: None)
            fetch(connect(sshd.server()), small)
        assert really.value.code == "disk-full"
        assert names(small / "models") == ["ppo_v620_update_50.onnx.part"]
    finally:
        subprocess.run(["umount", str(small)], check=True)
