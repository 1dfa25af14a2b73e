"""What to drive next: what the set has least of, in words one can act on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rovertui.calibration.coverage import LEAST, Coverage, Covered
from rovertui.calibration.distinct import ENOUGH

LINES = 3

_BELOW, _WITHIN, _ABOVE = 0, 1, 2
_PHRASES: dict[str, tuple[str, str, str]] = {
    "brightness": ("somewhere dark", "in other light", "somewhere bright"),
    "contrast": ("a plain view", "other surroundings", "strong light and shadow"),
    "colourful": ("somewhere grey", "other colours", "something colourful"),
    "clipped": ("an evenly lit view", "some glare or shadow", "into glare or deep shadow"),
    "nearest": ("closer to an obstacle", "an obstacle at this distance", "with more room ahead"),
    "depth_valid": ("shiny or dark surfaces", "other surfaces", "matt surfaces, well lit"),
    "depth_near": ("with something right in front", "other distances", "with nothing near"),
    "depth_mid": ("in a narrower place", "other distances", "in a wider place"),
    "depth_far": ("facing a wall", "other distances", "with a longer view"),
    "lin_vel": ("reverse faster", "drive at this speed", "drive faster"),
    "ang_vel": ("turn right faster", "turn at this rate", "turn left faster"),
    "roll": ("along a slope", "along a gentler slope", "along a slope, the other way"),
    "pitch": ("up or down a slope", "a gentler slope", "a slope, the other way"),
    "accel": ("smoother ground", "other ground", "rougher ground"),
    "min_dist": ("closer to an obstacle", "an obstacle at this distance", "with more room ahead"),
}


@dataclass(frozen=True)
class Advice:
    """One line.

    Attributes:
        text: what to do ("turn left faster"); ``where``: which values ("over 0.5 rad/s").
        have, want: different samples there, and how many are enough.
        marks: what to mark as unreachable where the site has none of it.
        gain: how much it would add, for the order of lines.
    """

    text: str
    where: str
    have: int
    want: int
    marks: tuple[str, ...]
    gain: float

    @property
    def line(self) -> str:
        return f"{self.text}: {self.where}, {self.have} of {self.want}"


def advise(coverage: Coverage, lines: int = LINES) -> list[Advice]:
    """At most ``lines``, the most rewarding first, each about another axis.

    Dead sensors are left out: no driving fills their bins.
    """
    every = [
        advice
        for axis in coverage.axes
        if axis.dead is None
        for advice in _about(axis, coverage.groups[axis.judged.group])
    ]
    every.sort(key=lambda advice: (-advice.gain, advice.marks))
    chosen: dict[str, Advice] = {}
    texts: set[str] = set()
    for advice in every:
        name = advice.marks[0].rpartition(":")[0]
        if name not in chosen and advice.text not in texts:
            chosen[name] = advice
            texts.add(advice.text)
    return list(chosen.values())[:lines]


def _about(axis: Covered, group: float) -> Iterator[Advice]:
    for run, have in _runs(axis):
        missing = ENOUGH * len(run) - have
        name = axis.judged.axis.name
        side = _side(axis, run)
        feature = axis.judged.axis.of.rpartition(".")[2]
        phrases = _PHRASES.get(feature) or _PHRASES.get(axis.judged.axis.of)
        yield Advice(
            text=phrases[side] if phrases else f"more of {name}",
            where=_where(axis, run),
            have=have,
            want=ENOUGH,
            marks=tuple(f"{name}:{place}" for place in run),
            gain=missing / (ENOUGH * len(axis.reachable)) / max(group, LEAST),
        )


def _runs(axis: Covered) -> Iterator[tuple[list[int], int]]:
    """Neighbouring reachable bins that are empty, and single ones that are not full."""
    run: list[int] = []
    for place in range(len(axis.counts)):
        if place in axis.reachable and axis.different[place] == 0:
            run.append(place)
            continue
        if run:
            yield run, 0
            run = []
        if place in axis.reachable and axis.different[place] < ENOUGH:
            yield [place], axis.different[place]
    if run:
        yield run, 0


def _side(axis: Covered, run: list[int]) -> int:
    """Below, within or above what there is; of an axis through zero, by sign."""
    low, high = axis.judged.range_of(run[0])[0], axis.judged.range_of(run[-1])[1]
    if axis.judged.axis.low < 0 < axis.judged.axis.high:
        if low >= 0:
            return _ABOVE
        return _BELOW if high <= 0 else _WITHIN
    full = [place for place, count in enumerate(axis.different) if count]
    if full and run[-1] < full[0]:
        return _BELOW
    if full and run[0] > full[-1]:
        return _ABOVE
    middle = (len(axis.counts) - 1) / 2
    if run[0] == 0 and run[-1] < middle:
        return _BELOW
    return _ABOVE if run[-1] == len(axis.counts) - 1 and run[0] > middle else _WITHIN


def _where(axis: Covered, run: list[int]) -> str:
    low, high = axis.judged.range_of(run[0])[0], axis.judged.range_of(run[-1])[1]
    unit = f" {axis.judged.axis.unit}" if axis.judged.axis.unit else ""
    if run[-1] == len(axis.counts) - 1 and run[0] > 0:
        return f"over {_short(low)}{unit}"
    if run[0] == 0 and run[-1] < len(axis.counts) - 1:
        if high <= 0:
            return f"over {_short(-high)}{unit}"
        return f"below {_short(high)}{unit}"
    return f"{_short(low)} to {_short(high)}{unit}"


def _short(value: float) -> str:
    return f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"
