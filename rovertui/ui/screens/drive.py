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

    def show(self) -> None:
        super().show()
        self.fetch_picture(self.state.pictures)

    def moved(self, name: str) -> bool:
        """Select among what to drive next."""
        snapshot = self.state.snapshot
        advice = snapshot.coverage.advice if snapshot else []
        by = {"down": 1, "up": -1, "first": -9, "last": 9}.get(name, 0)
        if not advice or not by:
            return False
        before = self.state.advice_place()
        place = max(0, min(before + by, len(advice) - 1))
        self.state.advice, self.state.unchosen = advice[place].text, False
        return place != before
