"""Help: the keys of a screen, and why some cannot be used now."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from rovertui.keys.table import COMMANDS, MOVES, shown_key
from rovertui.text import clean
from rovertui.ui.screens.box import Reading
from rovertui.ui.state import State
from widgets.rows import Row, fit, wrap


class HelpScreen(Reading):
    """This screen's keys, and why some cannot be used now."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark", "dismiss", show=False)]

    def __init__(self, screen: str, state: State) -> None:
        super().__init__()
        self._screen, self._state = screen, state

    def all_rows(self, width: int) -> list[Row]:
        return help_rows(self._screen, self._state, width)


def help_rows(screen: str, state: State, width: int) -> list[Row]:
    """Every key that works on ``screen``, then those that only move."""
    out: list[Row] = [[(f"KEYS OF {screen.upper()}", "title"), ("   esc closes, j k move", "dim")]]
    narrow = width < 60
    indent = 6 if narrow else 22
    for command in COMMANDS:
        if not state.key(command) or not command.offered(screen, state.snapshot):
            continue
        refusal = state.refusal(command)
        key = shown_key(state.key(command))
        sign = ("(" + key + ")" if refusal else " " + key).ljust(6)
        style = "dim" if refusal else ""
        name = (command.title(state.snapshot), style or "strong")
        lines = wrap(command.help, max(width - indent, 20))
        first: Row = [(sign, style or "title")]
        if narrow:
            # The words below the name: beside it there is no room for them.
            out.append([*first, name])
        else:
            out.append([*first, (fit(name[0], 16), name[1]), (lines.pop(0), style)])
        out += [[(" " * indent, ""), (line, style)] for line in lines]
        for line in wrap(f"not now: {clean(refusal)}", max(width - indent, 20)) if refusal else []:
            out.append([(" " * indent, ""), (line, "warn")])
    out += [[], [("MOVING", "title"), ("   the same everywhere", "dim")]]
    for move in MOVES:
        for index, line in enumerate(wrap(move.help, max(width - 7, 20))):
            out.append([(f" {move.shown:<6}" if index == 0 else " " * 7, "title"), (line, "")])
    last = "In brackets: cannot be done now. The palette (:) has the rest."
    return [*out, [], *[[(line, "dim")] for line in wrap(last, width)]]
