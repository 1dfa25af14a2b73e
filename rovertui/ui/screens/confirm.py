"""Confirmation: asks once before something dangerous."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from rovertui.ui.plans.plan import Confirm
from rovertui.ui.screens.box import Box, box_width, fit_box
from widgets.line_view import LineView
from widgets.rows import Row, wrap


class ConfirmScreen(Box[bool]):
    """Asks once, naming the consequence. Enter and y do it, esc and n do not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,Y,enter", "answer(True)", show=False),
        Binding("n,N,escape", "answer(False)", show=False),
        Binding("j,down,space,pagedown", "move(1)", show=False),
        Binding("k,up,pageup", "move(-1)", show=False),
    ]

    def __init__(self, confirm: Confirm) -> None:
        super().__init__()
        self.confirm = confirm

    def ask(self, confirm: Confirm) -> None:
        """Ask this in place of what was asked."""
        if confirm == self.confirm:
            return
        self.confirm = confirm
        if self.is_mounted:
            self.on_resize()
            self.show()

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield LineView(self.rows, id="lines")

    def on_mount(self) -> None:
        self.on_resize()

    def on_resize(self) -> None:
        fit_box(self, len(self.rows(box_width(self), 99)))

    def rows(self, width: int, height: int) -> list[Row]:
        out: list[Row] = [[(line, "strong")] for line in wrap(self.confirm.title, width)]
        for text in self.confirm.lines:
            loud = text.split(":")[0].isupper() or text.startswith(("IT IS OVER", "IT WAS NOT"))
            style = "warn" if loud else ""
            out += [[(line, style)] for line in wrap(text, width)]
        keys: Row = [
            ("y", "title"),
            (" or enter: yes", ""),
            ("     n", "title"),
            (" or esc: no", ""),
        ]
        gap: list[Row] = [[]] if len(out) < height - 1 else []
        return self.cut(out, [*gap, keys], height)

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)
