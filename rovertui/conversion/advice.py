"""What to do when no precision is good enough: which frames are worst, and what to record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rovertui.conversion import figures
from rovertui.conversion.sheet import Check, FrameError
from rovertui.schema import Axis
from rovertui.text import clean


def describe(frame: FrameError, axes: Sequence[Axis]) -> str:
    """One frame: how far off, and when; ``*`` marks what its set has little of."""
    parts = []
    for axis in axes:
        value = frame.conditions.get(axis.name)
        if value is not None:
            mark = "*" if axis.name in (frame.rare or []) else ""
            parts.append(f"{axis.name}{mark} {value:.3g} {axis.unit}".strip())
    return f"{clean(frame.name, 80)} off by {frame.error:.3f} ({', '.join(parts) or 'not known'})"


def worst(check: Check, axes: Sequence[Axis]) -> list[str]:
    """The worst frames, a line each."""
    return [describe(frame, axes) for frame in figures.worst(check)]


def record(check: Check, axes: Sequence[Axis]) -> str:
    """What to drive so that the next set covers what the worst frames show."""
    frames = figures.worst(check)
    counts = Counter(name for frame in frames for name in frame.rare or [])
    wishes = []
    for axis in axes:
        if counts[axis.name]:
            values = [f.conditions[axis.name] for f in frames if axis.name in (f.rare or [])]
            wishes.append(f"{axis.name} {_span(min(values), max(values))} {axis.unit}".strip())
    if wishes:
        return f"Record more frames with {' and '.join(wishes)}: the set has few like them."
    if any(frame.rare is None for frame in frames):
        return "The conditions of the worst frames are not known: record sets with this program."
    return (
        "The worst frames are like many others of the set, so more samples alone will hardly "
        "help: look at the three points of each input (--check), or at the policy itself."
    )


def _span(low: float, high: float) -> str:
    return f"near {low:.3g}" if high - low < 0.02 else f"{low:.3g} to {high:.3g}"
