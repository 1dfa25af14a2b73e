"""Moments for checking and moments for calibration never share a block of time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rovertui.calibration.roles import block_of, role_of

stamps = st.floats(0, 2e9, allow_nan=False)
blocks = st.floats(0.5, 3600)
every = st.integers(2, 20)


@given(first=stamps, second=stamps, block=blocks, every=every)
def test_a_block_never_has_two_roles(first: float, second: float, block: float, every: int) -> None:
    if block_of(first, block) == block_of(second, block):
        assert role_of(first, block, every) == role_of(second, block, every)


@given(number=st.integers(0, 10_000), every=every)
def test_of_any_n_blocks_in_a_row_exactly_one_is_for_checking(number: int, every: int) -> None:
    roles = [role_of((number + i) * 30.0 + 1.0, 30.0, every) for i in range(every)]
    assert roles.count("check") == 1


@given(stamp=st.floats(0, 1e6), block=blocks)
def test_a_moment_lies_in_its_block(stamp: float, block: float) -> None:
    number = block_of(stamp, block)
    assert number * block <= stamp * (1 + 1e-12) + 1e-9
    assert stamp < (number + 1) * block * (1 + 1e-12) + 1e-9


def test_the_guides_interval_gives_three_for_calibration_to_one_for_checking() -> None:
    roles = [role_of(stamp, 30.0, 4) for stamp in range(0, 1200, 10)]
    assert roles.count("calibration") == 3 * roles.count("check")
    assert roles[:9] == ["calibration"] * 9
    assert roles[9:12] == ["check"] * 3
