"""Help: the keys of a screen, and why some cannot be used now."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from rovertui.text import clean
from rovertui.ui.keys import COMMANDS, MOVES, shown_key
from rovertui.ui.screens.box import MOVING, mark_small
from rovertui.ui.state import State
from widgets.line_view import LineView
from widgets.rows import Row, fit, wrap


class HelpScreen(ModalScreen[None]):
    """This screen's keys, and why some cannot be used now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("escape,question_mark,enter", "dismiss", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, screen: str, state: State) -> None:
        super().__init__()
        self._screen, self._state = screen, state
        self._top = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="help"):
            yield LineView(self.rows, id="lines")

    def on_mount(self) -> None:
        self.on_resize()

    def on_resize(self) -> None:
        mark_small(self)

    def rows(self, width: int, height: int) -> list[Row]:
        lines = help_rows(self._screen, self._state, width)
        self._top = max(0, min(self._top, len(lines) - height))
        return lines[self._top :]

    def show(self) -> None:
        self.query_one(LineView).redraw()

    def action_move(self, by: int) -> None:
        self._top += by
        self.show()

    def action_leave(self) -> None:
        self.app.exit(0)


def help_rows(screen: str, state: State, width: int) -> list[Row]:
    """Every key that works on ``screen``, then those that only move."""
    out: list[Row] = [[(f"KEYS OF {screen.upper()}", "title"), ("   esc closes, j k move", "dim")]]
    for command in COMMANDS:
        if not state.key(command) or not command.offered(screen, state.snapshot):
            continue
        refusal = command.refusal(state.snapshot)
        key = shown_key(state.key(command))
        sign = ("(" + key + ")" if refusal else " " + key).ljust(6)
        for index, line in enumerate(wrap(command.help, max(width - 22, 20))):
            name = command.title(state.snapshot) if index == 0 else ""
            out.append(
                [
                    (sign if index == 0 else " " * 6, "dim" if refusal else "title"),
                    (fit(name, 16), "dim" if refusal else "strong"),
                    (line, "dim" if refusal else ""),
                ]
            )
        for line in wrap(f"not now: {clean(refusal)}", max(width - 22, 20)) if refusal else []:
            out.append([(" " * 22, ""), (line, "warn")])
    out += [[], [("MOVING", "title"), ("   the same everywhere", "dim")]]
    out += [[(f" {move.shown:<6}", "title"), (move.help, "")] for move in MOVES]
    out += [
        [],
        [("In brackets: cannot be done now. The palette (:) has the rest.", "dim")],
    ]
    return out
