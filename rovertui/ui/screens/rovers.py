"""Rovers: which model runs where, this rover first."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from rovertui.ui import rovers_view
from rovertui.ui.screens.box import Reading
from rovertui.ui.state import State
from widgets.rows import Row


class RoversScreen(Reading):
    """A table that fills while the other rovers answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "dismiss", show=False)]

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state

    def all_rows(self, width: int) -> list[Row]:
        return rovers_view.rows(self._state, width)
