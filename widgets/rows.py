"""Rows of styled text: what every widget here draws, made by pure functions.

A row is a list of pieces ``(text, style)``; a style is a name of :data:`STYLES`, never a colour,
but for a picture's pieces: ``#rrggbb #rrggbb``, text and ground.
Widths are terminal cells, so wide characters count twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, chop_cells, set_cell_size

Piece = tuple[str, str]
Row = list[Piece]

STYLES = (
    "",
    "strong",
    "dim",
    "good",
    "warn",
    "bad",
    "info",
    "title",
    "mark",
    "found",
    "on",
    "bar",
    "track",
)


def visible(text: str) -> str:
    """``text`` without anything that a terminal would obey instead of show."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char.isspace() else "?" for char in text)


def width_of(row: Iterable[Piece]) -> int:
    """Cells that a row takes."""
    return sum(cell_len(text) for text, _ in row)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """``text`` in exactly ``width`` cells; the end of a longer one is replaced by ``~``."""
    text = visible(text)
    if width <= 0:
        return ""
    taken = cell_len(text)
    if taken > width:
        return set_cell_size(text, width - 1) + "~"
    padding = " " * (width - taken)
    return padding + text if right else text + padding


def middle(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells, shortened in its middle: both ends tell names apart."""
    text = visible(text)
    if cell_len(text) <= width:
        return text
    if width < 5:
        return fit(text, width)
    tail = (width - 1) // 2
    head = width - 1 - tail
    end = text[-tail:]
    while cell_len(end) > tail:
        end = end[1:]
    return set_cell_size(text, head) + "~" + end


def clip(row: Sequence[Piece], width: int, more: str = "") -> Row:
    """A row in exactly ``width`` cells: cut at the end, or filled with blanks.

    Args:
        more: stands at the end of a row of which something is cut off.
    """
    if more and _ink(row) > width >= cell_len(more):
        kept = clip(row, width - cell_len(more))
        return [*kept, (more, kept[-1][1] if kept else "")]
    out: Row = []
    left = width
    for text, style in row:
        if left <= 0:
            break
        text = visible(text)
        taken = cell_len(text)
        if taken > left:
            text, taken = set_cell_size(text, left), left
        out.append((text, style))
        left -= taken
    if left > 0:
        out.append((" " * left, ""))
    return out


def _ink(row: Iterable[Piece]) -> int:
    """Cells up to the last one that is not blank."""
    return cell_len(visible("".join(text for text, _ in row)).rstrip())


def scrolled(row: Sequence[Piece], left: int, width: int) -> Row:
    """``width`` cells of a row from cell ``left`` on; ``<`` and ``>`` mark what is cut off."""
    taken = width_of(row)
    if left <= 0 and taken <= width:
        return list(row)
    out: Row = []
    skip = left
    for text, style in row:
        text = visible(text)
        cells = cell_len(text)
        if skip >= cells:
            skip -= cells
            continue
        # A wide character that is cut through leaves a blank.
        rest = text if skip <= 0 else _after(text, skip)
        skip = 0
        out.append((rest, style))
    out = clip(out, width)
    if left > 0:
        out = [("<", "mark"), *_without_first(out)]
    if taken - left > width:
        out = [*clip(out, width - 1), (">", "mark")]
    return out


def _after(text: str, cells: int) -> str:
    """``text`` without its first ``cells`` cells."""
    start = cell_len(text) - cells
    tail = text
    while tail and cell_len(tail) > start:
        tail = tail[1:]
    return " " * (start - cell_len(tail)) + tail


def _without_first(row: Sequence[Piece]) -> Row:
    """A row without its first cell."""
    for index, (text, style) in enumerate(row):
        if text:
            return [(_after(text, 1), style), *row[index + 1 :]]
    return list(row)


def beside(
    left: Sequence[Row], right: Sequence[Row], left_width: int, gap: str = "  "
) -> list[Row]:
    """Two columns as one: ``left`` is brought to ``left_width`` cells."""
    rows: list[Row] = []
    for index in range(max(len(left), len(right))):
        first = left[index] if index < len(left) else []
        second = right[index] if index < len(right) else []
        rows.append([*clip(first, left_width, "~"), (gap, "dim"), *second])
    return rows


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells, broken between words where there are any."""
    width = max(width, 2)
    lines: list[str] = []
    line = ""
    for word in visible(text).split():
        taken, left = cell_len(word), width - cell_len(line) - 1
        if line and taken <= left:
            line = f"{line} {word}"
            continue
        if line:
            lines.append(line)
        *whole, line = chop_cells(word, width) if taken > width else [word]
        lines += whole
    if line:
        lines.append(line)
    return lines


def window(cursor: int, count: int, height: int, top: int) -> int:
    """First visible index of a list of ``count``, moved as little as the cursor demands."""
    height = max(height, 1)
    top = min(top, cursor)
    top = max(top, cursor - height + 1)
    return max(0, min(top, count - height))
