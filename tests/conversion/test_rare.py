"""Rare is what a set has few others of, by its own features; an even set has nothing rare."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rovertui.conversion.rare import SHARE, conditions
from rovertui.schema import Axis

LIN = Axis(name="lin", of="proprio.lin_vel", unit="m/s", low=-0.2, high=0.2, bins=8)


def test_the_few_that_are_unlike_the_rest_are_rare_by_name_of_the_axis() -> None:
    features = {f"f{i}": {"proprio.lin_vel": 0.15} for i in range(60)}
    features |= {"back": {"proprio.lin_vel": -0.18}, "out": {"proprio.lin_vel": 9.0}}

    found = conditions([LIN], features)

    assert found["back"].rare == ("lin",) and found["back"].values == {"lin": -0.18}
    assert found["f0"].rare == ()
    assert found["out"].rare == (), "beyond an axis counts as its end bin, where most are"


def test_a_set_that_covers_everything_evenly_has_nothing_rare() -> None:
    features = {i: {"proprio.lin_vel": -0.2 + 0.4 * i / 63} for i in range(64)}

    assert not any(c.rare for c in conditions([LIN], features).values())


def test_a_feature_that_a_frame_lacks_is_left_out() -> None:
    found = conditions([LIN], {"a": {}, "b": {"proprio.lin_vel": 0.1}})

    assert found["a"].values == {} and found["a"].rare == ()


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=200))
def test_rare_frames_are_never_many(values: list[float]) -> None:
    found = conditions([LIN], {i: {"proprio.lin_vel": v} for i, v in enumerate(values)})

    rare = sum(bool(c.rare) for c in found.values())
    assert rare <= SHARE * len(values) * LIN.bins
    assert rare < len(values)
