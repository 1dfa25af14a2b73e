"""A widget that draws rows made by a function, and repaints only those that changed."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.rows import STYLES, Row, clip

Build = Callable[[int, int], "list[Row]"]
"""Makes the rows for a width and a height in cells. Pure as far as the widget is concerned."""


class LineView(Widget):
    """Rows by the Line API: a new value costs the bytes of the rows it changes.

    Colours are component classes (``line--good`` and so on), so that a theme decides them.
    """

    COMPONENT_CLASSES = {f"line--{name}" for name in STYLES if name}
    DEFAULT_CSS = """
    LineView { height: 1fr; }
    LineView .line--strong { text-style: bold; }
    LineView .line--dim { color: $text-muted; }
    LineView .line--good { color: $text-success; text-style: bold; }
    LineView .line--warn { color: $text-warning; text-style: bold; }
    LineView .line--bad { color: $text-error; text-style: bold; }
    LineView .line--info { color: $text-primary; text-style: bold; }
    LineView .line--title { color: $text-primary; text-style: bold; }
    LineView .line--mark { color: $text-warning; text-style: bold; }
    LineView .line--found { text-style: bold reverse; }
    LineView .line--on { text-style: bold reverse; }
    LineView .line--bar { color: $primary-lighten-2; }
    LineView .line--track { color: $text-disabled; }
    """

    def __init__(self, build: Build, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._build = build
        self._rows: list[Row] = []
        self._strips: dict[int, Strip] = {}
        self.painted = 0
        """Rows drawn so far: what tests of the cost count."""

    def redraw(self) -> None:
        """Make the rows anew and repaint those that differ."""
        width, height = self.size
        if not width or not height:
            return
        rows = [clip(row, width) for row in self._build(width, height)[:height]]
        before = self._rows
        changed = [
            index
            for index in range(max(len(rows), len(before)))
            if index >= len(rows) or index >= len(before) or rows[index] != before[index]
        ]
        self._rows = rows
        for index in changed:
            self._strips.pop(index, None)
        if changed:
            self.refresh(*(Region(0, index, width, 1) for index in changed))

    def on_resize(self) -> None:
        self._rows = []
        self._strips.clear()
        self.redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def text(self) -> str:
        """What is drawn, as plain lines."""
        return "\n".join("".join(piece for piece, _ in row).rstrip() for row in self._rows)

    def render_line(self, y: int) -> Strip:
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._draw(y)
        return strip

    def _draw(self, y: int) -> Strip:
        self.painted += 1
        width = self.size.width
        if y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        segments = []
        for text, name in self._rows[y]:
            style = self.rich_style
            if name:
                style = self.get_component_rich_style(f"line--{name}")
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(width, self.rich_style)
