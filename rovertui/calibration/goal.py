"""When a set is complete, and what it lacks until then: one goal, said everywhere alike."""

from __future__ import annotations

from dataclasses import dataclass

from rovertui.config import Config


@dataclass(frozen=True)
class Goal:
    """With the rule ``diverse`` a set is complete by what it covers, not by its number: its places
    are only a bound. With ``interval`` it is complete by number, as the guide has it.

    Attributes:
        covered: score (0..100) that completes the set for calibration; 0: its number does.
        samples: number that completes it; 0: its score does.
        checking: samples for checking below which an error is called WEAK; 0: not asked for.
    """

    covered: float = 0.0
    samples: int = 0
    checking: int = 0

    def lacking(self, kept: int, checking: int, score: float) -> str:
        """What is missing, in words; empty where the set is complete."""
        parts = []
        if kept < self.samples:
            parts.append(f"{self.samples - kept} more samples")
        if score < self.covered:
            parts.append(f"covered {score:.0f} % of the {self.covered:.0f} % wanted")
        if checking < self.checking:
            parts.append(f"{self.checking - checking} more for checking")
        return ", ".join(parts)


def goal_of(config: Config) -> Goal:
    """The goal that a workspace's rule has."""
    capture = config.capture
    if capture.rule == "interval":
        return Goal(samples=capture.count)
    return Goal(covered=capture.goal, checking=min(capture.check_places, config.limits.frames))
