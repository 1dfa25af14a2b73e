"""When a set is complete, by each rule."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rovertui.calibration.goal import Goal, goal_of
from rovertui.config import Capture, Config, Limits


def test_the_guide_s_rule_completes_by_number_and_asks_for_nothing_else() -> None:
    goal = goal_of(Config(capture=Capture(rule="interval", count=100)))
    assert goal.lacking(kept=42, checking=0, score=90.0) == "58 more samples"
    assert goal.lacking(kept=100, checking=0, score=1.0) == ""


def test_diverse_completes_by_what_is_covered_and_by_samples_for_checking() -> None:
    goal = goal_of(Config(capture=Capture(goal=35.0)))
    assert goal.lacking(50, 30, 20.0) == "covered 20 % of the 35 % wanted"
    assert goal.lacking(31, 12, 36.0) == "18 more for checking"
    assert goal.lacking(31, 30, 36.0) == ""


def test_no_more_is_asked_for_checking_than_the_rule_keeps_or_weak_ends_at() -> None:
    few = Config(capture=Capture(check_places=10))
    assert goal_of(few).checking == 10
    assert goal_of(Config(limits=Limits(frames=20))).checking == 20


@given(
    st.integers(0, 200), st.integers(0, 60), st.floats(0, 100), st.integers(0, 50), st.floats(0, 50)
)
def test_what_is_complete_stays_so_when_more_is_there(
    kept: int, checking: int, score: float, more: int, better: float
) -> None:
    for goal in (Goal(samples=100), Goal(covered=35.0, checking=30)):
        if not goal.lacking(kept, checking, score):
            assert not goal.lacking(kept + more, checking + more, score + better)
