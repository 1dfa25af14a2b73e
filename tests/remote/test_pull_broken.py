"""A pull whose link broke, froze or was cancelled goes on where it was, or not at all."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rovertui.errors import Cancelled, OperatorError
from rovertui.remote import retry, source
from rovertui.remote.server import Server

from .pulling import BIG, SFTP_ONLY, SFTP_SERVER, Watcher, fetch, names, sha
from .sshd import Sshd, put

pytestmark = [pytest.mark.needs_sshd, pytest.mark.usefixtures("no_pause_is_long")]


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
