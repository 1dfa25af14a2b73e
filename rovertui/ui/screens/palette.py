"""Palette: every command by name."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from rovertui.keys.command import Command
from rovertui.keys.table import COMMANDS, shown_key
from rovertui.text import clean
from rovertui.ui.screens.box import Box, mark_small
from rovertui.ui.state import State
from widgets.line_view import LineView
from widgets.rows import Row, fit, window


def _distance(asked: list[str], title: str) -> int:
    """How far a title is from what was typed: it begins so, a word of it does, it holds it."""
    title = title.lower()
    if not asked or title.startswith(" ".join(asked)):
        return 0
    starts = title.split()
    if all(any(start.startswith(word) for start in starts) for word in asked):
        return 1
    return 2 if all(word in title for word in asked) else 3


class PaletteScreen(Box["str | None"]):
    """Every command by name; typing narrows the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("down,ctrl+n", "move(1)", show=False),
        Binding("up,ctrl+p", "move(-1)", show=False),
    ]

    def __init__(self, screen: str, state: State) -> None:
        super().__init__()
        self._screen, self._state = screen, state
        self._cursor = 0
        self._top = 0
        self._words = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="palette"):
            yield Input(placeholder="a command", id="answer")
            yield LineView(self.rows, id="lines")

    def found(self) -> list[Command]:
        """The commands that match what was typed, the best match first, of equal ones what can
        be done now, and of these the start of a daemon that is missing."""
        asked = self._words.lower().split()
        listed = []
        for command in COMMANDS:
            if command.name == "start" and not self._state.gone:
                continue
            if command.name == "palette" or (
                command.name in ("park", "toolkit")
                and not command.offered(command.screens[0], self._state.snapshot)
            ):
                continue
            text = f"{command.title(self._state.snapshot)} {command.help}".lower()
            if all(word in text for word in asked):
                listed.append(command)
        return sorted(
            listed,
            key=lambda c: (
                _distance(asked, c.title(self._state.snapshot)),
                bool(self._state.refusal(c)),
                # Listed only without a daemon, when it is what is looked for.
                c.name != "start",
            ),
        )

    def rows(self, width: int, height: int) -> list[Row]:
        found = self.found()
        if not found:
            return [[("no such command", "dim")]]
        self._cursor = max(0, min(self._cursor, len(found) - 1))
        self._top = window(self._cursor, len(found), height, self._top)
        out: list[Row] = []
        for index in range(self._top, min(self._top + height, len(found))):
            command = found[index]
            refusal = clean(self._state.refusal(command))
            style = "on" if index == self._cursor else "dim" if refusal else ""
            help_text = f"not now: {refusal}" if refusal else command.help
            out.append(
                [
                    (self._state.glyphs.cursor + " " if index == self._cursor else "  ", style),
                    (fit(command.title(self._state.snapshot), 18), style or "strong"),
                    (fit(shown_key(self._state.key(command)), 4), "title"),
                    (help_text, "dim"),
                ]
            )
        return out

    def on_mount(self) -> None:
        self.on_resize()
        self.query_one(Input).focus()

    def on_resize(self) -> None:
        mark_small(self)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._words, self._cursor = event.value, 0
        self.show()

    def on_input_submitted(self) -> None:
        found = self.found()
        self.dismiss(found[self._cursor].name if found else None)

    def action_move(self, by: int) -> None:
        self._cursor += by
        self.show()

    def action_close(self) -> None:
        self.dismiss(None)
