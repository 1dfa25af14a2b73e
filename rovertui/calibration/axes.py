"""Which axes a schema is judged on, in groups of equal weight, and what lies where on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rovertui.calibration.features import GENERIC, UNLIMITED, Features
from rovertui.calibration.histogram import bin_of, edges
from rovertui.calibration.space import squash
from rovertui.schema import Array, Axis, Schema

SESSIONS = "sessions"
_BINS = 8


@dataclass(frozen=True)
class Judged:
    """One axis of the score.

    Attributes:
        squashed: values of unknown size are brought to -1..1 before they are counted.
        group: groups weigh the same; the axes of one group share its weight alike.
    """

    axis: Axis
    group: str
    borders: tuple[float, ...]
    squashed: bool = False

    def bin(self, features: Mapping[str, float]) -> int | None:
        """Where a sample lies; None outside, or where the number is missing or not finite."""
        value = features.get(self.axis.of)
        if value is None or not math.isfinite(value):
            return None
        return bin_of(list(self.borders), squash(value) if self.squashed else value)

    def range_of(self, place: int) -> tuple[float, float]:
        """The borders of a bin, in the axis's unit."""
        return self.borders[place], self.borders[place + 1]


class Plan:
    """The axes of a schema without those, and those bins, that a site has not.

    Axes are those of ``axes`` and ``coverage``. An array that none of them looks at gets four
    generic ones over its range.

    Args:
        unreachable: ``AXIS`` or ``AXIS:BIN``, as :class:`rovertui.calibration.marks.Marks` has
            them. Unknown ones mean nothing.
    """

    def __init__(self, schema: Schema, unreachable: Iterable[str] = ()) -> None:
        #: Every number that is measured, with its unit; more than there are axes.
        self.units: dict[str, str] = Features(schema).units
        marked = frozenset(unreachable)
        judged = [
            Judged(axis, axis.group or axis.name, tuple(edges(axis)))
            for axis in (*schema.axes, *schema.coverage)
        ]
        judged += _generic(schema)
        self.every = tuple(judged)
        self.reachable: dict[str, frozenset[int]] = {
            found.axis.name: frozenset(
                place
                for place in range(found.axis.bins)
                if not {found.axis.name, f"{found.axis.name}:{place}"} & marked
            )
            for found in judged
        }
        self.judged = tuple(found for found in judged if self.reachable[found.axis.name])
        self.sessions = SESSIONS not in marked or not self.judged
        self.groups: dict[str, tuple[Judged, ...]] = {}
        for found in self.judged:
            self.groups[found.group] = (*self.groups.get(found.group, ()), found)

    @property
    def weights(self) -> dict[str, float]:
        """Share of each axis in the score; they sum to one."""
        groups = len(self.groups) + self.sessions
        found = {
            one.axis.name: 1.0 / groups / len(members)
            for members in self.groups.values()
            for one in members
        }
        return {**found, SESSIONS: 1.0 / groups} if self.sessions else found

    def bins(self, features: Mapping[str, float]) -> tuple[int | None, ...]:
        """The bin of a sample on each of ``judged``; None also where the site has none."""
        return tuple(
            place if place in self.reachable[one.axis.name] else None
            for one, place in ((one, one.bin(features)) for one in self.judged)
        )


def _generic(schema: Schema) -> list[Judged]:
    looked_at = {axis.of.rpartition(".")[0] for axis in (*schema.axes, *schema.coverage)}
    names = set(Features(schema).names)
    return [
        judged
        for name, array in schema.arrays.items()
        if name not in looked_at and f"{name}.{GENERIC[0]}" in names
        for judged in _axes_of(name, array)
    ]


def _axes_of(name: str, array: Array) -> Sequence[Judged]:
    known = abs(array.low) < UNLIMITED and abs(array.high) < UNLIMITED and array.high > array.low
    low, high = (array.low, array.high) if known else (-1.0, 1.0)
    span = high - low if known else 1.0
    ranges = {
        "mean": (low, high),
        "spread": (0.0, span / 2 if known else 1.0),
        "zeros": (0.0, 100.0),
        "range": (0.0, span),
    }
    found = []
    for what, (least, most) in ranges.items():
        unit = "%" if what == "zeros" else array.unit if known else "squashed"
        axis = Axis(
            name=f"{name} {what}", of=f"{name}.{what}", unit=unit, low=least, high=most, bins=_BINS
        )
        squashed = not known and what != "zeros"
        found.append(Judged(axis, name, tuple(edges(axis)), squashed))
    return found
