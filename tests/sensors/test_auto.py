"""Which source is used when several could be."""

from __future__ import annotations

from typing import Any

import pytest

from rovertui.errors import OperatorError
from rovertui.sensors.auto import AutoSource
from rovertui.sensors.frame import Frame, Source, SourceFacts

from .conftest import FakeTime


class Scripted:
    def __init__(self, kind: str, clock: FakeTime) -> None:
        self.facts = SourceFacts(kind, kind, simulated=False)
        self.clock = clock
        self.gives = False
        self.closed = False
        self.switched: list[bool] = []

    def read(self, timeout: float) -> Frame | None:
        self.clock.sleep(timeout)
        return Frame(0.0, self.clock.now, {}) if self.gives else None

    def park(self, parked: bool) -> None:
        raise OperatorError("no")

    def close(self) -> None:
        self.closed = True

    def news(self) -> list[str]:
        return []

    def trouble(self) -> list[str]:
        return [] if self.gives else [f"nothing from {self.facts.kind}"]

    def switch(self, on: bool) -> None:
        self.switched.append(on)


class Rig:
    def __init__(self, clock: FakeTime, *, ros: bool = False, camera: Any = None) -> None:
        self.stream, self.files = Scripted("tap", clock), Scripted("directory", clock)
        self.camera = Scripted("realsense", clock)
        self.asked = 0
        self.busy: Any = camera
        self.source = AutoSource(self.stream, self.files, None if ros else self.open, clock)

    def open(self) -> Source | str:
        self.asked += 1
        return self.busy or self.camera

    def read(self, count: int) -> str:
        for _ in range(count):
            self.source.read(0.1)
        return self.source.facts.kind


@pytest.fixture
def rig(clock: FakeTime) -> Rig:
    return Rig(clock)


def test_the_stream_comes_first(rig: Rig) -> None:
    rig.stream.gives = rig.files.gives = rig.camera.gives = True
    assert rig.read(100) == "tap"
    assert rig.asked == 0


def test_files_are_read_while_the_stream_is_silent(rig: Rig) -> None:
    rig.files.gives = True
    assert rig.read(20) == "tap"
    assert rig.read(30) == "directory"
    rig.stream.gives = True
    assert rig.read(2) == "tap"
    assert any("Frames now come from: directory" in text for text in rig.source.news())


def test_the_camera_is_last_and_is_released_when_the_collector_speaks(rig: Rig) -> None:
    rig.camera.gives = True
    assert rig.read(40) == "tap"
    assert rig.read(60) == "realsense"
    rig.stream.gives = True
    assert rig.read(2) == "tap"
    assert rig.camera.closed


def test_where_ros_is_configured_the_camera_is_never_touched(clock: FakeTime) -> None:
    rig = Rig(clock, ros=True)
    assert rig.read(1000) == "tap"
    assert rig.asked == 0


def test_a_busy_camera_is_a_reason_and_asked_for_again_with_pauses(clock: FakeTime) -> None:
    rig = Rig(clock, camera="the camera is held by realsense2_camera")
    rig.read(400)
    assert rig.source.trouble()[-1] == "the camera is held by realsense2_camera"
    assert 2 <= rig.asked <= 5


def test_capture_is_passed_on_to_every_source(rig: Rig) -> None:
    rig.camera.gives = True
    rig.source.switch(True)
    rig.read(100)
    assert rig.files.switched == rig.stream.switched == rig.camera.switched == [True]
