"""A log of any length of which only a window is held: lines come in ranges, when asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from widgets.rows import Piece, Row, visible

BLOCK = 200
"""Lines in a range that is fetched at once."""

_BLOCKS_KEPT = 16


class LogModel:
    """The window onto a log: which lines are seen, which must be fetched, where a match is.

    Knows no source: whoever owns it asks :meth:`missing`, fetches, and hands over by
    :meth:`supply`. At most ``BLOCK * 16`` lines are held.
    """

    def __init__(self) -> None:
        self.total = 0
        self.top = 0
        self.left = 0
        self.height = 1
        self.follow = True
        self.needle = ""
        self.match: int | None = None
        self._blocks: OrderedDict[int, list[Piece]] = OrderedDict()

    def grow(self, total: int) -> None:
        """The log has ``total`` lines now; following, the window moves to its end."""
        self.total = max(total, 0)
        self._settle()

    def resize(self, height: int) -> None:
        self.height = max(height, 1)
        self._settle()

    def _settle(self) -> None:
        last = max(0, self.total - self.height)
        self.top = last if self.follow else max(0, min(self.top, last))

    def move(self, lines: int) -> None:
        """Move the window; arriving at the end, it follows again."""
        last = max(0, self.total - self.height)
        self.top = max(0, min(self.top + lines, last))
        self.follow = lines > 0 and self.top >= last

    def to_start(self) -> None:
        self.top, self.follow = 0, False

    def to_end(self) -> None:
        self.follow = True
        self._settle()

    def show(self, line: int) -> None:
        """Bring a line, the match of a search, into the window."""
        self.match, self.follow = line, False
        if not self.top <= line < self.top + self.height:
            self.top = line - self.height // 2
        self._settle()

    def missing(self) -> tuple[int, int] | None:
        """The first range ``(start, count)`` that the window needs and that is not held."""
        first = self.top // BLOCK
        last = max(self.top, min(self.top + self.height, self.total) - 1) // BLOCK
        for number in range(first, last + 1):
            wanted = min(BLOCK, self.total - number * BLOCK)
            held = len(self._blocks.get(number, ()))
            if held < wanted:
                return number * BLOCK + held, wanted - held
        return None

    def supply(self, start: int, lines: Sequence[Piece]) -> None:
        """Lines from ``start`` on have arrived; what does not join what is held is left out."""
        for offset, line in enumerate(lines):
            number, place = divmod(start + offset, BLOCK)
            block = self._blocks.setdefault(number, [])
            if place == len(block):
                block.append((visible(line[0]), line[1]))
            self._blocks.move_to_end(number)
        while len(self._blocks) > _BLOCKS_KEPT:
            self._blocks.popitem(last=False)

    def line(self, index: int) -> Piece | None:
        """A held line, or None."""
        number, place = divmod(index, BLOCK)
        block = self._blocks.get(number, ())
        return block[place] if place < len(block) else None

    def rows(self, width: int) -> list[Row]:
        """The rows of the window; a line that is still on its way is an ellipsis."""
        digits = len(str(max(self.total, 1)))
        rows: list[Row] = []
        for index in range(self.top, min(self.top + self.height, self.total)):
            number = (f"{index + 1:>{digits}} ", "on" if index == self.match else "dim")
            text, style = self.line(index) or ("...", "dim")
            rows.append([number, *_found(text[self.left :], style, self.needle)])
        return rows


def matches(text: str, needle: str) -> bool:
    """Whether a search for ``needle`` finds ``text``: plain text; capitals count only if typed."""
    return needle in (text.lower() if needle == needle.lower() else text)


def _found(text: str, style: str, needle: str) -> Row:
    if not needle:
        return [(text, style)]
    where = text.lower() if needle == needle.lower() else text
    if len(where) != len(text):
        return [(text, style)]
    row: Row = []
    start = 0
    while (place := where.find(needle, start)) >= 0:
        row += [(text[start:place], style), (text[place : place + len(needle)], "found")]
        start = place + len(needle)
    row.append((text[start:], style))
    return row
