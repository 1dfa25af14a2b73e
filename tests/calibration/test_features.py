"""What one frame is like, in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.calibration.features import (
    Features,
    brightness,
    colour_features,
    depth_features,
    depths,
)
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.schema import Array, Axis, Schema


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


def test_an_array_without_fields_has_four_numbers_that_need_no_meaning() -> None:
    schema = Schema(arrays={"grid": Array(shape=[64, 64], dtype="float32")}, inputs={}, axes=[])
    grid = np.zeros((64, 64), np.float32)
    grid[:32] = 2.0
    grid[0, 0] = np.nan
    found = Features(schema).measure({"grid": grid})
    assert found["grid.mean"] == pytest.approx(1.0, abs=1e-3)
    assert found["grid.spread"] == pytest.approx(1.0, abs=1e-3)
    assert found["grid.zeros"] == pytest.approx(50.0, abs=0.1)
    assert found["grid.range"] == 2.0


def test_colour_is_told_from_grey_and_clipped_from_dull() -> None:
    grey = np.full((240, 424, 3), 128, np.uint8)
    plain = colour_features(grey)
    assert plain == {"contrast": pytest.approx(0), "colourful": 0, "clipped": 0}
    half = grey.copy()
    half[:120] = 255
    half[120:, :, 1:] = 0
    vivid = colour_features(half)
    assert vivid["contrast"] > 50
    assert vivid["colourful"] > 50
    assert vivid["clipped"] == pytest.approx(50)
    assert colour_features(half.transpose(2, 0, 1)) == pytest.approx(vivid)


def test_depths_are_percentiles_of_valid_pixels() -> None:
    depth = wall(6.0)
    depth[:, :212] = np.linspace(1.0, 3.0, 240, dtype=np.float32)[:, None]
    found = depths(depth, 0.0, 6.0)
    assert found == pytest.approx({"depth_near": 1.1, "depth_mid": 2.0, "depth_far": 2.8}, abs=0.05)
    assert depths(wall(0.0), 0.0, 6.0) == {}


def test_an_axis_of_nothing_is_refused_by_name() -> None:
    schema = Schema(
        arrays={"grid": Array(shape=[64, 64], dtype="float32")},
        inputs={},
        axes=[Axis(name="lin", of="proprio.lin_vel")],
    )
    with pytest.raises(OperatorError, match=r"axis lin: of: expected .* found 'proprio.lin_vel'"):
        Features(schema)
