"""A widget that draws rows made by a function, and repaints only what changed of them."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets import line_styles
from widgets.glyphs import ASCII, UNICODE
from widgets.rows import Row, clip

Build = Callable[[int, int], "list[Row]"]
"""Makes the rows for a width and a height in cells. Pure as far as the widget is concerned."""


def spans(old: Row, new: Row, width: int) -> list[tuple[int, int]]:
    """Where two rows differ, as ``(x, cells)``: by pieces while they keep their widths."""
    if len(old) != len(new):
        return [(0, width)]
    found: list[tuple[int, int]] = []
    x = 0
    for (old_text, old_style), (text, style) in zip(old, new, strict=True):
        cells = cell_len(text)
        if cell_len(old_text) != cells:
            return [*found, (x, width - x)]
        if (old_text, old_style) != (text, style):
            found.append((x, cells))
        x += cells
    return found


class LineView(Widget):
    """Rows by the Line API: a new value costs the bytes of the rows it changes.

    A theme decides the colours (:mod:`widgets.line_styles`). A row that is cut ends in a sign of
    it, in ASCII where the application has the class ``ascii``.
    """

    DEFAULT_CSS = "LineView { height: 1fr; }"

    def __init__(self, build: Build, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._build = build
        self._rows: list[Row] = []
        self._strips: dict[int, Strip] = {}
        self._looks: dict[str, Style] = {}
        self.painted = 0
        """Rows drawn so far: what tests of the cost count."""

    def redraw(self) -> None:
        """Make the rows anew and repaint what differs."""
        width, height = self.size
        if not width or not height:
            return
        more = (ASCII if self.app.has_class("ascii") else UNICODE).more
        rows = [clip(row, width, more) for row in self._build(width, height)[:height]]
        before = self._rows
        self._rows = rows
        regions = []
        for index in range(max(len(rows), len(before))):
            old = before[index] if index < len(before) else []
            new = rows[index] if index < len(rows) else []
            if old != new:
                self._strips.pop(index, None)
                regions += [Region(x, index, cells, 1) for x, cells in spans(old, new, width)]
        if regions:
            self.refresh(*regions)

    def on_resize(self) -> None:
        self._rows = []
        self._strips.clear()
        self.redraw()
        # The old rows may have been painted at the new size: also where no new row comes.
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._looks.clear()

    def text(self) -> str:
        """What is drawn, as plain lines."""
        return "\n".join("".join(piece for piece, _ in row).rstrip() for row in self._rows)

    def render_line(self, y: int) -> Strip:
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._draw(y)
        return strip

    def look_of(self, style: str) -> Style:
        """What a piece of that style is drawn with in the theme of now."""
        if style.startswith("#"):
            return line_styles.own_colours(style)
        look = self._looks.get(style)
        if look is None:
            variables = self.app.theme_variables
            look = self._looks[style] = line_styles.look_of(style, self.rich_style, variables)
        return look

    def _draw(self, y: int) -> Strip:
        self.painted += 1
        width = self.size.width
        row = self._rows[y] if y < len(self._rows) else []
        plain = self.look_of("")
        if not row:
            return Strip.blank(width, plain)
        segments = [Segment(text, self.look_of(style)) for text, style in row]
        return Strip(segments).adjust_cell_length(width, plain)
