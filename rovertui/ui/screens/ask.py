"""A word from the operator that an operation needs: a label, a session's name."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from rovertui.ui.plans.plan import Ask
from rovertui.ui.screens.box import Box, box_width, fit_box
from widgets.line_view import LineView
from widgets.rows import Row, wrap


class AskScreen(Box["str | None"]):
    """Takes one line of text; esc gives none."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self.ask = ask

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield LineView(self.rows, id="lines")
            yield Input(value=self.ask.value, max_length=60, id="answer")

    def on_mount(self) -> None:
        self.on_resize()
        self.query_one(Input).focus()

    def on_resize(self) -> None:
        extra = 1 if self.app.size.height < 16 else 3
        fit_box(self, len(self.rows(box_width(self), 99)) + extra)

    def rows(self, width: int, height: int) -> list[Row]:
        out: list[Row] = [[(line, "strong")] for line in wrap(self.ask.title, width)]
        return [*out, [("enter: yes, esc: leave it", "dim")]]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_close(self) -> None:
        self.dismiss(None)
