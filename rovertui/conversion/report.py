"""What the figures of a check are worth, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rovertui.config import Limits
from rovertui.conversion.recipe import Sample


@dataclass(frozen=True)
class Strength:
    """How far a check can be trusted.

    Attributes:
        grade: ``GOOD``, ``WEAK``, or ``NONE`` without frames.
        text: ``"33 frames, other blocks of the same drive: WEAK"``.
    """

    grade: Literal["GOOD", "WEAK", "NONE"]
    text: str
    frames: int
    sessions: int
    blocks: int


@dataclass(frozen=True)
class Verdict:
    """Whether the error is within the limits; None when it was not measured.

    Attributes:
        reasons: each limit that is exceeded, as a sentence part.
    """

    within: bool | None
    reasons: tuple[str, ...]

    @property
    def text(self) -> str:
        if self.within is None:
            return "not measured"
        return "within limits" if self.within else f"over the limits: {'; '.join(self.reasons)}"


def strength(calibration: Sequence[Sample], check: Sequence[Sample], limits: Limits) -> Strength:
    """Few frames, or frames of the drives that calibrated, make a WEAK check.

    Frames without a session may be of the same drive, and count as such.
    """
    if not check:
        return Strength("NONE", "no frames for checking: not measured", 0, 0, 0)
    sessions = {sample.session for sample in check}
    blocks = {(sample.session, sample.block) for sample in check}
    where, apart = _apart(calibration, check)
    good = min(len(check), apart) >= limits.frames
    grade: Literal["GOOD", "WEAK"] = "GOOD" if good else "WEAK"
    text = f"{_count(len(check), 'frame')}, {where}: {grade}"
    return Strength(grade, text, len(check), len(sessions), len(blocks))


def _apart(calibration: Sequence[Sample], check: Sequence[Sample]) -> tuple[str, int]:
    """Where the frames come from, and how many of them calibration can have told nothing of."""
    used = {sample.session for sample in calibration}
    sessions = {sample.session for sample in check}
    if not calibration:
        return f"of {_count(len(sessions), 'drive')}, nothing calibrated", len(check)
    if "" in used | sessions:
        return "drives not known", 0
    foreign = sum(sample.session not in used for sample in check)
    if foreign == len(check):
        return f"of {_count(len(sessions), 'other drive')}", foreign
    if foreign:
        return f"{foreign} of other drives", foreign
    moments = {(sample.session, sample.block) for sample in calibration}
    shared = any((sample.session, sample.block) in moments for sample in check)
    return ("same" if shared else "other") + " blocks of the same drive", 0


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def judge(check: Mapping[str, Any] | None, limits: Limits) -> Verdict:
    """Hold the worker's figures against the limits."""
    if check is None:
        return Verdict(None, ())
    reasons = []
    if check["mean"] > limits.mean:
        reasons.append(f"mean {check['mean']:.4f} > {limits.mean:g}")
    if check["largest"] > limits.largest:
        reasons.append(f"largest {check['largest']:.3f} > {limits.largest:g}")
    if check["share_over"] > limits.share_over:
        reasons.append(
            f"{check['share_over']:.1%} of frames off by more than {check['over']:g} "
            f"> {limits.share_over:.1%}"
        )
    return Verdict(not reasons, tuple(reasons))


def line(check: Mapping[str, Any] | None, verdict: Verdict, strong: Strength) -> str:
    """Everything in one line for a log or a screen."""
    if check is None:
        return f"error not measured ({strong.text})"
    return (
        f"error mean {check['mean']:.4f}, largest {check['largest']:.3f}, "
        f"{check['share_over']:.1%} of frames over {check['over']:g}: {verdict.text} "
        f"({strong.text})"
    )
