"""What is too old, too far apart, or never alive, and that it is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.calibration import sessions
from rovertui.config import Config
from rovertui.recorder.dead import DeadSensors
from rovertui.recorder.freshness import skew, stale
from rovertui.recorder.messages import Capture

AGES = st.dictionaries(st.sampled_from(["rgb", "depth", "imu"]), st.floats(-1, 2))


@given(AGES)
def test_a_frame_is_fit_exactly_when_all_is_fresh_and_together(ages: dict[str, float]) -> None:
    fit = not ages or (max(ages.values()) <= 0.2 and (skew(ages) or 0.0) <= 0.05)
    assert (stale(ages, 0.2, 0.05) == "") == fit


def test_what_holds_things_up_is_named() -> None:
    assert (
        stale({"rgb": 0.01, "depth": 0.34}, 0.2, 0.05) == "depth is 340 ms old, wanted under 200 ms"
    )
    assert stale({"rgb": 0.01, "depth": 0.1}, 0.2, 0.05).startswith("depth is 90 ms behind rgb")


def test_a_stale_frame_is_no_sample_and_the_reason_is_on_the_screen(
    session: Any, tools: Any
) -> None:
    drive = tools.Drive([tools.frame(float(i)) for i in range(3)])
    drive.read = lambda timeout, read=drive.read: _aged(read(timeout))  # type: ignore[method-assign]
    recorder = session.recorder(drive)
    recorder.command(Capture(on=True, session="s"))
    recorder.run()
    assert session.kept() == []
    last = session.numbers()[-1]
    assert last.stream.held == "depth is 500 ms old, wanted under 200 ms"
    assert last.stream.ages["depth"] >= 0.5


def _aged(frame: Any) -> Any:
    return None if frame is None else replace(frame, ages={"depth": 0.5})


NAMES = ("lin_vel", "ang_vel", "roll", "pitch", "accel", "min_dist")


class Watch:
    def __init__(self) -> None:
        self.dead = DeadSensors(Config().schema)
        self.stamp = 0.0
        self.rng = np.random.default_rng(1)

    def drive(
        self, seconds: float, action: tuple[float, float] | None = None, **fixed: float
    ) -> list[str]:
        for _ in range(int(seconds * 10)):
            self.stamp += 0.1
            numbers = {f"proprio.{name}": float(self.rng.normal()) for name in NAMES}
            numbers |= {"brightness": float(self.rng.normal(100)), "depth_valid": 80.0}
            numbers |= {f"proprio.{n}" if n in NAMES else n: v for n, v in fixed.items()}
            given = None if action is None else np.array(action, np.float32)
            self.dead.add(self.stamp, numbers, given)
        return self.dead.dead()


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_living_sensors_are_not_suspected(watch: Watch) -> None:
    assert watch.drive(30) == []


@pytest.mark.parametrize(
    ("fixed", "words"),
    [
        ({"min_dist": 10.0}, "min_dist (always 10 m)"),
        ({"roll": 0.0}, "roll (always 0 rad)"),
        ({"pitch": 0.125}, "pitch (always 0.125 rad)"),
        ({"accel": 0.0}, "accel (always 0 m/s^2)"),
        ({"lin_vel": 0.3}, "lin_vel (always 0.3 m/s)"),
        ({"brightness": 17.0}, "colour (always the same)"),
        ({"depth_valid": 0.0}, "depth (no valid pixel)"),
    ],
)
def test_a_constant_is_a_dead_sensor(watch: Watch, fixed: Any, words: str) -> None:
    assert watch.drive(4, **fixed) == []
    assert watch.drive(4, **fixed) == [words]


def test_a_rover_that_stands_still_has_living_encoders(watch: Watch) -> None:
    assert watch.drive(30, lin_vel=0.0, ang_vel=0.0) == []
    assert watch.drive(30, action=(0.0, 0.0), lin_vel=0.0) == []


def test_zero_while_commanded_to_move_is_a_dead_encoder(watch: Watch) -> None:
    assert watch.drive(8, action=(0.5, 0.0), lin_vel=0.0) == ["lin_vel (always 0 m/s)"]


def test_a_sensor_that_comes_alive_is_not_dead(watch: Watch) -> None:
    watch.drive(20, min_dist=10.0)
    assert watch.drive(1) == []


def test_what_a_session_lacked_is_kept_by_session(tmp_path: Path) -> None:
    noted = sessions.Sessions(tmp_path)
    assert noted.note("a", "tap", []) == []
    assert noted.note("a", "tap", ["roll"]) == ["roll"]
    assert noted.note("a", "tap", ["roll", "pitch"]) == ["pitch"]
    assert noted.note("a", "tap", []) == []
    assert sessions.Sessions(tmp_path).note("b", "tap", ["roll"]) == ["roll"]
    kept = sessions.load(tmp_path)
    assert {name: session.dead for name, session in kept.items()} == {
        "a": ["roll", "pitch"],
        "b": ["roll"],
    }


def test_a_damaged_record_of_sessions_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / sessions.NAME).write_bytes(b"{half")
    assert sessions.load(tmp_path) == {}
