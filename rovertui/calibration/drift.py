"""Whether the rover meets what its live model was not calibrated for."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WINDOW_S = 600.0
_DAY_S = 86_400.0
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


@dataclass(frozen=True)
class Origins:
    """Where samples were taken, or frames come from: what is known of it.

    Attributes:
        taken: when the newest was, in seconds since 1970; 0 where that is not known.
    """

    sources: Sequence[str] = ()
    cameras: Sequence[str] = ()
    sites: Sequence[str] = ()
    taken: float = 0.0


def changes(then: Origins, now: Origins, old_after: float) -> list[str]:
    """What is not as it was when the live model's samples were taken, in words.

    What is not known of either is no change. A source's words after the first comma or bracket
    are its circumstances (which seed, which way), not another source.

    Args:
        now: ``taken`` is the present time.
        old_after: days after which a set is old.
    """
    said = []
    for what, before, after in (
        ("the source", _heads(then.sources), _heads(now.sources)),
        ("the camera", list(then.cameras), list(now.cameras)),
        ("the site", list(then.sites), list(now.sites)),
    ):
        if before and after and not set(after) <= set(before):
            said.append(f"{what} is {', '.join(after)}, was {', '.join(before)}")
    days = (now.taken - then.taken) / _DAY_S
    if then.taken > 0 and now.taken > 0 and days > old_after:
        said.append(f"its newest sample is {days:.0f} days old")
    return said


def suggestion(drifted: Drifted, changed: Sequence[str]) -> str:
    """What to do about all of it, in one sentence; empty while there is nothing to do."""
    if not changed:
        return drifted.text
    what = "; ".join(changed)
    first = f"{drifted.text}; also, " if drifted.text else "of what calibrated the live model "
    return f"{first}{what}: record here and convert again"


def _heads(sources: Sequence[str]) -> list[str]:
    heads = (re.split(r"[,(]", source, maxsplit=1)[0].strip() for source in sources)
    return sorted({head for head in heads if head})


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
