"""The ROS helper as a process, over a named stand-in of rclpy: no ROS is here."""

from __future__ import annotations

import importlib.util
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from rovertui.config import Config, Source
from rovertui.errors import OperatorError
from rovertui.sensors.ros_source import HELPER, RosSource

STAND_IN = Path(__file__).with_name("stand_in_ros")


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RosSource]]:
    sources: list[RosSource] = []

    def start(numbers: bool = False, **environment: str) -> RosSource:
        # What a workspace's setup.bash does: it puts its packages on the path.
        setup = tmp_path / "setup.bash"
        words = [
            f"export PYTHONPATH={STAND_IN}",
            *(f"export {k}={v}" for k, v in environment.items()),
        ]
        setup.write_text("\n".join(words) + "\n")
        config = Config(source=Source(kind="ros", setup_files=[str(setup)], python=sys.executable))
        log = tmp_path / "helper.log"
        sources.append(RosSource(config, tmp_path / "s", log, numbers=numbers))
        return sources[-1]

    yield start
    for source in sources:
        source.close()


def first(source: RosSource, seconds: float = 20.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        frame = source.read(0.1)
        if frame is not None and frame.action is not None:
            return frame
    raise AssertionError(f"no frame: {source.news()} {source.trouble()}")


def test_topics_become_frames(start: Callable[..., RosSource]) -> None:
    source = start()
    frame = first(source)
    assert source.facts.text == "ROS topics, raw"
    assert frame.arrays["rgb"][0, 0].tolist() == frame.arrays["rgb"][239, 423].tolist()
    assert frame.arrays["rgb"][0, 0].tolist() == [200, 20, 10]
    assert 1.5 < frame.arrays["depth"][0, 0] < 2.5
    lin, ang, roll, pitch, accel, distance = frame.arrays["proprio"].tolist()
    assert lin == pytest.approx(0.1, abs=0.01)
    assert (ang, roll, pitch) == pytest.approx((-0.2, 0, 0))
    assert (accel, distance) == pytest.approx((9.8, 1.25), abs=0.01)
    assert frame.action.tolist() == pytest.approx([0.5, 0.5])
    assert set(frame.ages) == {"rgb", "depth", "imu", "velocity"}


def test_without_pictures_of_its_own_odometry_makes_the_packets(
    start: Callable[..., RosSource],
) -> None:
    """For a camera that we hold ourselves: then no camera node publishes any."""
    lacks = "camera/camera/color/image_raw,camera/camera/aligned_depth_to_color/image_raw"
    frame = first(start(numbers=True, STAND_IN_LACKS=lacks))
    assert frame.arrays["rgb"].shape == (1, 1, 3)
    assert frame.arrays["proprio"][:2].tolist() == pytest.approx([0.1, -0.2], abs=0.01)
    assert "velocity" in frame.ages


def test_what_no_topic_gives_is_not_a_number(start: Callable[..., RosSource]) -> None:
    frame = first(start(STAND_IN_LACKS="imu/data,min_forward_distance"))
    assert np.isnan(frame.arrays["proprio"]).tolist() == [False, False, True, True, True, True]


def test_without_pictures_the_reasons_are_named(start: Callable[..., RosSource]) -> None:
    source = start(STAND_IN_LACKS="camera/camera/color/image_raw")
    end = time.monotonic() + 20
    while not source.trouble() and time.monotonic() < end:
        assert source.read(0.1) is None
    assert "/camera/camera/color/image_raw" in source.trouble()[0]


def test_a_helper_that_cannot_start_says_why(start: Callable[..., RosSource]) -> None:
    source = start(STAND_IN_FAILS="1")
    end, news = time.monotonic() + 20, []
    while not news and time.monotonic() < end:
        source.read(0.05)
        news = source.news()
    assert news == [
        "The ROS helper ended: RuntimeError: failed to initialize rcl: no such middleware"
    ]


def test_a_missing_setup_file_is_refused_by_name(tmp_path: Path) -> None:
    config = Config(source=Source(kind="ros", setup_files=["/nowhere/setup.bash"]))
    with pytest.raises(OperatorError, match=r"/nowhere/setup\.bash"):
        RosSource(config, tmp_path / "s", tmp_path / "log")


def test_closing_ends_the_helper(start: Callable[..., RosSource]) -> None:
    source = start()
    first(source)
    process = source._process
    assert process is not None
    source.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


@pytest.fixture(scope="module")
def helper() -> Iterator[ModuleType]:
    """The helper's own functions, imported with the stand-in in place."""
    before = set(sys.modules)
    sys.path.insert(0, str(STAND_IN))
    spec = importlib.util.spec_from_file_location("ros_node_under_test", HELPER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(STAND_IN))
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("rclpy", "std_msgs", "nav_msgs", "geometry_msgs"):
            del sys.modules[name]
    sys.modules.pop("sensor_msgs", None)


@pytest.mark.parametrize(
    ("encoding", "big", "pixel", "metres"),
    [
        ("16UC1", 0, b"\xdc\x05", 1.5),
        ("16UC1", 1, b"\x05\xdc", 1.5),
        ("32FC1", 0, np.float32(2.5).tobytes(), 2.5),
    ],
)
def test_depth_is_metres_in_every_encoding(
    helper: Any, encoding: str, big: int, pixel: bytes, metres: float
) -> None:
    image = helper.Image()
    image.height, image.width, image.step = 2, 3, 3 * len(pixel) + 5
    image.encoding, image.is_bigendian = encoding, big
    image.data = (pixel * 3 + b"12345") * 2
    depth = helper.depth_of(image)
    assert depth.dtype == np.float32
    assert depth.tolist() == [[metres] * 3] * 2


def test_an_encoding_that_is_not_understood_is_named(helper: Any) -> None:
    image = helper.Image()
    image.encoding = "yuv422"
    with pytest.raises(ValueError, match="yuv422"):
        helper.colour_of(image)


def test_tilt_is_the_orientation_s_or_gravity_s(helper: Any) -> None:
    imu = helper.Imu()
    imu.orientation.x, imu.orientation.w = math.sin(0.15), math.cos(0.15)
    assert helper.tilt(imu) == pytest.approx((0.3, 0.0))
    imu.orientation_covariance[0] = -1
    a = imu.linear_acceleration
    a.x, a.y, a.z = -9.8 * math.sin(0.2), 0.0, 9.8 * math.cos(0.2)
    assert helper.tilt(imu) == pytest.approx((0.0, 0.2))
