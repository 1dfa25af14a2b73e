"""Drive: what the sensors see, and capture."""

from __future__ import annotations

from rovertui.ui import drive_view
from rovertui.ui.screens.base import FullScreen
from widgets.rows import Row


class DriveScreen(FullScreen):
    title_word = "DRIVE"
    key_name = "drive"

    def body(self, width: int, height: int) -> list[Row]:
        return drive_view.rows(self.state, width, height)
