"""The camera's coming and going, with a scripted stream; the real library where it can run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.config import Config, Source
from rovertui.errors import OperatorError
from rovertui.sensors.attitude import Axes, Smoothed, attitude
from rovertui.sensors.frame import Frame
from rovertui.sensors.holders import holders
from rovertui.sensors.realsense import RealSenseSource, camera_there

from .conftest import FakeTime


class FakeReader:
    def __init__(self, clock: FakeTime) -> None:
        self.clock = clock
        self.news: list[str] = []

    def read(self, frameset: Any) -> Frame:
        return Frame(self.clock.now, self.clock.now, {"rgb": np.zeros(1), "depth": np.zeros(1)})


class FakeCamera:
    """A stream that gives frames until it is told to stall or to be gone."""

    def __init__(self, clock: FakeTime) -> None:
        self.details = {"camera": "D435i", "USB": "3.2"}
        self.reader: Any = FakeReader(clock)
        self.clock = clock
        self.mode = "well"
        self.closed = 0

    def next(self, timeout: float) -> Any:
        if self.mode == "gone":
            raise RuntimeError("Device disconnected\x1b[31m")
        self.clock.sleep(timeout)
        return object() if self.mode == "well" else None

    def close(self) -> None:
        self.closed += 1


class Rig:
    def __init__(self, clock: FakeTime) -> None:
        self.clock = clock
        self.cameras: list[FakeCamera] = []
        self.tries: list[float] = []
        self.refuse = ""
        self.source = RealSenseSource(
            Source(kind="realsense"), Config().schema, self.open, clock, clock.sleep
        )

    def open(self, settings: Any, schema: Any) -> FakeCamera:
        self.tries.append(self.clock.now)
        if self.refuse:
            raise OperatorError(self.refuse)
        self.cameras.append(FakeCamera(self.clock))
        return self.cameras[-1]

    def read(self, seconds: float) -> int:
        end, count = self.clock.now + seconds, 0
        while self.clock.now < end:
            before = self.clock.now
            count += self.source.read(0.1) is not None
            if self.clock.now == before:
                self.clock.sleep(0.01)
        return count


@pytest.fixture
def rig(clock: FakeTime) -> Rig:
    return Rig(clock)


def test_the_camera_is_taken_and_released_with_capture(rig: Rig) -> None:
    assert rig.read(5) == 0
    assert rig.cameras == []
    assert "when capture is switched on" in rig.source.trouble()[0]
    rig.source.switch(True)
    assert rig.read(1) > 5
    assert rig.source.facts.details == {"camera": "D435i", "USB": "3.2", "restarts": "0"}
    rig.source.switch(False)
    assert rig.cameras[0].closed == 1


@pytest.mark.parametrize("mode", ["gone", "stalled"])
def test_a_camera_that_is_lost_is_said_and_taken_again(rig: Rig, mode: str) -> None:
    rig.source.switch(True)
    rig.read(1)
    rig.source.news()
    rig.cameras[0].mode = mode
    rig.read(3)
    assert rig.cameras[0].closed == 1
    lost, *_ = rig.source.news()
    assert lost.startswith("The camera is lost: ") and lost.isprintable()
    assert rig.read(5) > 10
    assert rig.source.facts.details["restarts"] == "1"


def test_a_camera_that_stays_away_is_tried_with_growing_pauses(rig: Rig) -> None:
    rig.refuse = "No RealSense camera is connected."
    rig.source.switch(True)
    rig.read(200)
    pauses = np.diff(rig.tries)
    assert pauses[0] == pytest.approx(1, abs=0.2)
    assert pauses.max() == pytest.approx(30, abs=0.2)
    assert (np.diff(pauses) > -0.2).all()
    assert rig.source.news() == ["No RealSense camera is connected."]
    assert rig.source.trouble() == ["No RealSense camera is connected."]


def test_what_the_camera_cannot_give_is_said_once(rig: Rig) -> None:
    rig.source.switch(True)
    rig.read(1)
    assert [t for t in rig.source.news() if "gives no" in t] == [
        "The camera alone gives no proprio: nothing can be kept in this schema without it."
    ]


def test_without_a_camera_that_is_said_at_once_and_nothing_is_started() -> None:
    """Real librealsense: asking for devices is instant, starting without one takes 15 s."""
    assert "no RealSense camera is connected" in camera_there(Source(kind="realsense"))


def test_who_holds_a_device_is_named(tmp_path: Path) -> None:
    target = tmp_path / "dev" / "video0"
    target.parent.mkdir()
    target.touch()
    for pid, name, path in ((71, "camera_node", target), (72, "bash", tmp_path / "x")):
        entry = tmp_path / "proc" / str(pid)
        (entry / "fd").mkdir(parents=True)
        (entry / "comm").write_text(f"{name}\n")
        (entry / "fd" / "3").symlink_to(path)
    (tmp_path / "proc" / "99").mkdir()
    (tmp_path / "proc" / "self").mkdir()
    assert holders(r".*/dev/video\d+", tmp_path / "proc") == ["camera_node (71)"]


def test_a_file_of_another_process_is_found_in_the_real_proc(tmp_path: Path) -> None:
    import subprocess

    path = tmp_path / "device"
    path.touch()
    process = subprocess.Popen(["sleep", "60"], stdin=path.open("rb"))
    try:
        assert holders(str(path)) == [f"sleep ({process.pid})"]
        assert str(os.getpid()) not in " ".join(holders(".*"))
    finally:
        process.kill()
        process.wait()


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_attitude_is_that_of_the_rotation(roll: float, pitch: float) -> None:
    up = np.array([0, 0, 9.8])
    c, s = np.cos, np.sin
    about_x = np.array([[1, 0, 0], [0, c(roll), -s(roll)], [0, s(roll), c(roll)]])
    about_y = np.array([[c(pitch), 0, s(pitch)], [0, 1, 0], [-s(pitch), 0, c(pitch)]])
    felt = (about_y @ about_x).T @ up
    assert attitude(*felt) == pytest.approx((roll, pitch), abs=1e-9)


@pytest.mark.parametrize("text", ["", "x", "x,y", "x,x,y", "x,y,w", "--x,y,z", "x,z,y", "z,x,-y "])
def test_axes_that_are_no_rotation_are_refused(text: str) -> None:
    with pytest.raises(OperatorError, match=r"source\.axes"):
        Axes(text)


def test_a_camera_mounted_ahead_or_turned_is_mapped() -> None:
    assert Axes("z,-x,-y").turned((1, 2, 3)) == (3, -1, -2)
    assert Axes("x, y, z").turned((1, 2, 3)) == (1, 2, 3)


def test_shaking_is_smoothed_and_a_pause_is_not_bridged() -> None:
    smooth = Smoothed()
    smooth.add(0.0, (0, -9.8, 0))
    shaken = smooth.add(0.005, (5, -9.8, 0))
    assert 0 < shaken[0] < 0.2
    assert smooth.add(60.0, (5, -9.8, 0)) == (5, -9.8, 0)
