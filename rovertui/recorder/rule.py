"""When a frame is to be kept."""

from __future__ import annotations


class IntervalRule:
    """The guide's rule: one sample every ``interval`` seconds of source time.

    A stamp older than the last kept one means that the source began again: then the next frame
    is due.
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._last: float | None = None

    @property
    def text(self) -> str:
        return f"one every {self.interval:g} s"

    def due_in(self, stamp: float) -> float:
        """Seconds of source time until a frame is due; 0 when one is."""
        if self._last is None or stamp < self._last:
            return 0.0
        return max(0.0, self.interval - (stamp - self._last))

    def why(self, stamp: float) -> str:
        """Why a frame that is due is kept, in words."""
        if self._last is None:
            return "first sample"
        if stamp < self._last:
            return "first sample since the source began again"
        return f"{stamp - self._last:.1f} s since the last one"

    def took(self, stamp: float) -> None:
        """The frame of this stamp was accepted."""
        self._last = stamp
