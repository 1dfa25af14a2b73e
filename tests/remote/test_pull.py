"""A checkpoint arrives whole, hashed and under its name, or stays a partial file."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rovertui.errors import Cancelled, OperatorError
from rovertui.remote import failures, partial, retry, source
from rovertui.remote.checkpoints import Checkpoint, RemoteFile, list_checkpoints, pick
from rovertui.remote.pull import Pulled, pull
from rovertui.remote.server import Server, resolve
from rovertui.remote.source import Source
from rovertui.remote.ssh import Link
from rovertui.reporter import Event, Reporter

from .sshd import Sshd, put

pytestmark = pytest.mark.needs_sshd

BIG = 20_000_000
SFTP_ONLY = "ForceCommand internal-sftp"


class Watcher(Reporter):
    """Keeps the events of a job, and does something once a share of the bytes has come."""

    def __init__(self, at: float = 2.0, then: Callable[[], None] = lambda: None) -> None:
        self.events: list[Event] = []
        self._at = at
        self._then = then
        super().__init__(self._take)

    def _take(self, event: Event) -> None:
        self.events.append(event)
        if event["kind"] == "progress" and event["done"] >= self._at * event["total"]:
            self._at = 2.0
            self._then()

    def texts(self, kind: str) -> list[str]:
        return [event["text"] for event in self.events if event["kind"] == kind]


@pytest.fixture(autouse=True)
def every_step_is_told_and_no_pause_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rovertui.remote.pull._PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(retry, "PAUSES", (0.01, 0.01, 0.01))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here"


def fetch(link: Link, here: Path, reporter: Reporter | None = None, wanted: str = "") -> Pulled:
    directory = link.server.directory
    checkpoint = pick(list_checkpoints(link, directory), wanted)
    return pull(
        link, directory, checkpoint, here / "models", here / "trash", reporter or Reporter()
    )


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


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


SFTP_SERVER = next(
    (
        path
        for path in ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server")
        if Path(path).exists()
    ),
    "sftp-server",
)


def forced(words: str) -> str:
    """A ForceCommand that leaves SFTP alone and runs ``words`` before any other command."""
    sftp = 'if [ "$SSH_ORIGINAL_COMMAND" = internal-sftp ]; then exec '
    return f'ForceCommand {sftp}{SFTP_SERVER}; fi; {words}; eval "$SSH_ORIGINAL_COMMAND"'


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


# Broken and gone on with


@pytest.mark.parametrize(
    ("extra", "at"), [("", 0.1), ("", 0.5), ("", 0.9), (SFTP_ONLY, 0.1), (SFTP_ONLY, 0.4)]
)
def test_a_link_that_is_killed_is_made_anew_and_the_pull_goes_on_where_it_was(
    extra: str, at: float, make_sshd, connect, here: Path
) -> None:
    sshd = make_sshd(extra=extra)
    # Late in a small file all that is left is on its way already: nothing would be lost.
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx", BIG * (5 if at > 0.5 else 1))
    watcher = Watcher(at, lambda: sshd.signal_sessions(signal.SIGKILL))

    pulled = fetch(connect(sshd.server()), here, watcher)

    assert pulled.resumed_from > 0
    assert sha(pulled.path) == sha(original) == pulled.sha256
    assert names(here / "models") == [original.name]
    assert any("was lost. Trying again in" in text for text in watcher.texts("warning"))
    assert any("going on at" in text for text in watcher.texts("log"))


@pytest.mark.parametrize("extra", ["", SFTP_ONLY])
def test_a_link_that_freezes_is_noticed_and_made_anew(
    extra: str, make_sshd, connect, here: Path
) -> None:
    sshd = make_sshd(extra=extra)
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx", BIG)
    watcher = Watcher(0.1, lambda: sshd.signal_sessions(signal.SIGSTOP))

    pulled = fetch(connect(sshd.server(stall_timeout=0.6)), here, watcher)

    assert sha(pulled.path) == sha(original)
    assert any("stopped answering" in text for text in watcher.texts("warning"))
    assert Server("host").stall_timeout + 2 * source._PATIENCE < 10, "noticed within 10 s"


def test_a_server_that_stays_away_ends_the_pull_in_words_and_keeps_what_came(
    make_sshd, connect, here: Path
) -> None:
    sshd = make_sshd()
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx", BIG)
    with pytest.raises(OperatorError) as gone:
        fetch(connect(sshd.server()), here, Watcher(0.2, sshd.stop))
    assert gone.value.code == "unreachable"
    assert f"tried {len(retry.PAUSES) + 1} times" in gone.value.hint
    assert names(here / "models") == [original.name + ".part"]

    sshd.start()
    pulled = fetch(connect(sshd.server()), here)
    assert pulled.resumed_from > 0 and sha(pulled.path) == sha(original)


def test_cancelling_ends_the_pause_before_the_next_attempt(
    make_sshd, connect, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "PAUSES", (1000.0,))
    sshd = make_sshd()
    put(sshd.checkpoints, "ppo_v620_update_50.onnx", BIG)
    watcher = Watcher(0.2, lambda: sshd.signal_sessions(signal.SIGKILL))
    warned = watcher.warning

    def and_cancel(text: str) -> None:
        warned(text)
        watcher.cancelled.set()

    monkeypatch.setattr(watcher, "warning", and_cancel)
    with pytest.raises(Cancelled):
        fetch(connect(sshd.server()), here, watcher)


@pytest.mark.parametrize("extra", ["", SFTP_ONLY])
def test_a_cancelled_pull_leaves_the_link_and_its_bytes_for_the_next(
    extra: str, make_sshd, connect, here: Path
) -> None:
    sshd = make_sshd(extra=extra)
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx", BIG)
    link = connect(sshd.server())
    watcher = Watcher(0.1)
    watcher._then = watcher.cancelled.set
    with pytest.raises(Cancelled):
        fetch(link, here, watcher)

    assert link.connected
    assert names(here / "models") == [original.name + ".part"]
    pulled = fetch(link, here)
    assert pulled.resumed_from > 0
    assert sha(pulled.path) == sha(original)
    signed_in = (sshd.root / "sshd.log").read_text().count("Accepted publickey")
    assert signed_in == 1, "the next one used the same link"


@pytest.mark.parametrize("left", [b"x" * 5000, b"x" * 100_000, b"x" * 200_000])
def test_a_partial_file_of_other_bytes_is_noticed_and_replaced(
    left: bytes, sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path
) -> None:
    original = put_checkpoint(size=100_000)
    (here / "models").mkdir(parents=True)
    (here / "models" / (original.name + ".part")).write_bytes(left)
    pulled = fetch(connect(sshd.server()), here)
    assert sha(pulled.path) == sha(original)
    assert pulled.resumed_from == 0


def test_a_file_changed_while_it_is_pulled_is_not_taken(
    sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path
) -> None:
    original = put_checkpoint(size=BIG)
    link = connect(sshd.server())
    with pytest.raises(OperatorError) as changed:
        fetch(link, here, Watcher(0.05, lambda: os.truncate(original, BIG // 2)))
    assert changed.value.code == "changed"
    assert not (here / "models" / original.name).exists()

    os.truncate(original, BIG // 2)
    os.utime(original, (1, 1))
    assert sha(fetch(link, here).path) == sha(original)


def test_a_file_written_over_while_it_is_pulled_is_not_taken(
    sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path
) -> None:
    original = put_checkpoint(size=BIG)
    other = os.urandom(BIG)

    def write_over() -> None:
        with original.open("r+b") as stream:
            stream.write(other)

    link = connect(sshd.server())
    with pytest.raises(OperatorError) as changed:
        fetch(link, here, Watcher(0.05, write_over))
    assert (
        changed.value.code == "changed" and "changed while it was pulled" in changed.value.message
    )
    assert not (here / "models" / original.name).exists()
    os.utime(original, (1, 1))
    assert sha(fetch(link, here).path) == sha(original)


SLOW = """
import os, sys, time
while block := os.read(0, 1 << 14):
    os.write(1, block)
    time.sleep(0.02)
