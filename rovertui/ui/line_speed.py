"""How slow the line to the terminal is, by its own answers; and how often to draw on it.

A slow line turns what is drawn into the latency of the next key. The terminal is asked for a
mode whose answer the screen's library understands already; what waits before the question has to
be written first, so its answer tells the backlog as well.
"""

from __future__ import annotations

from collections.abc import Callable

QUESTION = "\x1b[?2026$p"
ASK_EVERY = 5.0
"""Seconds between two questions."""

_STEPS = ((2.0, 2.0), (0.6, 1.0), (0.25, 0.5))
"""An answer slower than the first, in seconds, is drawn for as seldom as the second."""


class LineSpeed:
    """Times questions and answers.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._asked: float | None = None
        self._seconds = 0.0
        self._answers = False

    def ask(self) -> bool:
        """Whether to put the question now; not while one is open."""
        if self._asked is not None:
            return False
        self._asked = self._clock()
        return True

    def answered(self) -> None:
        if self._asked is not None:
            self._seconds = self._clock() - self._asked
            self._asked = None
            self._answers = True

    @property
    def seconds(self) -> float:
        """How long the last answer took; growing while one is overdue from a line that answers."""
        if self._asked is None or not self._answers:
            return self._seconds
        return max(self._seconds, self._clock() - self._asked)

    @property
    def pause(self) -> float:
        """Seconds between two drawings that this line bears; 0 where it needs no sparing."""
        return next((pause for slower, pause in _STEPS if self.seconds > slower), 0.0)
