"""Real librealsense: a software device recorded, and played through a real pipeline."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.sensors.recording import Recording

from . import recorded

SCHEMA = Config().schema


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tape") / "drive.db3"
    recorded.record(path)
    return path


def play(source: Recording) -> list[Any]:
    frames = []
    try:
        while not source.ended:
            frame = source.read(0.5)
            if frame is not None:
                frames.append(frame)
    finally:
        source.close()
    return frames


@pytest.fixture(scope="module")
def played(tape: Path) -> tuple[list[Any], Recording]:
    source = Recording(tape, SCHEMA, flat_out=True)
    return play(source), source


def test_arrays_are_those_of_a_sample(played: tuple[list[Any], Recording]) -> None:
    frames, source = played
    assert source.facts.text == "recording drive.db3"
    arrays = frames[-1].arrays
    assert {name: (a.shape, a.dtype.name) for name, a in arrays.items()} == {
        "rgb": ((240, 424, 3), "uint8"),
        "depth": ((240, 424), "float32"),
        "camera_accel": ((3,), "float32"),
        "camera_attitude": ((2,), "float32"),
        "camera_gyro": ((3,), "float32"),
    }
    assert arrays["rgb"][0, 0].tolist()[1:] == [100, 0]
    assert arrays["camera_gyro"].tolist() == [0, 0, 0.25]


def test_colour_and_depth_are_of_the_same_moment(played: tuple[list[Any], Recording]) -> None:
    """librealsense pairs depth n with colour n-1 for a while after each start."""
    frames, source = played
    assert len(frames) >= 10
    assert source.dropped > 0
    for frame in frames:
        k = int(frame.arrays["rgb"][120, 200, 0])
        millimetres = recorded.NEAR_MM + recorded.STEP_MM * k
        assert frame.arrays["depth"][120, 200] == pytest.approx(millimetres / 1000)
        assert frame.arrays["depth"][5, 5] == 0.0
    stamps = [frame.stamp for frame in frames]
    assert stamps == sorted(set(stamps))


def test_ages_tell_how_far_streams_are_apart(played: tuple[list[Any], Recording]) -> None:
    frames, _ = played
    assert all(set(f.ages) == {"rgb", "depth", "imu"} and min(f.ages.values()) == 0 for f in frames)


def test_frames_are_copies_that_outlive_the_pipeline(played: tuple[list[Any], Recording]) -> None:
    frames, _ = played
    assert len({int(frame.arrays["rgb"][0, 0, 0]) for frame in frames}) == len(frames)
    assert all(frame.arrays["rgb"].flags.owndata for frame in frames)


@pytest.mark.parametrize(
    ("accel", "roll", "pitch"),
    [
        ((0.0, -9.8, 0.0), 0.0, 0.0),
        ((-9.8 * math.sin(0.3), -9.8 * math.cos(0.3), 0.0), 0.3, 0.0),
        ((0.0, -9.8 * math.cos(0.2), 9.8 * math.sin(0.2)), 0.0, -0.2),
    ],
)
def test_attitude_of_known_poses(
    tmp_path: Path, accel: tuple[float, float, float], roll: float, pitch: float
) -> None:
    path = tmp_path / "pose.db3"
    recorded.record(path, count=60, accel=accel)
    frames = play(Recording(path, SCHEMA, "z,-x,-y", flat_out=True))
    assert frames[-1].arrays["camera_attitude"] == pytest.approx([roll, pitch], abs=1e-3)
    proprio = frames[-1].arrays["proprio"]
    names = [field.name for field in SCHEMA.arrays["proprio"].fields]
    got = dict(zip(names, proprio.tolist(), strict=True))
    assert got["roll"] == pytest.approx(roll, abs=1e-3)
    assert got["pitch"] == pytest.approx(pitch, abs=1e-3)
    assert got["accel"] == pytest.approx(9.8, abs=1e-3)
    # What the camera cannot know is absent, never a silent zero.
    assert all(np.isnan(got[name]) for name in ("lin_vel", "ang_vel", "min_dist"))


def test_the_end_is_said_once_and_a_pause_is_a_reason(tape: Path) -> None:
    source = Recording(tape, SCHEMA, flat_out=False)
    source.park(True)
    assert source.trouble() == ["the replay is paused"]
    source.park(False)
    frames = play(source)
    assert frames
    assert [text for text in source.news() if "end" in text] == ["The replay is at its end."]


def test_what_is_no_recording_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no recording"):
        Recording(tmp_path / "none.db3", SCHEMA)
    junk = tmp_path / "junk.db3"
    junk.write_bytes(b"not a recording" * 100)
    with pytest.raises(OperatorError, match="cannot be played"):
        Recording(junk, SCHEMA)
