"""Frames reduced to pictures for a terminal."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.calibration.picture import pictures
from rovertui.schema import Array, Schema
from rovertui.snapshot import PictureView


def schema(**arrays: Array) -> Schema:
    return Schema(arrays=arrays, inputs={})


def colour(*shape: int) -> Array:
    return Array(shape=list(shape), dtype="uint8", unit="RGB", low=0, high=255)


def depth(*shape: int) -> Array:
    return Array(shape=list(shape), dtype="float32", unit="m", low=0.0, high=6.0)


def values(view: PictureView) -> np.ndarray[Any, Any]:
    shape = (view.height, view.width, 3) if view.colour else (view.height, view.width)
    return np.frombuffer(base64.b64decode(view.pixels), np.uint8).reshape(shape)


def test_a_frame_becomes_its_colours_and_its_depth_in_the_same_aspect(make: Any) -> None:
    found = pictures(make.arrays(), schema(depth=depth(240, 424), rgb=colour(240, 424, 3)), 60, 60)
    assert [(view.name, view.width, view.height) for view in found] == [
        ("rgb", 60, 34),
        ("depth", 60, 34),
    ]
    assert found[0].colour and found[1].unit == "m"


def test_a_block_has_the_mean_of_its_colours() -> None:
    left, right = np.full((8, 8, 3), 10, np.uint8), np.full((8, 8, 3), 200, np.uint8)
    arrays = {"rgb": np.concatenate([left, right], axis=1)}
    (view,) = pictures(arrays, schema(rgb=colour(8, 16, 3)), 2, 10)
    assert values(view).tolist() == [[[10] * 3, [200] * 3]]


def test_channels_first_are_colours_too() -> None:
    planes = np.zeros((3, 6, 6), np.uint8)
    planes[2] = 90
    (view,) = pictures({"rgb": planes}, schema(rgb=colour(3, 6, 6)), 3, 3)
    assert view.colour and values(view)[0, 0].tolist() == [0, 0, 90]


def test_depth_shows_the_nearest_and_says_where_nothing_was_measured() -> None:
    metres = np.full((4, 8), 5.0, np.float32)
    metres[0, 0] = 0.5
    metres[:, 4:] = 6.0
    (view,) = pictures({"depth": metres}, schema(depth=depth(4, 8)), 2, 4)
    near, hole = values(view)[0]
    assert near == pytest.approx(1 + 254 * 0.5 / 6, abs=1)
    assert hole == 0


def test_a_grid_without_limits_has_its_own_range() -> None:
    grid = np.arange(16, dtype=np.float32).reshape(4, 4)
    (view,) = pictures({"grid": grid}, schema(grid=Array(shape=[4, 4], dtype="float32")), 4, 4)
    assert (view.low, view.high) == (0.0, 15.0)
    assert values(view)[0, 0] == 1 and values(view)[3, 3] == 255


def test_numbers_are_no_picture() -> None:
    arrays = {"proprio": np.zeros(6, np.float32)}
    assert pictures(arrays, schema(proprio=Array(shape=[6], dtype="float32")), 60, 30) == []


@given(
    st.tuples(st.integers(2, 50), st.integers(2, 50)),
    st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
)
def test_whatever_is_asked_for_every_pixel_is_there(
    shape: tuple[int, int], asked: tuple[int, int]
) -> None:
    arrays = {"rgb": np.zeros((*shape, 3), np.uint8), "depth": np.full(shape, np.nan, np.float32)}
    found = pictures(arrays, schema(rgb=colour(*shape, 3), depth=depth(*shape)), *asked)
    for view in found:
        assert 1 <= view.width <= shape[1] and 1 <= view.height <= shape[0]
        assert values(view).size
