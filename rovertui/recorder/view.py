"""How what is told of the stream is worked out: its rate, names, histograms, and state."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from rovertui.calibration.histogram import Histogram
from rovertui.schema import Schema
from rovertui.snapshot import AxisView, StreamView

STALE_AFTER_S = 1.0
FIRST_AFTER_S = 10.0
"""A camera takes some seconds before its first frame, and ``auto`` some before the camera."""
_RATE_WINDOW_S = 2.0


class Rate:
    """Frames a second over the last two seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque()

    def add(self, now: float) -> None:
        self._seen.append(now)

    def value(self, now: float) -> float:
        while self._seen and self._seen[0] < now - _RATE_WINDOW_S:
            self._seen.popleft()
        if len(self._seen) < 2:
            return 0.0
        return (len(self._seen) - 1) / max(now - self._seen[0], 1e-6)


class Names:
    """Features under the shortest names that differ: ``lin_vel`` for ``proprio.lin_vel``."""

    def __init__(self, units: Mapping[str, str]) -> None:
        short = [name.rpartition(".")[2] for name in units]
        self._of = {
            name: tail if short.count(tail) == 1 else name
            for name, tail in zip(units, short, strict=True)
        }
        self.units = {self._of[name]: unit for name, unit in units.items()}

    def shown(self, features: Mapping[str, float]) -> dict[str, float]:
        """Values for the screen, six significant digits; what has no name here is not shown."""
        return {self._of[name]: tidy(value) for name, value in features.items() if name in self._of}


class ChangedAxes:
    """Histograms as views, each only when it changed since it was last asked for."""

    def __init__(self, schema: Schema) -> None:
        self._axes = schema.axes
        self._sent: tuple[Histogram, ...] = ()

    def views(self, histograms: tuple[Histogram, ...]) -> list[AxisView]:
        """Views of what changed; all of them the first time."""
        if histograms == self._sent:
            return []
        before = self._sent or (None,) * len(histograms)
        self._sent = histograms
        return [
            AxisView(
                name=axis.name,
                unit=axis.unit,
                low=axis.low,
                high=axis.high,
                scale=axis.scale,
                counts=list(new.counts),
                outside=new.outside,
            )
            for axis, new, old in zip(self._axes, histograms, before, strict=True)
            if new != old
        ]

    def now(self, features: Mapping[str, float]) -> dict[str, float]:
        """The present frame's value for each axis."""
        return {axis.name: tidy(features[axis.of]) for axis in self._axes if axis.of in features}


def tidy(value: float) -> float:
    return float(f"{value:.6g}")


def stale_after(every: float, *, first: bool = False) -> float:
    """Seconds without a frame after which a source that gives one ``every`` seconds is late."""
    return max(FIRST_AFTER_S if first else STALE_AFTER_S, 2 * every)


def stream_state(view: StreamView, *, stale: bool, every: float = 0.0) -> None:
    """Fill state and text from the age of the last frame and whether the next is late."""
    if view.age is None:
        view.state, view.text = "stale" if stale else "starting", "no frame has come"
    elif stale:
        view.state, view.text = "stale", f"no frame for {view.age:.0f} s"
    else:
        view.state = "live"
        view.text = f"{view.rate:.0f} frames a second" if every < 1 else f"one each {every:.0f} s"
