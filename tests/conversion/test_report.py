"""What a check is worth, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rovertui.config import Limits
from rovertui.conversion.report import judge, line, strength

from .workshop import File

LIMITS = Limits(mean=0.01, largest=0.15, over=0.05, share_over=0.02, frames=30)


def files(count: int, session: str, block: int | None = 0) -> list[File]:
    return [File(Path(f"{session}{n}.npz"), session, block) for n in range(count)]


@pytest.mark.parametrize(
    ("calibration", "check", "grade", "text"),
    [
        (files(50, "a"), files(33, "a", 1), "WEAK", "33 frames, other blocks of the same drive"),
        (files(50, "a"), files(33, "a", 0), "WEAK", "33 frames, same blocks of the same drive"),
        (files(50, "a"), files(45, "b"), "GOOD", "45 frames, of 1 other drive"),
        (files(50, "a"), files(20, "b") + files(20, "c"), "GOOD", "40 frames, of 2 other drives"),
        (files(50, "a"), files(12, "b"), "WEAK", "12 frames, of 1 other drive"),
        (files(50, "a"), files(40, "a", 1) + files(5, "b"), "WEAK", "45 frames, 5 of other drives"),
        (files(50, "a"), files(9, "a", 1) + files(31, "b"), "GOOD", "40 frames, 31 of other"),
        (files(50, ""), files(45, "b"), "WEAK", "drives not known"),
        (files(50, "a"), files(45, ""), "WEAK", "drives not known"),
        ([], files(45, "b"), "GOOD", "45 frames, of 1 drive, nothing calibrated"),
        (files(50, "a"), files(1, "b"), "WEAK", "1 frame, of 1 other drive"),
        (files(50, "a"), [], "NONE", "not measured"),
    ],
)
def test_strength_is_few_frames_or_the_same_drive(
    calibration: list[File], check: list[File], grade: str, text: str
) -> None:
    found = strength(calibration, check, LIMITS)

    assert found.grade == grade and text in found.text
    assert grade == "NONE" or found.text.endswith(f": {grade}")


def test_blocks_are_counted_in_each_drive() -> None:
    found = strength([], files(3, "a", 0) + files(3, "a", 1) + files(3, "b", 0), LIMITS)

    assert (found.frames, found.sessions, found.blocks) == (9, 2, 3)


def figures(**changed: float) -> dict[str, Any]:
    return {"mean": 0.004, "largest": 0.03, "share_over": 0.0, "over": 0.05, **changed}


def test_within_the_limits() -> None:
    assert judge(figures(), LIMITS).within is True
    assert judge(figures(mean=0.01, largest=0.15, share_over=0.02), LIMITS).within is True


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"mean": 0.092}, "mean 0.0920 > 0.01"),
        ({"largest": 0.59}, "largest 0.590 > 0.15"),
        ({"share_over": 0.79}, "79.0% of frames off by more than 0.05 > 2.0%"),
    ],
)
def test_each_limit_says_by_what_it_is_exceeded(changed: dict[str, float], words: str) -> None:
    verdict = judge(figures(**changed), LIMITS)

    assert verdict.within is False and verdict.reasons == (words,)


def test_not_measured_is_neither_within_nor_over() -> None:
    verdict = judge(None, LIMITS)

    assert verdict.within is None
    assert "not measured" in line(None, verdict, strength([], [], LIMITS))


def test_one_line_tells_figures_verdict_and_strength() -> None:
    strong = strength(files(50, "a"), files(33, "a", 1), LIMITS)

    assert line(figures(), judge(figures(), LIMITS), strong) == (
        "error mean 0.0040, largest 0.030, 0.0% of frames over 0.05: within limits "
        "(33 frames, other blocks of the same drive: WEAK)"
    )
