"""When the node's commands are the float model's, and when they keep being others."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.compare.agreement import ENOUGH, OF, SILENT, WITHIN_S, Agreement, Pair

PERIOD = 0.1
action = st.tuples(st.floats(-1, 1), st.floats(-1, 1))


def drive(
    said: Agreement, frames: list[Pair], commands: list[Pair | None], delay: float, began: float = 0
) -> float:
    """Frames every tenth of a second, each with the command that follows after ``delay``."""
    for number, (frame, command) in enumerate(zip(frames, commands, strict=True)):
        taken = began + number * PERIOD
        said.reference(taken, frame)
        if command is not None:
            said.command(taken + delay, command)
    end = began + len(frames) * PERIOD + 2 * WITHIN_S
    said.look(end)
    return end


@given(
    st.lists(action, min_size=ENOUGH, max_size=60),
    st.floats(0.001, WITHIN_S - 0.001),
)
def test_a_node_that_runs_the_same_model_agrees_however_late_it_is(
    frames: list[Pair], delay: float
) -> None:
    said = Agreement(0.05)
    drive(said, frames, list(frames), delay)
    assert said.state == "agrees"
    assert said.disagreeing == 0


@given(st.lists(action, min_size=OF, max_size=40), st.floats(0.06, 0.5))
def test_a_node_that_is_always_off_disagrees(frames: list[Pair], off: float) -> None:
    still = [frames[0]] * len(frames)
    said = Agreement(0.05)
    drive(said, still, [(a + off, b) for a, b in still], 0.05)
    assert said.state == "disagrees"
    assert said.disagreeing == said.compared == OF


def test_a_few_differences_are_no_fault_and_it_agrees_again_after_one() -> None:
    said = Agreement(0.05)
    right = [(0.5, 0.0)] * OF
    some = [*right[: OF // 3], *[(0.9, 0.0)] * (OF // 3), *right[: OF // 3]]
    end = drive(said, [(0.5, 0.0)] * len(some), list(some), 0.05)
    assert said.state == "agrees" and said.disagreeing > 0
    end = drive(said, right, [(-0.5, 0.0)] * OF, 0.05, end)
    assert said.state == "disagrees"
    drive(said, right, list(right), 0.05, end)
    assert said.state == "agrees"


def test_a_live_model_that_is_off_itself_has_to_be_further_off() -> None:
    """It was put into service although 40 % of its frames were over the limit."""
    frames = [(0.5, 0.0)] * OF
    commands = [(0.9, 0.0) if number % 5 < 3 else (0.5, 0.0) for number in range(OF)]
    states = {}
    for most in (0.5, 0.8):
        said = Agreement(0.05, most)
        for number in range(OF):
            # Far apart in time, so that no command of another frame is near.
            drive(said, frames[:1], [commands[number]], 0.05, began=5.0 * number)
        states[most] = said.state
    assert states == {0.5: "disagrees", 0.8: "agrees"}


def test_silence_is_said_and_is_no_disagreement() -> None:
    said = Agreement(0.05)
    end = drive(said, [(0.5, 0.0)] * OF, [(0.5, 0.0)] * OF, 0.05)
    drive(said, [(0.5, 0.0)] * SILENT, [None] * SILENT, 0.05, end)
    assert said.state == "silent"


def test_few_frames_say_nothing() -> None:
    said = Agreement(0.05)
    drive(said, [(0.5, 0.0)] * (ENOUGH - 1), [(-0.5, 0.0)] * (ENOUGH - 1), 0.05)
    assert said.state == "starting"


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_command_that_is_no_number_agrees_with_nothing(wrong: float) -> None:
    said = Agreement(0.05)
    drive(said, [(0.5, 0.0)] * OF, [(wrong, 0.0)] * OF, 0.05)
    assert said.state == "disagrees"


def test_what_came_before_the_frame_or_too_late_does_not_count() -> None:
    for delay in (-0.05, WITHIN_S + 0.05):
        said = Agreement(0.05)
        for number in range(SILENT):
            drive(said, [(0.5, 0.0)], [(0.5, 0.0)], delay, began=5.0 * number)
        assert said.state == "silent"
