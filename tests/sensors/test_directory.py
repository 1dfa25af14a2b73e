"""The collector's directory, with the habits of today's scripts, by a clock of the test's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rovertui.sensors import taken
from rovertui.sensors.directory import DirectorySource
from rovertui.sensors.frame import Frame
from rovertui.sensors.taken import Taken
from tests.waiting import until

from .conftest import FakeTime, StandInCollector


class Rig:
    def __init__(self, root: Path, directory: Path, clock: FakeTime) -> None:
        self.clock = clock
        self.told: list[bool] = []
        self.answer = ""
        self.taken = Taken(root / "taken.json")
        self.source = DirectorySource(
            directory, self.taken, 10.0, self.tell, clock, lambda: 0.0, clock.sleep
        )

    def tell(self, on: bool) -> str:
        self.told.append(on)
        return self.answer

    def frames(self, seconds: float = 1.0, *, settle: bool | None = True) -> list[Frame]:
        """What is offered within ``seconds``, each settled at once."""
        end = self.clock.now + seconds
        found = []
        while self.clock.now < end:
            frame = self.source.read(0.1)
            if frame is not None:
                found.append(frame)
                if settle is not None and frame.settle is not None:
                    frame.settle(settle)
        return found


@pytest.fixture
def rig(tmp_path: Path, collector: StandInCollector, clock: FakeTime) -> Rig:
    made = Rig(tmp_path, collector.directory, clock)
    made.source.switch(True)
    return made


def test_a_new_file_is_offered_within_a_second(rig: Rig, collector: StandInCollector) -> None:
    assert rig.frames() == []
    collector.write()
    (frame,) = rig.frames(1.0)
    assert frame.arrays["rgb"][0, 0, 0] == 21
    assert frame.settle is not None
    assert rig.frames(60.0) == []


def test_a_counter_that_starts_again_costs_nothing_and_is_announced(
    rig: Rig, collector: StandInCollector
) -> None:
    for _ in range(3):
        collector.write()
    assert len(rig.frames()) == 3
    collector.start()
    for _ in range(3):
        collector.write()
    assert [f.arrays["rgb"][0, 0, 0] for f in rig.frames()] == [24, 25, 26]
    news = [text for text in rig.source.news() if "counts from" in text]
    assert len(news) == 1 and "kept" in news[0]


def test_a_directory_removed_under_us_is_announced_and_read_again(
    rig: Rig, collector: StandInCollector
) -> None:
    collector.write()
    rig.frames()
    collector.start(removes=True)
    collector.write()
    assert len(rig.frames()) == 1
    (news,) = rig.source.news()
    assert "the 1 samples taken over from it are safe" in news


def test_a_file_still_being_written_is_waited_for(rig: Rig, collector: StandInCollector) -> None:
    path = collector.write()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert rig.frames(0.6) == []
    path.write_bytes(whole)
    assert len(rig.frames(1.0)) == 1
    assert rig.source.news() == []


def test_a_truncated_file_is_announced_and_ends_nothing(
    rig: Rig, collector: StandInCollector
) -> None:
    path = collector.write()
    path.write_bytes(path.read_bytes()[:-50])
    (collector.directory / "calibration_0050.npz").write_bytes(b"")
    assert rig.frames(5.0) == []
    assert sorted(rig.source.news()) == [
        "calibration_0000.npz of the collector is left out: its end is missing.",
        "calibration_0050.npz of the collector is left out: it is empty.",
    ]
    collector.write()
    assert len(rig.frames()) == 1


def test_pickled_objects_are_never_loaded(rig: Rig, collector: StandInCollector) -> None:
    np.savez(collector.directory / "calibration_0000.npz", a=np.array([{}], object))
    assert rig.frames(5.0) == []
    assert "left out" in rig.source.news()[0]


def test_only_so_many_contents_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taken, "_LONGEST", 3)
    known = Taken(tmp_path / "taken.json")
    for digest in "abcde":
        known.add(digest)
    for each in (known, Taken(tmp_path / "taken.json")):
        assert [digest for digest in "abcde" if digest in each] == ["c", "d", "e"]
        assert len(each) == 3


def test_what_was_taken_is_not_taken_again_after_a_restart(
    rig: Rig, tmp_path: Path, collector: StandInCollector, clock: FakeTime
) -> None:
    collector.write()
    assert len(rig.frames()) == 1
    again = Rig(tmp_path, collector.directory, clock)
    again.source.switch(True)
    collector.write()
    assert [f.arrays["rgb"][0, 0, 0] for f in again.frames()] == [22]


def test_what_could_not_be_kept_is_offered_again(rig: Rig, collector: StandInCollector) -> None:
    collector.write()
    assert len(rig.frames(1.0, settle=False)) == 1
    assert len(rig.frames(10.0)) == 1
    assert rig.frames(10.0) == []


def test_while_capture_is_off_a_file_is_shown_once_and_offered_when_it_is_on(
    rig: Rig, collector: StandInCollector
) -> None:
    rig.source.switch(False)
    collector.write()
    assert len(rig.frames(30.0, settle=False)) == 1
    rig.source.switch(True)
    assert len(rig.frames(1.0)) == 1


def test_nothing_in_the_collector_s_directory_is_changed(
    rig: Rig, collector: StandInCollector
) -> None:
    before = {collector.write().name: 0 for _ in range(3)}
    state = {path.name: path.read_bytes() for path in collector.directory.iterdir()}
    rig.frames(5.0)
    assert before.keys() == state.keys()
    assert {path.name: path.read_bytes() for path in collector.directory.iterdir()} == state


def test_after_two_intervals_without_a_file_the_reasons_are_given(
    rig: Rig, collector: StandInCollector
) -> None:
    rig.frames(19.0)
    assert rig.source.trouble() == []
    rig.frames(2.0)
    reasons = rig.source.trouble()
    assert "cmd_vel_ai" in reasons[0]
    assert "V620" in reasons[1]
    assert "save_calibration_samples:=true" in reasons[2]
    collector.write()
    rig.frames(1.0)
    assert rig.source.trouble() == []


def test_a_missing_directory_is_the_first_reason(tmp_path: Path, clock: FakeTime) -> None:
    rig = Rig(tmp_path, tmp_path / "nowhere", clock)
    rig.source.switch(True)
    rig.frames(21.0)
    assert "there is no directory" in rig.source.trouble()[0]


def test_files_from_before_belong_to_sessions_of_their_own(
    tmp_path: Path, collector: StandInCollector, clock: FakeTime
) -> None:
    import os

    for age in (5000, 4990, 100, 90):
        os.utime(collector.write(), (2e9 - age, 2e9 - age))
    rig = Rig(tmp_path, collector.directory, clock)
    rig.source._began = 2e9
    rig.source.switch(True)
    sessions = [frame.session for frame in rig.frames(2.0)]
    assert sessions[0] == sessions[1] != sessions[2] == sessions[3]
    assert all(name.startswith("collector-") for name in sessions)


def test_the_node_is_told_and_only_a_failure_is_said(rig: Rig) -> None:
    until(lambda: rig.told == [True])
    assert rig.source.news() == []
    rig.answer = "Node not found"
    rig.source.switch(False)
    news = until(rig.source.news)
    assert news == ["The collector could not be told to stop saving: Node not found."]
