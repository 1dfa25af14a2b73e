"""Which screen is seen: one of the four, with the log or a page over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from textual.app import App

from rovertui.keys.command import OVERLAYS
from rovertui.ui.screens.base import FullScreen
from rovertui.ui.screens.drive import DriveScreen
from rovertui.ui.state import State

if TYPE_CHECKING:
    from rovertui.ui.screens.page import PageScreen

# Only Drive is seen at the start: the others are read when somebody goes there, or in an idle
# moment before (`rovertui.ui.settling`).


def _set(state: State) -> FullScreen:
    from rovertui.ui.screens.set import SetScreen

    return SetScreen(state)


def _models(state: State) -> FullScreen:
    from rovertui.ui.screens.models import ModelsScreen

    return ModelsScreen(state)


def _machine(state: State) -> FullScreen:
    from rovertui.ui.screens.machine import MachineScreen

    return MachineScreen(state)


def _log(state: State) -> FullScreen:
    from rovertui.ui.screens.log import LogScreen

    return LogScreen(state)


def _page(state: State) -> FullScreen:
    from rovertui.ui.screens.page import PageScreen

    return PageScreen(state)


_MAKES: dict[str, Callable[[State], FullScreen]] = {
    "drive": DriveScreen,
    "set": _set,
    "models": _models,
    "machine": _machine,
    "log": _log,
    "page": _page,
}


class Navigation:
    """The full screens, each made once: what Textual keeps of one that is made anew adds up."""

    def __init__(self, app: App[Any], state: State) -> None:
        self._app = app
        self._state = state
        self._made: dict[str, FullScreen] = {}

    def begin(self) -> None:
        """Show the first screen."""
        self._app.push_screen(self._screen("drive"))

    def _screen(self, name: str) -> FullScreen:
        if name not in self._made:
            self._made[name] = _MAKES[name](self._state)
            self._app.install_screen(self._made[name], name)
        return self._made[name]

    @property
    def name(self) -> str:
        """The screen that is seen; empty while a box lies over it."""
        screen = self._app.screen
        return screen.key_name if isinstance(screen, FullScreen) else ""

    def go(self, name: str) -> bool:
        """Show one of the four; False where it is seen already."""
        left = self._leave_overlay()
        if self.name == name:
            return left
        self._app.switch_screen(self._screen(name))
        return True

    def open_log(self) -> bool:
        """Show the log; False where it is seen already."""
        if self.name == "log":
            return False
        self._leave_overlay()
        self._app.push_screen(self._screen("log"))
        return True

    @property
    def page(self) -> PageScreen:
        return cast("PageScreen", self._screen("page"))

    def open_page(self, name: str) -> bool:
        """Show a page; False where it was shown already, and looks again."""
        shown = self.name == "page"
        again = shown and self.page.page.name == name
        if not shown:
            self._leave_overlay()
            self._app.push_screen(self.page)
        self.page.turn_to(name)
        return not again

    def back(self) -> bool:
        """Close what lies nearest: a search, the overlay, a list; False where nothing does."""
        screen = self._app.screen
        if isinstance(screen, FullScreen) and screen.close():
            return True
        return self._leave_overlay()

    def _leave_overlay(self) -> bool:
        """Close the log or the page that lies over a screen; False where there is none."""
        if self.name not in OVERLAYS:
            return False
        self._made[self.name].leave()
        self._app.pop_screen()
        return True
