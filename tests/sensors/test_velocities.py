"""A camera with velocities from beside it: complete while they come, never zero without them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rovertui.calibration.gate import refusal
from rovertui.errors import OperatorError
from rovertui.schema import rgbd6
from rovertui.sensors.frame import Frame, SourceFacts
from rovertui.sensors.velocities import WithVelocities

NAN = math.nan


class Scripted:
    """A source of given frames."""

    def __init__(self, text: str, *frames: Frame | None) -> None:
        self.frames = list(frames)
        self.facts = SourceFacts(kind="realsense", text=text, simulated=False)
        self.closed = False

    def read(self, timeout: float) -> Frame | None:
        return self.frames.pop(0) if self.frames else None

    def park(self, parked: bool) -> None:
        raise OperatorError("no")

    def close(self) -> None:
        self.closed = True


def picture(at: float, *proprio: float) -> Frame:
    arrays: dict[str, Any] = {
        "rgb": np.full((240, 424, 3), 90, np.uint8),
        "depth": np.full((240, 424), 2.0, np.float32),
    }
    if proprio:
        arrays["proprio"] = np.array(proprio, np.float32)
    return Frame(at, at, arrays, ages={"rgb": 0.01})


def numbers(at: float, *proprio: float) -> Frame:
    return Frame(at, at, {"proprio": np.array(proprio, np.float32)}, ages={"velocity": 0.02})


def one(camera: Frame, *beside: Frame) -> Frame:
    found = WithVelocities(Scripted("camera", camera), Scripted("odometry", *beside)).read(0.1)
    assert found is not None
    return found


def test_velocities_are_the_newest_and_the_camera_s_attitude_stays() -> None:
    old = numbers(9.8, 9, 9, 9, 9, 9, 9)
    new = numbers(9.9, 0.1, -0.2, 0.5, 0.5, 9.7, 1.5)
    frame = one(picture(10.0, NAN, NAN, 0.01, 0.02, 9.8, NAN), old, new)
    wanted = [0.1, -0.2, 0.01, 0.02, 9.8, 1.5]
    assert frame.arrays["proprio"].tolist() == pytest.approx(wanted)
    assert frame.ages["velocity"] == pytest.approx(0.12)
    assert "proprio" not in refusal(frame.arrays, rgbd6(depth_net_scale="1"), {})


@pytest.mark.parametrize("beside", [(), (numbers(9.0, 0.1, -0.2, 0, 0, 9.8, 1.5),)])
def test_without_fresh_velocities_there_are_none_and_no_sample(beside: tuple[Frame, ...]) -> None:
    frame = one(picture(10.0), *beside)
    assert np.isnan(frame.arrays["proprio"]).all(), "not zero"
    assert "NaN" in refusal(frame.arrays, rgbd6(depth_net_scale="1"), {})


def test_it_says_where_both_come_from_and_what_is_missing() -> None:
    camera, beside = Scripted("camera", picture(1.0)), Scripted("ROS odometry")
    source = WithVelocities(camera, beside)
    assert source.facts.text == "camera, velocities from ROS odometry"
    source.read(0.1)
    assert source.trouble() == ["no velocities come beside the camera's pictures"]
    source.close()
    assert camera.closed and beside.closed
