"""Boxes over a screen: help, a confirmation, a question of the daemon, the palette."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from rovertui.snapshot import QuestionView
from rovertui.text import clean
from rovertui.ui.actions import Confirm
from rovertui.ui.keys import COMMANDS, MOVES, Command, shown_key
from rovertui.ui.state import State
from widgets.line_view import LineView
from widgets.rows import Row, fit, window, wrap

_MOVING: list[BindingType] = [
    Binding("j,down", "move(1)", show=False),
    Binding("k,up", "move(-1)", show=False),
    Binding("g,home", "move(-9999)", show=False),
    Binding("G,end", "move(9999)", show=False),
    Binding("space,pagedown", "move(10)", show=False),
    Binding("pageup", "move(-10)", show=False),
]


class HelpScreen(ModalScreen[None]):
    """This screen's keys, and why some cannot be used now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_MOVING,
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
        if not command.key or not command.offered(screen, state.snapshot):
            continue
        refusal = command.refusal(state.snapshot)
        key = shown_key(command.key)
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
    out += [[(f" {move.shown:<5}", "title"), (move.help, "")] for move in MOVES]
    out += [
        [],
        [("In brackets: cannot be done now. The palette (:) has the rest.", "dim")],
    ]
    return out


class ConfirmScreen(ModalScreen[bool]):
    """Asks once, naming the consequence. Enter and y do it, esc and n do not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,Y,enter", "answer(True)", show=False),
        Binding("n,N,escape", "answer(False)", show=False),
    ]

    def __init__(self, confirm: Confirm) -> None:
        super().__init__()
        self.confirm = confirm

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield LineView(self.rows, id="lines")

    def on_mount(self) -> None:
        self.on_resize()

    def on_resize(self) -> None:
        _fit_box(self, len(self.rows(_box_width(self), 99)))

    def rows(self, width: int, height: int) -> list[Row]:
        out: list[Row] = [[(line, "strong")] for line in wrap(self.confirm.title, width)]
        for text in self.confirm.lines:
            style = "warn" if text.split(":")[0].isupper() or "OVER" in text else ""
            out += [[(line, style)] for line in wrap(text, width)]
        keys: Row = [
            ("y", "title"),
            (" or enter: yes", ""),
            ("     n", "title"),
            (" or esc: no", ""),
        ]
        room = height - 2
        return [*out[:room], [], keys]

    def show(self) -> None:
        self.query_one(LineView).redraw()

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class QuestionScreen(ModalScreen["tuple[int, str | None]"]):
    """A question of the daemon. The answer goes to the daemon and is kept nowhere."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "none", show=False),
        Binding("enter", "choose", show=False),
        *[Binding(str(digit), f"pick({digit})", show=False) for digit in range(1, 10)],
        *_MOVING[:2],
    ]

    def __init__(self, question: QuestionView) -> None:
        super().__init__()
        self.question = question
        self._chosen: int | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield LineView(self.rows, id="lines")
            if not self.question.choices:
                yield Input(password=self.question.secret, id="answer")

    def on_mount(self) -> None:
        self.on_resize()
        if not self.question.choices:
            self.query_one(Input).focus()

    def on_resize(self) -> None:
        extra = 0 if self.question.choices else 3
        _fit_box(self, len(self.rows(_box_width(self), 99)) + extra)

    def rows(self, width: int, height: int) -> list[Row]:
        out: list[Row] = [[(f"QUESTION: {clean(self.question.kind)}", "title")]]
        out += [[(line, "")] for line in wrap(clean(self.question.text), width)]
        for index, choice in enumerate(self.question.choices):
            chosen = index == self._chosen
            row: Row = [("> " if chosen else "  ", "on" if chosen else "")]
            out.append(
                [*row, (f"{index + 1}", "title"), (f" {clean(choice)}", "strong" if chosen else "")]
            )
        if self.question.choices:
            out.append([("a figure, or j k and enter; esc: no answer", "dim")])
        else:
            secret = "typed unseen, kept nowhere; " if self.question.secret else ""
            out.append([(f"{secret}enter: answer, esc: no answer", "dim")])
        return out[-height:] if len(out) > height else out

    def show(self) -> None:
        self.query_one("#lines", LineView).redraw()

    def action_move(self, by: int) -> None:
        count = len(self.question.choices)
        if count:
            now = -1 if self._chosen is None else self._chosen
            self._chosen = max(0, min(now + by, count - 1))
            self.show()

    def action_choose(self) -> None:
        if self._chosen is not None:
            self._answer(self.question.choices[self._chosen])

    def action_pick(self, number: int) -> None:
        if number <= len(self.question.choices):
            self._answer(self.question.choices[number - 1])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        value = event.value
        event.input.value = ""
        self._answer(value)

    def action_none(self) -> None:
        self._answer(None)

    def _answer(self, value: str | None) -> None:
        self.dismiss((self.question.id, value))


class PaletteScreen(ModalScreen["str | None"]):
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
        """The commands that match what was typed; those that can be done now come first."""
        asked = self._words.lower().split()
        listed = []
        for command in COMMANDS:
            if command.name == "palette" or (
                command.name in ("park", "toolkit")
                and not command.offered(command.screens[0], self._state.snapshot)
            ):
                continue
            text = f"{command.title(self._state.snapshot)} {command.help}".lower()
            if all(word in text for word in asked):
                listed.append(command)
        return sorted(listed, key=lambda c: bool(c.refusal(self._state.snapshot)))

    def rows(self, width: int, height: int) -> list[Row]:
        found = self.found()
        if not found:
            return [[("no such command", "dim")]]
        self._cursor = max(0, min(self._cursor, len(found) - 1))
        self._top = window(self._cursor, len(found), height, self._top)
        out: list[Row] = []
        for index in range(self._top, min(self._top + height, len(found))):
            command = found[index]
            refusal = clean(command.refusal(self._state.snapshot))
            style = "on" if index == self._cursor else "dim" if refusal else ""
            help_text = f"not now: {refusal}" if refusal else command.help
            out.append(
                [
                    (self._state.glyphs.cursor + " " if index == self._cursor else "  ", style),
                    (fit(command.title(self._state.snapshot), 18), style or "strong"),
                    (fit(shown_key(command.key), 4), "title"),
                    (help_text, "dim"),
                ]
            )
        return out

    def show(self) -> None:
        self.query_one(LineView).redraw()

    def on_mount(self) -> None:
        self.query_one(Input).focus()

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


def _box_width(screen: ModalScreen[bool] | QuestionScreen) -> int:
    return max(10, min(screen.app.size.width - 6, 66))


def _fit_box(screen: ModalScreen[bool] | QuestionScreen, rows: int) -> None:
    """Make the box as high as its rows, with its border, and no higher than the terminal."""
    box = screen.query_one("#box")
    box.styles.width = _box_width(screen) + 4
    box.styles.height = max(3, min(rows + 2, screen.app.size.height))
