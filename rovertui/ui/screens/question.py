"""Question: what the daemon must know from a person."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from rovertui.snapshot import QuestionView
from rovertui.text import clean
from rovertui.ui.screens.box import MOVING, Box, box_width, fit_box
from widgets.line_view import LineView
from widgets.rows import Row, wrap


class QuestionScreen(Box["tuple[int, str | None]"]):
    """A question of the daemon. The answer goes to the daemon and is kept nowhere."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "none", show=False),
        Binding("enter", "choose", show=False),
        *[Binding(str(digit), f"pick({digit})", show=False) for digit in range(1, 10)],
        *MOVING[:2],
        Binding("pagedown", "read(1)", show=False),
        Binding("pageup", "read(-1)", show=False),
    ]

    scrolls = "pgdn pgup"

    def __init__(self, question: QuestionView) -> None:
        super().__init__()
        self.question = question
        self._chosen: int | None = None
        # A yes typed by habit would trust a stranger: nothing is chosen at the start.
        yes_or_no = ["yes", "no"] if question.kind == "fingerprint" else []
        self.choices = [*question.choices] or yes_or_no

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield LineView(self.rows, id="lines")
            if not self.choices:
                yield Input(password=self.question.secret, id="answer")

    def on_mount(self) -> None:
        self.on_resize()
        if not self.choices:
            self.query_one(Input).focus()

    def on_resize(self) -> None:
        extra = 0 if self.choices else 1 if self.app.size.height < 16 else 3
        fit_box(self, len(self.rows(box_width(self), 99)) + extra)

    def rows(self, width: int, height: int) -> list[Row]:
        out: list[Row] = [[(f"QUESTION: {clean(self.question.kind)}", "title")]]
        out += [[(line, "")] for line in wrap(clean(self.question.text), width)]
        text, out = out, []
        for index, choice in enumerate(self.choices):
            chosen = index == self._chosen
            row: Row = [("> " if chosen else "  ", "on" if chosen else "")]
            first, *more = wrap(clean(choice), max(width - 4, 10)) or [""]
            style = "strong" if chosen else ""
            out.append([*row, (f"{index + 1}", "title"), (f" {first}", style)])
            out += [[("    ", ""), (line, style)] for line in more]
        if self.choices:
            out.append([("a figure, or j k and enter; esc: no answer", "dim")])
        else:
            secret = "typed unseen, kept nowhere; " if self.question.secret else ""
            out.append([(f"{secret}enter: answer, esc: no answer", "dim")])
        return self.cut(text, out, height)

    def action_read(self, by: int) -> None:
        """Scroll a question that is too long for the terminal."""
        self.top = max(0, self.top + by)
        self.show()

    def action_move(self, by: int) -> None:
        count = len(self.choices)
        if count:
            now = -1 if self._chosen is None else self._chosen
            self._chosen = max(0, min(now + by, count - 1))
            self.show()

    def action_choose(self) -> None:
        if self._chosen is not None:
            self._answer(self.choices[self._chosen])

    def action_pick(self, number: int) -> None:
        if number <= len(self.choices):
            self._answer(self.choices[number - 1])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        value = event.value
        event.input.value = ""
        self._answer(value)

    def action_none(self) -> None:
        self._answer(None)

    def _answer(self, value: str | None) -> None:
        self.dismiss((self.question.id, value))
