"""The histograms of the samples as rows, as large as there is room."""

from __future__ import annotations

from rovertui.snapshot import AxisView, Snapshot
from rovertui.text import clean
from rovertui.ui import words
from widgets.glyphs import Glyphs
from widgets.histogram import bars, position, scale_row
from widgets.rows import Row, beside, fit


def _ends(axis: AxisView) -> tuple[str, str]:
    return f"{axis.low:g}", f"{axis.high:g}"


def _place(axis: AxisView) -> float | None:
    return None if axis.now is None else position(axis.now, axis.low, axis.high, axis.scale)


def _axis_title(axis: AxisView, width: int) -> Row:
    unit = clean(axis.unit)
    row: Row = [
        (fit(clean(axis.name), 11), "title"),
        (words.figure(axis.now, 8, 0 if axis.high - axis.low > 100 else 2), "strong"),
        (f" {unit}".ljust(5), ""),
    ]
    outside = f"  {axis.outside} outside" if axis.outside else ""
    return [*row, (outside, "dim")] if width >= 38 else row


def axis_line(axis: AxisView, width: int, glyphs: Glyphs) -> Row:
    """A histogram on a line of its own, where there is little room."""
    drawn = bars(axis.counts, max(8, min(width - 24, 32)), 1, _place(axis), glyphs)
    return [
        (" ", ""),
        (fit(clean(axis.name), 10), "title"),
        (words.figure(axis.now, 7, 0 if axis.high - axis.low > 100 else 2), "strong"),
        (f" {clean(axis.unit)}".ljust(5), ""),
        *(drawn[0] if drawn else []),
    ]


def histogram_rows(
    snapshot: Snapshot, width: int, room: int, across: int, glyphs: Glyphs
) -> list[Row]:
    """All axes, ``across`` of them side by side, as high as ``room`` rows allow."""
    axes = snapshot.axes
    if not axes:
        if not snapshot.capture.counted:
            return []
        return [[(" No histograms: the schema in config.toml names no axes.", "dim")]]
    lines = -(-len(axes) // across)
    most = max(sum(axis.counts) for axis in axes)
    title: list[Row] = [
        [
            (" SAMPLES HERE ", "title"),
            (f"{most}", "strong"),
            (f", by what they show;  {glyphs.marker} this frame", "dim"),
        ]
    ]
    each = (room - 1) // lines
    if each < 3:
        return title + [axis_line(axis, width, glyphs) for axis in axes][: max(room - 1, 0)]
    spaced = each >= 6
    tall = min(each - 2 - spaced, 6 if lines > 1 else 10)
    column = (width - 2) // across - 2
    out = title
    for start in range(0, len(axes), across):
        block: list[Row] = []
        for axis in reversed(axes[start : start + across]):
            place = _place(axis)
            low, high = _ends(axis)
            cells = min(column, 64)
            one: list[Row] = [
                _axis_title(axis, column),
                *bars(axis.counts, cells, tall, place, glyphs),
                scale_row(low, high, axis.counts, cells, place, glyphs),
            ]
            block = beside(one, block, column) if block else one
        out = out + [[(" ", ""), *row] for row in block] + ([[]] if spaced else [])
    return out
