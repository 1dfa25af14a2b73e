"""The last values of a quantity as one line of bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

from widgets.glyphs import UNICODE, Glyphs


def trend(values: Sequence[float], width: int, glyphs: Glyphs = UNICODE, span: float = 0.0) -> str:
    """The newest ``width`` values, right-aligned in exactly ``width`` cells.

    Scaled between the smallest and largest of them, at least ``span`` apart, so that noise of a
    constant does not look like a signal. A value that is no number is a blank.
    """
    if width <= 0:
        return ""
    newest = list(values)[-width:]
    numbers = [value for value in newest if math.isfinite(value)]
    if not numbers:
        return " " * width
    low, high = min(numbers), max(numbers)
    reach = max(high - low, span)
    low = low / 2 + high / 2 - reach / 2
    steps = len(glyphs.levels) - 2
    out = []
    for value in newest:
        if not math.isfinite(value):
            out.append(" ")
        elif reach <= 0 or not math.isfinite(reach):
            out.append(glyphs.levels[1 + steps // 2])
        else:
            out.append(glyphs.levels[1 + round((value - low) / reach * steps)])
    return "".join(out).rjust(width)
