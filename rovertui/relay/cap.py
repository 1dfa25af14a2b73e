"""A bound on the bytes a second that go upstream, so that SSH stays alive on bad Wi-Fi."""

from __future__ import annotations

import time
from collections.abc import Callable

_BURST_S = 0.5


class Cap:
    """A bucket of half a second's bytes; ``rate`` 0 lets everything pass.

    A message passes while the bucket is not empty and may leave it in debt, so that a cap
    smaller than one message a second still lets some through.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._filled = clock()
        self._room = rate * _BURST_S

    def passes(self) -> bool:
        """Whether a message may go now."""
        if self.rate <= 0:
            return True
        now = self._clock()
        self._room = min(
            self.rate * _BURST_S, self._room + self.rate * max(0.0, now - self._filled)
        )
        self._filled = now
        return self._room > 0

    def took(self, count: int) -> None:
        """``count`` bytes went."""
        self._room -= count
