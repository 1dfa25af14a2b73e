"""Source time that goes on steadily when a wall clock is set."""

from __future__ import annotations

JUMP_S = 2.0


class SteadyClock:
    """Turns stamps of a clock that may be set into stamps that only go forward.

    A board without a battery starts in the past and jumps when it hears of the time. Where a
    stamp moved otherwise than the monotonic clock by more than two seconds, the clock was set:
    what follows is shifted, so that neither the interval rule nor the roles notice.
    """

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self._shift = 0.0
        self.jumped = 0.0

    def steady(self, stamp: float, received: float) -> float:
        """The stamp to use for one given at monotonic ``received``; sets :attr:`jumped`."""
        self.jumped = 0.0
        if self._last is not None:
            step = stamp - self._last[0]
            passed = received - self._last[1]
            if abs(step - passed) > JUMP_S:
                self.jumped = step - passed
                self._shift -= self.jumped
        self._last = (stamp, received)
        return stamp + self._shift
