"""Counts of samples over a configured physical range."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from rovertui.schema import Axis


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values fell into each bin, and how many outside the range or not a number."""

    counts: tuple[int, ...]
    outside: int = 0


def edges(axis: Axis) -> list[float]:
    """The ``bins + 1`` borders of an axis; the first is ``low``, the last ``high``."""
    steps = range(1, axis.bins)
    if axis.scale == "log":
        ratio = math.log(axis.high / axis.low) / axis.bins
        inner = [axis.low * math.exp(ratio * i) for i in steps]
    else:
        width = (axis.high - axis.low) / axis.bins
        inner = [axis.low + width * i for i in steps]
    return [axis.low, *inner, axis.high]


def bin_of(borders: list[float], value: float) -> int | None:
    """The bin of a value, None outside. A bin holds its lower border; the last one both."""
    if not borders[0] <= value <= borders[-1]:
        return None
    return min(bisect_right(borders, value) - 1, len(borders) - 2)


def count(axis: Axis, values: Iterable[float]) -> Histogram:
    """Count values; every value is in exactly one bin or outside."""
    borders = edges(axis)
    counts = [0] * axis.bins
    outside = 0
    for value in values:
        index = bin_of(borders, value)
        if index is None:
            outside += 1
        else:
            counts[index] += 1
    return Histogram(tuple(counts), outside)
