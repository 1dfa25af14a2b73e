"""What waits until something is seen: the other screens' modules, and the search for garbage."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

LATER = (
    "set",
    "models",
    "machine",
    "log",
    "page",
    "palette",
    "help",
    "rovers",
    "guide",
)
"""Screens that are not seen first, the likeliest first."""

_FIRST, _EACH = 0.1, 0.05


def hold() -> None:
    """Look for no garbage while everything is read for the first time: hardly any is made then."""
    gc.disable()


def begin(app: App[Any]) -> None:
    """Do what was put off, in pieces shorter than a key's answer may take."""
    names = iter(LATER)

    def go_on() -> None:
        if not gc.isenabled():
            # What is there now stays for good: later searches need not go through it, and so
            # end before anybody who presses a key could notice.
            gc.collect()
            gc.freeze()
            gc.enable()
        elif (name := next(names, None)) is not None:
            import_module(f"rovertui.ui.screens.{name}")
        else:
            return
        app.set_timer(_EACH, go_on)

    app.call_after_refresh(app.set_timer, _FIRST, go_on)
