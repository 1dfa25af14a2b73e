"""What to drive next: what the set has least of, in words one can act on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rovertui.calibration.coverage import LEAST, Coverage, Covered
from rovertui.calibration.distinct import ENOUGH
from rovertui.calibration.phrases import runs_apart, say

LINES = 3

_ZERO = 1e-9
_LATER = 0.999
"""Of two runs that would add alike, the one above zero comes first: forward before reverse."""


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
    name = axis.judged.axis.name
    for run, have in _runs(axis):
        missing = ENOUGH * len(run) - have
        text, where = say(axis, run)
        later = _LATER if axis.judged.range_of(run[0])[0] < 0 else 1.0
        yield Advice(
            text=text,
            where=where,
            have=have,
            want=ENOUGH,
            marks=tuple(f"{name}:{place}" for place in run),
            gain=later * missing / (ENOUGH * len(axis.reachable)) / max(group, LEAST),
        )


def _runs(axis: Covered) -> Iterator[tuple[list[int], int]]:
    """Neighbouring reachable bins that are empty, and single ones that are not full.

    Of an axis without any sample each half is a run: to drive "all of it" is no advice.
    """
    middle = 0 if any(axis.different) else len(axis.counts) // 2
    apart = runs_apart(axis.judged.axis.of.rpartition(".")[2])
    run: list[int] = []
    for place in range(len(axis.counts)):
        at_zero = apart and abs(axis.judged.range_of(place)[0]) < _ZERO
        if run and (at_zero or (not apart and place == middle)):
            yield run, 0
            run = []
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