"""


def test_a_slow_line_is_no_frozen_one_and_the_time_left_is_told(
    make_sshd, connect, here: Path, tmp_path: Path
) -> None:
    throttle = tmp_path / "throttle.py"
    throttle.write_text(SLOW)
    sftp = f'if [ "$SSH_ORIGINAL_COMMAND" = internal-sftp ]; then exec {SFTP_SERVER}; fi'
    slowly = f'eval "$SSH_ORIGINAL_COMMAND" | {sys.executable} -u {throttle}'
    sshd = make_sshd(extra=f"ForceCommand {sftp}; {slowly}")
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx", 1_300_000)
    watcher = Watcher()
    # Twice as long as a silence may be: what counts is the silence, not the whole.
    pulled = fetch(connect(sshd.server(stall_timeout=0.8)), here, watcher)
    assert sha(pulled.path) == sha(original)
    assert any("/s, " in text and text.endswith(" left") for text in watcher.texts("progress"))


# What is here already


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


def test_external_data_come_along(
    sshd: Sshd, connect, put_checkpoint: Callable[..., Path], here: Path
) -> None:
    put_checkpoint("ppo_v620_update_50.onnx")
    data = put_checkpoint("ppo_v620_update_50.onnx.data", 300_000)
    pulled = fetch(connect(sshd.server()), here)
    assert pulled.companions == (here / "models" / data.name,)
    assert sha(pulled.companions[0]) == sha(data)


# Refused in words


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
