"""Which screen is seen: one of the four, with the log or a page over it."""

from __future__ import annotations

from typing import Any

from textual.app import App

from rovertui.ui.pages import PAGES
from rovertui.ui.screens.base import FullScreen
from rovertui.ui.screens.drive import DriveScreen
from rovertui.ui.screens.log import LogScreen
from rovertui.ui.screens.machine import MachineScreen
from rovertui.ui.screens.models import ModelsScreen
from rovertui.ui.screens.page import PageScreen
from rovertui.ui.screens.set import SetScreen
from rovertui.ui.state import State


class Navigation:
    """The full screens, made once: what Textual keeps of one that is made anew adds up."""

    def __init__(self, app: App[Any], state: State) -> None:
        self._app = app
        self._state = state
        self._main: dict[str, FullScreen] = {}

    def install(self) -> None:
        """Make the screens; the first of them is shown."""
        self._main = {
            "drive": DriveScreen(self._state),
            "set": SetScreen(self._state),
            "models": ModelsScreen(self._state),
            "machine": MachineScreen(self._state),
        }
        self.page = PageScreen(self._state)
        for name, screen in {
            **self._main,
            "log": LogScreen(self._state),
            "page": self.page,
        }.items():
            self._app.install_screen(screen, name)
        self._app.push_screen("drive")

    @property
    def name(self) -> str:
        """The screen that is seen; empty while a box lies over it."""
        screen = self._app.screen
        return screen.key_name if isinstance(screen, FullScreen) else ""

    def go(self, name: str) -> bool:
        """Show one of the four; False where it is seen already."""
        left = self._leave_overlay()
        if self._app.screen is not self._main[name]:
            self._app.switch_screen(name)
            return True
        return left

    def open_log(self) -> bool:
        """Show the log; False where it is seen already."""
        if isinstance(self._app.screen, LogScreen):
            return False
        self._leave_overlay()
        self._app.push_screen("log")
        return True

    def open_page(self, name: str) -> bool:
        """Show a page; False where it was shown already, and looks again."""
        shown = self._app.screen is self.page
        again = shown and self.page.page is PAGES[name]
        if not shown:
            self._leave_overlay()
            self._app.push_screen(self.page)
        self.page.turn_to(name)
        return not again

    def back(self) -> bool:
        """Close what lies nearest: a search, the overlay, a list; False where nothing does."""
        screen = self._app.screen
        if isinstance(screen, LogScreen) and screen.close():
            return True
        if self._leave_overlay():
            return True
        return isinstance(screen, SetScreen) and screen.close()

    def _leave_overlay(self) -> bool:
        """Close the log or the page that lies over a screen; False where there is none."""
        screen = self._app.screen
        if isinstance(screen, LogScreen):
            self._state.job = None
        elif isinstance(screen, PageScreen):
            screen.leave()
        else:
            return False
        self._app.pop_screen()
        return True
