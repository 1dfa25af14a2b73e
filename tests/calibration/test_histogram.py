"""Every value is counted exactly once, in the bin that its physical range says."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.calibration.histogram import bin_of, count, edges
from rovertui.schema import Axis

axes = st.builds(
    lambda low, width, bins, scale: Axis(
        name="a", of="x", low=low, high=low + width, bins=bins, scale=scale
    ),
    low=st.floats(0.01, 50),
    width=st.floats(0.1, 1000),
    bins=st.integers(2, 64),
    scale=st.sampled_from(["linear", "log"]),
)
values = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=60)


@given(axis=axes, values=values)
def test_every_value_is_in_one_bin_or_outside(axis: Axis, values: list[float]) -> None:
    histogram = count(axis, values)
    assert len(histogram.counts) == axis.bins
    assert sum(histogram.counts) + histogram.outside == len(values)
    inside = sum(axis.low <= value <= axis.high for value in values)
    assert sum(histogram.counts) == inside


@given(axis=axes, values=values, data=st.data())
def test_the_order_does_not_matter(axis: Axis, values: list[float], data: st.DataObject) -> None:
    assert count(axis, values) == count(axis, data.draw(st.permutations(values)))


@given(axis=axes, values=values, more=values)
def test_another_sample_never_lowers_a_bin(
    axis: Axis, values: list[float], more: list[float]
) -> None:
    before, after = count(axis, values), count(axis, values + more)
    assert all(b <= a for b, a in zip(before.counts, after.counts, strict=True))
    assert before.outside <= after.outside


@given(axis=axes, data=st.data())
def test_a_value_lies_between_the_borders_of_its_bin(axis: Axis, data: st.DataObject) -> None:
    value = data.draw(st.floats(axis.low, axis.high))
    borders = edges(axis)
    index = bin_of(borders, value)
    assert index is not None
    assert borders[index] <= value <= borders[index + 1]


@given(axis=axes)
def test_borders_rise_from_low_to_high(axis: Axis) -> None:
    borders = edges(axis)
    assert (borders[0], borders[-1]) == (axis.low, axis.high)
    assert all(a < b for a, b in itertools.pairwise(borders))


def test_logarithmic_bins_are_equal_ratios() -> None:
    borders = edges(Axis(name="near", of="nearest", low=0.2, high=4.0, bins=16, scale="log"))
    ratios = np.diff(np.log(borders))
    assert ratios == pytest.approx([math.log(20) / 16] * 16)


def test_the_upper_end_belongs_to_the_last_bin_and_beyond_is_outside() -> None:
    axis = Axis(name="b", of="brightness", low=0, high=255, bins=4)
    histogram = count(axis, [0, 63.75, 255, 255.001, -0.001, math.nan])
    assert histogram.counts == (1, 1, 0, 1)
    assert histogram.outside == 3
