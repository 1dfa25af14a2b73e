"""A log of any length of which only a window is held: lines come in ranges, when asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from rich.cells import cell_len

from widgets.rows import Piece, Row, scrolled, visible

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

    def show(self, line: int, end: int = 0, width: int = 0) -> None:
        """Bring a line, the match of a search, into the window; sideways too where it needs that.

        Args:
            end: the cell of the line at which the match ends.
            width: of the window in cells; 0 leaves it where it is.
        """
        self.match, self.follow = line, False
        if not self.top <= line < self.top + self.height:
            self.top = line - self.height // 2
        room = max(1, width - len(str(max(self.total, 1))) - 3)
        if width:
            self.left = 0 if end <= room else end - room
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

    def whole(self) -> list[str]:
        """The lines of the window, uncut."""
        last = min(self.top + self.height, self.total)
        return [line[0] if (line := self.line(i)) else "..." for i in range(self.top, last)]

    def shift(self, cells: int, width: int) -> bool:
        """Scroll sideways, no further than the longest line of the window; False: not at all."""
        room = max(1, width - len(str(max(self.total, 1))) - 1)
        longest = max((cell_len(line) for line in self.whole()), default=0)
        before = self.left
        self.left = max(0, min(self.left + cells, max(before if cells < 0 else 0, longest - room)))
        return self.left != before

    def rows(self, width: int) -> list[Row]:
        """The rows of the window; a line that is still on its way is an ellipsis.

        ``<`` and ``>`` stand where a line is longer than what is seen of it.
        """
        digits = len(str(max(self.total, 1)))
        rows: list[Row] = []
        for index in range(self.top, min(self.top + self.height, self.total)):
            number = (f"{index + 1:>{digits}} ", "on" if index == self.match else "dim")
            text, style = self.line(index) or ("...", "dim")
            line = _found(text, style, self.needle)
            rows.append([number, *scrolled(line, self.left, max(1, width - digits - 1))])
        return rows


def found_at(text: str, needle: str) -> int:
    """Where ``needle`` is in ``text``, -1 where it is not; capitals count only if typed."""
    return (text.lower() if needle == needle.lower() else text).find(needle)


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
