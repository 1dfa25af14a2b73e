"""Set: what the samples for calibration cover, axis by axis."""

from __future__ import annotations

from rovertui.ui import set_view
from rovertui.ui.screens.base import FullScreen
from rovertui.ui.state import State
from widgets.rows import Row


class SetScreen(FullScreen):
    title_word = "SET"
    key_name = "set"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._top = 0
        self._height = 1

    def body(self, width: int, height: int) -> list[Row]:
        self._height = height
        return set_view.rows(self.state, self._top, width, height)

    def action_move(self, name: str) -> None:
        last = set_view.last_top(self.state, self._height)
        by = {"down": 1, "up": -1, "page_down": 8, "page_up": -8, "first": -last, "last": last}
        self._top = max(0, min(self._top + by.get(name, 0), last))
        self.show()
