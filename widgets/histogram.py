"""Counts over a physical range as bars of one or more rows, the present value marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from widgets.glyphs import UNICODE, Glyphs
from widgets.rows import Row, fit


def position(
    value: float, low: float, high: float, scale: Literal["linear", "log"] = "linear"
) -> float | None:
    """Where ``value`` lies between ``low`` (0.0) and ``high`` (1.0), clamped; None without one."""
    if not math.isfinite(value) or not high > low:
        return None
    if scale == "log" and low > 0:
        if value <= 0:
            return 0.0
        # A quotient of them may be too small or too large for a number; their logarithms are not.
        span = math.log(high) - math.log(low)
        if span <= 0:
            return None
        place = (math.log(value) - math.log(low)) / span
    else:
        place = (value - low) / (high - low)
    return min(1.0, max(0.0, place))


def columns(counts: Sequence[int], width: int) -> list[int]:
    """The index of the bin that each of ``width`` cells shows; bins share cells when narrow."""
    bins = len(counts)
    if bins == 0 or width <= 0:
        return []
    each = width // bins
    if each:
        return [index for index in range(bins) for _ in range(each)]
    return [cell * bins // width for cell in range(width)]


def bars(
    counts: Sequence[int],
    width: int,
    height: int,
    now: float | None = None,
    glyphs: Glyphs = UNICODE,
) -> list[Row]:
    """Bars of ``height`` rows in at most ``width`` cells.

    A bin that holds anything is never drawn empty. ``now`` (0.0 to 1.0) is the present value: its
    cells have the style ``mark``, and with one row alone its sign takes the bar's place.
    """
    cells = columns(counts, width)
    if not cells or height < 1:
        return []
    narrow = len(cells) < len(counts)
    heights = _shared(counts, len(cells)) if narrow else [counts[index] for index in cells]
    most = max(max(heights), 1)
    steps = len(glyphs.levels) - 1
    marked = marked_cells(counts, width, now)
    rows: list[Row] = []
    for row in range(height - 1, -1, -1):
        drawn: Row = []
        for cell, count in enumerate(heights):
            level = math.ceil(count / most * steps * height) - row * steps
            char = glyphs.levels[min(steps, max(0, level))]
            style = "mark" if cell in marked else "bar"
            if height == 1 and cell in marked and cell == marked[len(marked) // 2]:
                char = glyphs.marker
            if drawn and drawn[-1][1] == style:
                drawn[-1] = (drawn[-1][0] + char, style)
            else:
                drawn.append((char, style))
        rows.append(drawn)
    return rows


def _shared(counts: Sequence[int], width: int) -> list[int]:
    """Bins summed into ``width`` cells, fewer than there are bins."""
    sums = [0] * width
    for index, count in enumerate(counts):
        sums[index * width // len(counts)] += count
    return sums


def marked_cells(counts: Sequence[int], width: int, now: float | None) -> list[int]:
    """The cells of the bin in which the present value lies."""
    cells = columns(counts, width)
    if now is None or not cells:
        return []
    if len(cells) < len(counts):
        return [min(len(cells) - 1, int(now * len(cells)))]
    wanted = min(len(counts) - 1, int(now * len(counts)))
    return [cell for cell, index in enumerate(cells) if index == wanted]


def scale_row(
    low: str, high: str, counts: Sequence[int], width: int, now: float | None, glyphs: Glyphs
) -> Row:
    """The line under the bars: both ends of the range, and the sign of the present value."""
    length = len(columns(counts, width))
    marked = marked_cells(counts, width, now)
    start, end = (marked[0], marked[-1] + 1) if marked else (length, length)
    left = low if len(low) <= start else ""
    right = high if length - len(high) >= (end if marked else len(low)) else ""
    if len(left) + len(right) > length:
        left = right = ""
    before, after = fit(left, start), right.rjust(length - end)
    if not marked:
        return [(before[: length - len(right)] + right, "dim")]
    return [
        (before, "dim"),
        (fit(glyphs.marker.center(end - start), end - start), "mark"),
        (after, "dim"),
    ]
