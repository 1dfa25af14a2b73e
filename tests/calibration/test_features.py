"""What one frame is like, in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.calibration.features import Features, brightness, depth_features
from rovertui.config import Array, Axis, Config, Schema
from rovertui.errors import OperatorError


def wall(distance: float) -> Any:
    return np.full((240, 424), distance, np.float32)


def test_brightness_is_the_mean_luma() -> None:
    assert brightness(np.full((240, 424, 3), 77, np.uint8)) == pytest.approx(77)
    green = np.zeros((240, 424, 3), np.uint8)
    green[..., 1] = 255
    assert brightness(green) == pytest.approx(0.587 * 255)
    assert brightness(np.full((480, 640, 3), 255, np.uint8)) == pytest.approx(255)


def test_brightness_does_not_depend_on_where_the_channels_are() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (84, 96, 3), dtype=np.uint8)
    assert brightness(rgb) == pytest.approx(brightness(rgb.transpose(2, 0, 1)))


def test_the_nearest_thing_is_found_and_a_single_wrong_pixel_is_not() -> None:
    depth = wall(3.0)
    depth[60:100, 200:240] = 0.4
    assert depth_features(depth, 0.0, 6.0) == (pytest.approx(0.4), 1.0)
    speck = wall(3.0)
    speck[60, 200] = 0.1
    assert depth_features(speck, 0.0, 6.0)[0] == pytest.approx(3.0)


def test_floor_in_the_lower_half_is_not_an_obstacle() -> None:
    depth = wall(3.0)
    depth[120:] = np.linspace(3.0, 0.3, 120, dtype=np.float32)[:, None]
    assert depth_features(depth, 0.0, 6.0)[0] == pytest.approx(3.0)


def test_holes_and_too_far_are_not_distances() -> None:
    depth = wall(6.0)
    depth[:, :106] = 0.0
    depth[:, 106:212] = 2.5
    nearest, share = depth_features(depth, 0.0, 6.0)
    assert nearest == pytest.approx(2.5)
    assert share == pytest.approx(0.25)


def test_without_a_valid_pixel_there_is_no_nearest() -> None:
    assert depth_features(wall(6.0), 0.0, 6.0) == (None, 0.0)


@given(near=st.floats(0.1, 2.0), rows=st.integers(4, 60))
def test_a_nearer_obstacle_never_measures_farther(near: float, rows: int) -> None:
    depth = wall(4.0)
    depth[10 : 10 + 2 * rows, 100:150] = 2.0
    before = depth_features(depth, 0.0, 6.0)[0]
    depth[10 : 10 + 2 * rows, 100:150] = near
    after = depth_features(depth, 0.0, 6.0)[0]
    assert before is not None
    assert after is not None
    assert after <= before


def test_vector_fields_keep_their_array_and_those_that_are_not_finite_are_left_out(
    arrays: Any,
) -> None:
    arrays["proprio"][2] = np.nan
    found = Features(Config().schema).measure(arrays)
    assert found["proprio.accel"] == pytest.approx(9.8, abs=1e-5)
    assert "proprio.roll" not in found
    assert {"brightness", "nearest", "depth_valid"} < set(found)


def test_a_schema_without_pictures_has_only_its_fields() -> None:
    schema = Schema(arrays={"grid": Array(shape=[64, 64], dtype="float32")}, inputs={}, axes=[])
    assert Features(schema).measure({"grid": np.ones((64, 64), np.float32)}) == {}


def test_an_axis_of_nothing_is_refused_by_name() -> None:
    schema = Schema(
        arrays={"grid": Array(shape=[64, 64], dtype="float32")},
        inputs={},
        axes=[Axis(name="lin", of="proprio.lin_vel")],
    )
    with pytest.raises(OperatorError, match=r"axis lin: of: expected .* found 'proprio.lin_vel'"):
        Features(schema)
