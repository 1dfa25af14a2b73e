from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration import sample
from rovertui.calibration.sample import Stamp
from rovertui.config import Capture, Config
from rovertui.schema import Array, Axis, Field, Input, Schema

Arrays = dict[str, np.ndarray[Any, Any]]


def make_arrays(seed: int = 0, shape: tuple[int, int] = (240, 424)) -> Arrays:
    """A believable frame: a picture, depth with holes, six numbers."""
    rng = np.random.default_rng(seed)
    depth = rng.uniform(0.5, 5.5, shape).astype(np.float32)
    depth[rng.random(shape) < 0.1] = 6.0
    return {
        "rgb": rng.integers(0, 256, (*shape, 3), dtype=np.uint8),
        "depth": depth,
        "proprio": np.array([0.1, rng.uniform(-0.5, 0.5), 0.01, -0.02, 9.8, 1.5], dtype=np.float32),
    }


def make_stamp(**changes: Any) -> Stamp:
    values: dict[str, Any] = {
        "stamp": 12.5,
        "session": "s1",
        "source": "a test",
        "schema": "rgbd6",
        "role": "calibration",
        "simulated": False,
    }
    return Stamp(**{**values, **changes})


def small_schema() -> Schema:
    """rgbd6 at 6 x 8 pixels, for tests that write many files."""
    fields = [Field(name="lin_vel", unit="m/s", low=-2, high=2), Field(name="ang_vel")]
    return Schema(
        arrays={
            "rgb": Array(shape=[6, 8, 3], dtype="uint8", unit="RGB", low=0, high=255),
            "depth": Array(shape=[6, 8], dtype="float32", unit="m", low=0.0, high=6.0),
            "proprio": Array(shape=[2], dtype="float32", fields=fields),
        },
        inputs={"rgb": Input(array="rgb", layout="NHWC", dtype="uint8")},
        axes=[
            Axis(name="brightness", of="brightness", low=0, high=255),
            Axis(name="lin", of="proprio.lin_vel", unit="m/s", low=-0.2, high=0.2, bins=4),
        ],
    )


def small_config(**capture: Any) -> Config:
    return Config(capture=Capture(schema="small", **capture), schemas={"small": small_schema()})


def small_arrays(lin_vel: float = 0.1, grey: int = 100) -> Arrays:
    return {
        "rgb": np.full((6, 8, 3), grey, np.uint8),
        "depth": np.full((6, 8), 2.0, np.float32),
        "proprio": np.array([lin_vel, 0.1], np.float32),
    }


@pytest.fixture
def arrays() -> Arrays:
    return make_arrays()


@pytest.fixture
def write_sample(tmp_path: Path) -> Callable[..., Path]:
    """Write a stamped sample of ours to a path and return it."""

    def write(path: Path, content: Arrays, **changes: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            sample.write(stream, content, make_stamp(**changes))
        return path

    return write


class Helpers:
    arrays = staticmethod(make_arrays)
    stamp = staticmethod(make_stamp)
    small_config = staticmethod(small_config)
    small_arrays = staticmethod(small_arrays)
    small_schema = staticmethod(small_schema)


@pytest.fixture(scope="session")
def make() -> type[Helpers]:
    """What tests make samples from."""
    return Helpers
