"""What the boxes over a screen share: their size, the keys that move in them, and their end."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from textual._styles_cache import StylesCache
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from widgets.line_view import LineView
from widgets.rows import Row

T = TypeVar("T")

MOVING: list[BindingType] = [
    Binding("j,down", "move(1)", show=False),
    Binding("k,up", "move(-1)", show=False),
    Binding("g,home", "move(-9999)", show=False),
    Binding("G,end", "move(9999)", show=False),
    Binding("space,pagedown", "move(10)", show=False),
    Binding("pageup", "move(-10)", show=False),
]


class Box(ModalScreen[T]):
    """A box; its rows scroll where there are more than fit."""

    top = 0
    """The first of the rows that scroll which is seen."""
    scrolls = "j k"
    """The keys that scroll, as the box says them."""

    def on_unmount(self) -> None:
        # Textual keeps the drawn lines of 1,024 widgets that are gone, in the cache of a method.
        StylesCache.get_inner_outer.cache_clear()

    def show(self) -> None:
        for view in self.query(LineView):
            view.redraw()

    def action_move(self, by: int) -> None:
        self.top = max(0, self.top + by)
        self.show()

    def cut(self, text: list[Row], foot: list[Row], height: int) -> list[Row]:
        """The rows of ``text`` that are in sight, above those that always are."""
        room = max(height - len(foot), 1)
        if len(text) <= room:
            self.top = 0
            return [*text, *foot][:height]
        # One row says that there is more.
        room = max(room - 1, 1)
        self.top = max(0, min(self.top, len(text) - room))
        below = len(text) - room - self.top
        more: Row = [(f"{self.top} above, {below} below: {self.scrolls}", "dim")]
        return [*text[self.top : self.top + room], more, *foot][:height]


class Reading(Box[None]):
    """A box of the whole screen that is only read; subclasses make its rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("escape,enter", "dismiss", show=False),
        Binding("q", "leave", show=False),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="help"):
            yield LineView(self.rows, id="lines")

    def on_mount(self) -> None:
        self.on_resize()

    def on_resize(self) -> None:
        mark_small(self)

    def all_rows(self, width: int) -> list[Row]:
        """What is read, whole."""
        raise TypeError(f"{type(self).__name__} has no rows")

    def rows(self, width: int, height: int) -> list[Row]:
        lines = self.all_rows(width)
        self.top = max(0, min(self.top, len(lines) - height))
        return lines[self.top :]

    def action_leave(self) -> None:
        self.app.exit(0)


def mark_small(screen: ModalScreen[Any]) -> None:
    """Where rows are few, boxes go without a frame."""
    screen.set_class(screen.app.size.height < 16, "small")


def box_width(screen: ModalScreen[Any]) -> int:
    edge = 0 if screen.app.size.height < 16 else 2
    return max(10, min(screen.app.size.width - 2 - edge, 66))


def fit_box(screen: ModalScreen[Any], rows: int) -> None:
    """Make the box as high as its rows, with its frame, and no higher than the terminal."""
    mark_small(screen)
    size = screen.app.size
    edge = 0 if screen.has_class("small") else 2
    box = screen.query_one("#box")
    box.styles.width = min(box_width(screen) + 2 + edge, size.width)
    box.styles.height = max(3, min(rows + edge, size.height))
