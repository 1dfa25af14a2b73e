"""Machine: what the board is doing, and whether it will hold."""

from __future__ import annotations

from rovertui.ui import machine_view
from rovertui.ui.screens.base import FullScreen
from widgets.rows import Row


class MachineScreen(FullScreen):
    title_word = "MACHINE"
    key_name = "machine"

    def body(self, width: int, height: int) -> list[Row]:
        return machine_view.rows(self.state, width, height)
