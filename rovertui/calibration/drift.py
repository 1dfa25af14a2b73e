"""Whether the rover meets what its live model was not calibrated for."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

WINDOW_S = 600.0
FRAMES = 100
SHARE = 0.05
_MARGIN = 0.02


@dataclass(frozen=True)
class Drifted:
    """Attributes:
    frames: how many of the last ten minutes were looked at.
    share: 0..1 of them outside a calibrated range; None with fewer than a hundred.
    numbers: share of each number that was outside, the largest first.
    """

    frames: int = 0
    share: float | None = None
    numbers: Mapping[str, float] | None = None

    @property
    def text(self) -> str:
        """What to do about it; empty while there is nothing to do."""
        if self.share is None or self.share <= SHARE or not self.numbers:
            return ""
        names = ", ".join(name.replace("_", " ") for name in list(self.numbers)[:3])
        return (
            f"{self.share:.0%} of the last frames lie outside what calibrated the live model "
            f"({names}): record there and convert again"
        )


class Drift:
    """Counts frames whose numbers leave the ranges (least, greatest) of the samples used.

    A range is widened by a fiftieth of itself, so that noise at its ends is no drift.
    """

    def __init__(self, ranges: Mapping[str, tuple[float, float]]) -> None:
        self._ranges = {
            name: (low - _MARGIN * (high - low), high + _MARGIN * (high - low))
            for name, (low, high) in ranges.items()
        }
        self._seen: deque[tuple[float, tuple[str, ...]]] = deque()

    def add(self, now: float, values: Mapping[str, float]) -> None:
        """Note one frame; ``now`` is monotonic."""
        outside = tuple(
            name
            for name, (low, high) in self._ranges.items()
            if name in values and not low <= values[name] <= high
        )
        self._seen.append((now, outside))
        while self._seen[0][0] < now - WINDOW_S:
            self._seen.popleft()

    def state(self) -> Drifted:
        """How it is now."""
        frames = len(self._seen)
        if not self._ranges or frames < FRAMES:
            return Drifted(frames)
        counts = Counter(name for _, outside in self._seen for name in outside)
        share = sum(bool(outside) for _, outside in self._seen) / frames
        return Drifted(frames, share, {name: n / frames for name, n in counts.most_common()})
