"""Choosing a covering subset: reproducible, ends of ranges first, nothing far from it left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rovertui.calibration.k_centre import covering
from rovertui.calibration.space import squares

points = arrays(float, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=st.floats(-9, 9))


@settings(deadline=None)
@given(points, st.integers(1, 30))
def test_a_choice_has_its_size_and_nothing_twice(cloud: Any, count: int) -> None:
    chosen = covering(cloud, count)
    assert len(chosen) == len(set(chosen)) == min(count, len(cloud))
    assert chosen == covering(cloud, count)


@settings(deadline=None)
@given(points)
def test_what_is_left_out_is_no_farther_than_the_chosen_are_apart(cloud: Any) -> None:
    count = max(1, len(cloud) // 2)
    chosen = covering(cloud, count)
    rest = [i for i in range(len(cloud)) if i not in set(chosen)]
    if not rest or count // 3 > 0:
        return
    reach = squares(cloud[rest], cloud[chosen]).min(axis=1).max()
    between = squares(cloud[chosen], cloud[chosen])[~np.eye(len(chosen), dtype=bool)]
    assert reach <= between.min(initial=np.inf) + 1e-9


def test_a_rare_frame_and_both_ends_are_in_and_pinned_ones_too() -> None:
    rng = np.random.default_rng(1)
    cloud = rng.normal(0, 0.1, (500, 5))
    cloud[123, 2] = 4.0
    chosen = covering(cloud, 20, [7, 8])
    assert {7, 8, 123, int(cloud[:, 0].argmax())} <= set(chosen)


def test_copies_fill_up_without_repeating() -> None:
    assert sorted(covering(np.zeros((5, 2)), 4)) == [0, 1, 2, 3]
