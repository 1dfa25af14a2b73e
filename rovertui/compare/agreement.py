"""Whether the node's commands are what the float model says of the same frames."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

WITHIN_S = 0.4
"""A command belongs to a frame when it comes so soon after: a node looks ten times a second and
publishes what it made of the newest frame."""

OF = 20
ENOUGH = 10
SILENT = 3

Pair = tuple[float, float]
State = Literal["starting", "silent", "agrees", "disagrees"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One frame: linear and angular action (-1..1) of both, and how far they are apart."""

    reference: Pair
    command: Pair | None
    apart: float


class Agreement:
    """Holds what the float model says against the commands that follow.

    Of the commands within :data:`WITHIN_S` after a frame the nearest one counts, so that a
    node's delay is no disagreement.

    Args:
        tolerance: actions further apart than this disagree.
        most: share of the last frames that may; beyond it the two keep disagreeing.
    """

    def __init__(self, tolerance: float, most: float = 0.5) -> None:
        self.tolerance = tolerance
        self.most = most
        self._commands: deque[tuple[float, Pair]] = deque()
        self._waiting: deque[tuple[float, Pair]] = deque()
        self._last: deque[Compared] = deque(maxlen=OF)

    def command(self, at: float, action: Pair) -> None:
        """The node commanded this, heard at ``at`` (monotonic seconds)."""
        self._commands.append((at, action))

    def reference(self, taken: float, action: Pair) -> None:
        """The float model says this of the frame taken at ``taken``."""
        self._waiting.append((taken, action))

    def look(self, now: float) -> bool:
        """Compare the frames whose time for a command is over; whether there was one."""
        changed = False
        while self._waiting and now - self._waiting[0][0] > WITHIN_S:
            taken, reference = self._waiting.popleft()
            self._last.append(self._compare(taken, reference))
            changed = True
        while self._commands and now - self._commands[0][0] > 5 * WITHIN_S:
            self._commands.popleft()
        return changed

    def _compare(self, taken: float, reference: Pair) -> Compared:
        found = [pair for at, pair in self._commands if taken < at <= taken + WITHIN_S]
        if not found:
            return Compared(reference, None, math.inf)
        nearest = min(found, key=lambda pair: _apart(pair, reference))
        return Compared(reference, nearest, _apart(nearest, reference))

    @property
    def last(self) -> Compared | None:
        return self._last[-1] if self._last else None

    @property
    def compared(self) -> int:
        """Frames with a command, of the last :data:`OF`."""
        return sum(each.command is not None for each in self._last)

    @property
    def disagreeing(self) -> int:
        return sum(each.command is not None and each.apart > self.tolerance for each in self._last)

    @property
    def state(self) -> State:
        newest = list(self._last)[-SILENT:]
        if len(newest) == SILENT and all(each.command is None for each in newest):
            return "silent"
        if self.compared < ENOUGH:
            return "starting"
        return "disagrees" if self.disagreeing > self.most * self.compared else "agrees"


def _apart(one: Pair, other: Pair) -> float:
    """The larger difference of the two; what is no number is far from everything."""
    worst = max(abs(a - b) for a, b in zip(one, other, strict=True))
    return worst if math.isfinite(worst) else math.inf
