"""It records as it was told to, whatever ends: the recorder, or the daemon itself."""

from __future__ import annotations

import signal
from pathlib import Path

from rovertui.calibration import sample
from tests.daemon.rig import Rig
from tests.waiting import until


def samples(rig: Rig) -> list[Path]:
    return sorted((rig.workspace.root / "calibration_data").rglob("*.npz"))


def test_capture_fills_the_set_and_says_why(rig: Rig) -> None:
    rig.start()
    rig.do("capture.on", session="gravel")
    snapshot = rig.until(lambda s: s.capture.kept >= 3)
    assert snapshot.capture.state == "on"
    assert snapshot.capture.last
    assert snapshot.capture.session == "gravel"
    assert all(len(axis.counts) for axis in snapshot.axes)
    assert sum(snapshot.axes[0].counts) + snapshot.axes[0].outside >= 3
    rig.do("capture.off")
    stopped = rig.until(lambda s: s.capture.state == "off").capture.kept
    frames = rig.snapshot().stream.frames
    rig.until(lambda s: s.stream.frames > frames + 10)
    assert rig.snapshot().capture.kept == stopped


def test_what_was_wanted_outlives_kill_9_and_nothing_is_left_behind(rig: Rig) -> None:
    rig.start()
    rig.do("capture.on")
    rig.until(lambda s: s.capture.kept >= 2)
    rig.kill()
    until(lambda: not rig.children())
    before = samples(rig)
    for path in before:
        assert sample.read(path)
    # What was being written at that moment may lie about until the next start.
    half = set(rig.workspace.root.rglob("*.part"))
    rig.start()
    assert any("ended unasked" in notice for notice in rig.snapshot().notices)
    snapshot = rig.until(lambda s: s.capture.kept > len(before))
    assert not half & set(rig.workspace.root.rglob("*.part"))
    assert snapshot.capture.wanted
    assert set(before) < set(samples(rig))


def test_a_killed_recorder_is_restarted_and_that_is_shown(rig: Rig) -> None:
    rig.start()
    rig.do("capture.on")
    rig.until(lambda s: s.capture.kept >= 1)
    recorder = until(rig.recorder)
    recorder.kill()
    snapshot = rig.until(lambda s: s.stream.restarts == 1 and s.stream.state == "live")
    kept = snapshot.capture.kept
    rig.until(lambda s: s.capture.kept > kept)
    for path in samples(rig):
        assert sample.read(path)


def test_a_silent_recorder_is_not_taken_for_a_rover_that_stands_still(rig: Rig) -> None:
    rig.start()
    assert rig.do("drive.park")["text"] == "The rover parks."
    rig.until(lambda s: s.stream.motion == "still")
    recorder = until(rig.recorder)
    recorder.send_signal(signal.SIGSTOP)
    try:
        snapshot = rig.until(lambda s: s.stream.state == "stale")
        assert snapshot.stream.motion == "unknown"
    finally:
        recorder.send_signal(signal.SIGCONT)
    rig.until(lambda s: s.stream.state == "live")


def test_a_damaged_state_is_set_aside_and_told(rig: Rig) -> None:
    rig.workspace.kept.mkdir()
    rig.workspace.state.write_bytes(b'{"capture": tr')
    rig.start()
    snapshot = rig.snapshot()
    assert not snapshot.capture.wanted
    assert any("could not be read" in notice for notice in snapshot.notices)
    assert [p.read_bytes() for p in rig.workspace.quarantine.glob("*state.json")]


def test_a_drive_for_checking_stays_one_over_kill_9(rig: Rig) -> None:
    rig.start()
    said = rig.do("capture.check", session="other")["text"]
    assert said == "Recording for checking only, into session other."
    assert rig.do("capture.check")["text"] == "Capture is on, for checking."
    rig.until(lambda s: s.capture.checking >= 2 and s.capture.for_checking)
    rig.kill()
    until(lambda: not rig.children())
    before = len(samples(rig))
    rig.start()
    snapshot = rig.until(lambda s: s.capture.checking > before)
    assert snapshot.capture.for_checking and snapshot.capture.kept == 0
    rig.do("capture.off")
    assert not rig.until(lambda s: s.capture.state == "off").capture.for_checking
