"""Messages: what the daemon had to say, the newest first."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from rovertui.text import clean
from rovertui.ui.screens.box import MOVING, mark_small
from rovertui.ui.state import State
from widgets.line_view import LineView
from widgets.rows import Row, wrap


class NoticesScreen(ModalScreen[None]):
    """What the daemon had to say since it started, as far as it keeps it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("escape,m,enter", "dismiss", show=False),
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
        snapshot = self._state.snapshot
        notices = snapshot.notices if snapshot else []
        out: list[Row] = [[("MESSAGES", "title"), ("   esc closes, j k move", "dim")]]
        for notice in reversed(notices):
            for index, line in enumerate(wrap(clean(notice), max(width - 3, 10))):
                out.append([(" ! " if index == 0 else "   ", "warn"), (line, "")])
        if not notices:
            out.append([("The daemon has said nothing since it started.", "dim")])
        self._top = max(0, min(self._top, len(out) - height))
        return out[self._top :]

    def show(self) -> None:
        self.query_one(LineView).redraw()

    def action_move(self, by: int) -> None:
        self._top += by
        self.show()

    def action_leave(self) -> None:
        self.app.exit(0)
