"""From frames to samples: rule, gate, role, count, and what is said meanwhile."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration import sample
from rovertui.errors import OperatorError
from rovertui.recorder.loop import Recorder
from rovertui.recorder.messages import Capture, Complete, Notice, Park, Skipped
from rovertui.sensors.frame import SourceFacts


def test_one_sample_every_ten_seconds_of_source_time(session: Any, tools: Any) -> None:
    session.record([tools.frame(float(stamp)) for stamp in range(41)])
    assert [kept.stamp for kept in session.kept()] == [0, 10, 20, 30, 40]
    assert [kept.why for kept in session.kept()][:2] == [
        "first sample",
        "10.0 s since the last one",
    ]


def test_every_fourth_block_is_for_checking(session: Any, tools: Any) -> None:
    session.record([tools.frame(10.0 * i) for i in range(12)])
    assert [kept.role for kept in session.kept()] == ["calibration"] * 9 + ["check"] * 3
    assert session.files() == [
        *(f"calibration_{i:04d}.npz" for i in range(9)),
        *(f"check/calibration_{i:04d}.npz" for i in range(9, 12)),
    ]


def test_a_sample_says_where_it_comes_from(session: Any, tools: Any) -> None:
    session.record([tools.frame(95.0)], session="morning")
    arrays, stamp = sample.read(session.directory / "check" / "calibration_0000.npz")
    assert stamp == sample.Stamp(
        stamp=95.0,
        session="morning",
        source="a drive",
        schema="small",
        role="check",
        simulated=False,
        why="first sample",
        taken=stamp.taken if stamp else 0.0,
    )
    assert stamp and abs(stamp.taken - time.time()) < 3600
    assert sorted(arrays) == ["depth", "proprio", "rgb"]


def test_arrays_that_the_schema_does_not_name_are_not_written(session: Any, tools: Any) -> None:
    session.record([tools.frame(0.0, lidar=np.ones(3, np.float32))])
    arrays, _ = sample.read(session.directory / "calibration_0000.npz")
    assert "lidar" not in arrays


def test_nothing_is_kept_while_capture_is_off(session: Any, tools: Any) -> None:
    recorder = session.recorder(tools.Drive([tools.frame(10.0 * i) for i in range(5)]))
    recorder.run()
    assert session.files() == []
    assert session.numbers()[-1].capture.state == "off"
    assert session.numbers()[-1].stream.frames == 5


def test_capture_completes_at_the_count_and_says_so_once(tmp_path: Any, tools: Any) -> None:
    session = tools.Session(tmp_path, tools.config(count=10))
    session.record([tools.frame(10.0 * i) for i in range(30)])
    assert len(session.of(Complete)) == 1
    capture = session.numbers()[-1].capture
    assert (capture.state, capture.kept, capture.checking) == ("complete", 10, 3)
    assert capture.text == "10 samples for calibration"


def test_samples_that_are_already_there_count(tmp_path: Any, tools: Any) -> None:
    first = tools.Session(tmp_path, tools.config(count=4))
    first.record([tools.frame(10.0 * i) for i in range(3)])
    second = tools.Session(tmp_path, tools.config(count=4))
    second.record([tools.frame(100.0 + 10.0 * i) for i in range(9)])
    assert [kept.name for kept in second.kept() if kept.role == "calibration"] == [
        "calibration_0005.npz"
    ]
    assert len(second.of(Complete)) == 1


def test_a_frame_the_gate_refuses_is_not_kept_and_the_next_good_one_is(
    session: Any, tools: Any
) -> None:
    dark = np.zeros((6, 8, 3), np.uint8)
    session.record([tools.frame(0.0, rgb=dark), tools.frame(1.0, rgb=dark), tools.frame(2.0)])
    assert [kept.stamp for kept in session.kept()] == [2.0]
    assert session.of(Skipped) == [Skipped("rgb: every value is zero")]


def test_frames_of_another_shape_are_named_and_harm_nothing(session: Any, tools: Any) -> None:
    session.record([tools.frame(0.0, depth=np.ones((4, 4), np.float32)), tools.frame(1.0)])
    assert session.of(Skipped) == [Skipped("depth: shape (4, 4), wanted (6, 8)")]
    assert len(session.kept()) == 1


def test_a_source_that_begins_again_goes_on_being_recorded(session: Any, tools: Any) -> None:
    session.record([tools.frame(500.0), tools.frame(0.0), tools.frame(5.0)])
    assert [kept.stamp for kept in session.kept()] == [500.0, 0.0]


def test_histograms_show_the_set_and_are_sent_when_they_change(session: Any, tools: Any) -> None:
    slow, fast = np.array([0.01, 0], np.float32), np.array([0.15, 0], np.float32)
    session.record(
        [tools.frame(0.0, proprio=slow), tools.frame(10.0, proprio=fast), tools.frame(11.0)]
    )
    sent = [axis for numbers in session.numbers() for axis in numbers.axes]
    lin = [axis.counts for axis in sent if axis.name == "lin"]
    assert lin[-1] == [0, 0, 1, 1]
    assert all(before != after for before, after in itertools.pairwise(lin))
    assert session.numbers()[-1].now["lin"] == pytest.approx(0.1)


def record_to_slow_disk(
    session: Any, tools: Any, monkeypatch: pytest.MonkeyPatch, frames: int
) -> None:
    """Record a frame every ten seconds to a disk that takes nothing until the last has come."""
    disk, add = threading.Event(), session.store.add

    def slow(*arguments: Any) -> Any:
        disk.wait()
        return add(*arguments)

    monkeypatch.setattr(session.store, "add", slow)
    drive = tools.Drive([tools.frame(10.0 * i) for i in range(frames)])
    recorder = session.recorder(drive)
    drive.may_go = session.ready
    drive.at_end = lambda: (recorder.stop(), disk.set())
    recorder.command(Capture(on=True, session="s1"))
    recorder.run()


def test_a_slow_disk_delays_no_frame_and_loses_nothing_that_was_accepted(
    session: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_to_slow_disk(session, tools, monkeypatch, frames=40)
    assert session.numbers()[-1].stream.frames == 40
    assert session.of(Skipped)[0].why == "the disk does not keep up with the samples"
    assert len(session.kept()) == len(session.files()) == 4


def test_samples_on_their_way_to_a_slow_disk_count_as_taken(
    tmp_path: Path, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = tools.Session(tmp_path, tools.config(count=2))
    record_to_slow_disk(session, tools, monkeypatch, frames=9)
    assert session.files() == ["calibration_0000.npz", "calibration_0001.npz"]


def test_what_was_accepted_is_written_when_the_source_fails(session: Any, tools: Any) -> None:
    drive = tools.Drive([tools.frame(0.0), tools.frame(10.0)])
    drive.error = OperatorError("The camera is gone.")
    recorder = session.recorder(drive)
    drive.may_go = session.ready
    recorder.command(Capture(on=True))
    with pytest.raises(OperatorError, match="camera is gone"):
        recorder.run()
    assert len(session.files()) == 2


def test_a_set_that_is_removed_under_us_is_recorded_again(session: Any, tools: Any) -> None:
    """The collector removes the whole directory when it starts."""
    session.record([tools.frame(10.0 * i) for i in range(3)])
    for path in session.directory.iterdir():
        path.unlink()
    session.directory.rmdir()
    session.messages.clear()
    session.record([tools.frame(100.0 + i) for i in range(12)])
    assert session.files() == ["check/calibration_0003.npz", "check/calibration_0004.npz"]
    assert session.numbers()[-1].capture.kept == 0


def test_files_of_other_programs_are_counted_in_words(session: Any, tools: Any) -> None:
    session.directory.mkdir()
    np.savez(session.directory / "calibration_0000.npz", bev=np.ones(3))
    session.record([tools.frame(0.0)])
    capture = session.numbers()[-1].capture
    assert (capture.kept, capture.unusable) == (1, "1 of another schema")
    assert session.kept()[0].name == "calibration_0001.npz"


def test_parking_a_source_that_cannot_park_is_said(session: Any, tools: Any) -> None:
    recorder = session.recorder(tools.Drive([tools.frame(0.0)]))
    recorder.command(Park(on=True))
    recorder.run()
    assert session.of(Notice) == [Notice("Only a simulated rover can be parked from here.")]
    assert not session.numbers()[-1].stream.parked


def test_a_simulated_source_parks(session: Any, tools: Any) -> None:
    drive = tools.Drive([tools.frame(0.0)])
    drive.facts = SourceFacts(kind="simulated", text="sim", simulated=True)
    recorder = session.recorder(drive)
    recorder.command(Park(on=True))
    recorder.run()
    assert drive.parked == [True]
    assert session.numbers()[-1].stream.parked
    assert session.numbers()[-1].simulated


def test_values_and_units_have_short_names(session: Any, tools: Any) -> None:
    session.record([tools.frame(0.0)])
    stream = session.numbers()[-1].stream
    pictures = {"brightness", "contrast", "clipped", "nearest", "depth_valid"}
    assert set(stream.values) == {*pictures, "lin_vel", "ang_vel"}
    assert stream.units["clipped"] == "%"
    assert stream.units["lin_vel"] == "m/s"
    assert stream.values["depth_valid"] == 100.0
    assert stream.state == "live"
    assert stream.source == "a drive"


def test_a_source_that_never_sends_is_not_starting_for_ever(session: Any, tools: Any) -> None:
    seconds = [0.0]
    drive = tools.Drive([])
    recorder = Recorder(
        session.config, drive, session.store, session.messages.append, clock=lambda: seconds[0]
    )

    def wait() -> None:
        seconds[0] += 0.2
        stalled = session.ready() and session.numbers()[-1].capture.state == "stalled"
        if stalled or (session.ready() and seconds[0] > 300.0):
            recorder.stop()

    drive.at_end = wait
    recorder.command(Capture(on=True, session="s1"))
    recorder.run()
    states = [numbers.capture.state for numbers in session.numbers()]
    last = session.numbers()[-1]
    assert (states[0], states[-1]) == ("starting", "stalled")
    assert (last.capture.text, last.stream.state) == ("no frames arrive", "stale")
    assert last.stream.text == "no frame has come"
