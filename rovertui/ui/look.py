"""How the screen looks and sounds: what ``config.toml`` says of it, and its themes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from textual.theme import Theme

ThemeName = Literal["dark", "light", "safe", "16", "none"]

SAFE = Theme(
    name="rovertui-safe",
    primary="#56B4E9",
    secondary="#0072B2",
    success="#56B4E9",
    warning="#F0E442",
    error="#E69F00",
    accent="#CC79A7",
    foreground="#F0F0F0",
    background="#101010",
    surface="#181818",
    panel="#2A2A2A",
    dark=True,
)
"""Colours that the three common kinds of colour blindness tell apart (Okabe and Ito, 2008)."""

LIGHT = Theme(
    name="rovertui-light",
    primary="#004578",
    secondary="#004578",
    success="#00501C",
    warning="#6B3A00",
    error="#8E0015",
    accent="#5B2A86",
    foreground="#101010",
    background="#FFFFFF",
    surface="#F4F4F4",
    panel="#E6E6E6",
    dark=False,
)
"""For sunlight: Textual's own light theme leaves words at 3.8 times what is behind them."""

THEMES: dict[ThemeName, str] = {
    "dark": "textual-dark",
    "light": LIGHT.name,
    "safe": SAFE.name,
    "16": "ansi-dark",
    "none": "ansi-dark",
}


@dataclass(frozen=True)
class Look:
    """Attributes:
    theme: ``16`` takes the terminal's own colours, ``none`` sends no colours at all.
    bell: ring for: goal reached, job ended, sensor lost.
    sparing: few updates, for a slow line; otherwise the line's answers decide.
    keys: keys by command, checked; those missing are the table's.
    """

    theme: ThemeName = "dark"
    bell: bool = False
    sparing: bool = False
    keys: dict[str, str] = field(default_factory=dict)


def after(theme: str) -> ThemeName:
    """The theme that follows the one named ``theme``; ``none`` cannot be entered when running."""
    names: list[ThemeName] = ["dark", "light", "safe", "16"]
    place = next((i for i, name in enumerate(names) if THEMES[name] == theme), -1)
    return names[(place + 1) % len(names)]
