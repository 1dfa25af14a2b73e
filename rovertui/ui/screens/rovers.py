"""Rovers: which model runs where, this rover first."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from rovertui.ui import rovers_view
from rovertui.ui.screens.box import MOVING, mark_small
from rovertui.ui.state import State
from widgets.line_view import LineView
from widgets.rows import Row


class RoversScreen(ModalScreen[None]):
    """A table that fills while the other rovers answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("escape,o,enter", "dismiss", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._top = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="help"):
            yield LineView(self.rows, id="lines")

    def on_mount(self) -> None:
        self.on_resize()

    def on_resize(self) -> None:
        mark_small(self)

    def rows(self, width: int, height: int) -> list[Row]:
        out = rovers_view.rows(self._state, width)
        self._top = max(0, min(self._top, len(out) - height))
        return out[self._top :]

    def show(self) -> None:
        self.query_one(LineView).redraw()

    def action_move(self, by: int) -> None:
        self._top += by
        self.show()

    def action_leave(self) -> None:
        self.app.exit(0)
