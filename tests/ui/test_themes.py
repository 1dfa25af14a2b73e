"""Every theme can be read: contrast where it has colours of its own, and never colour alone."""

from __future__ import annotations

import pytest
from rich.color import ColorType
from rich.style import Style
from textual.color import Color

from rovertui.ui import look
from rovertui.ui.app import RoverApp
from rovertui.ui.look import Look
from widgets.line_view import LineView
from widgets.rows import STYLES

from .conftest import opened
from .scenes import busy
from .stand_in import StandIn

TELLING = ("good", "warn", "bad", "info", "title", "strong", "", "mark", "found", "on")


def contrast(style: Style) -> float:
    """WCAG 2: (lighter + 0.05) / (darker + 0.05) of relative luminances."""
    assert style.color is not None and style.bgcolor is not None
    values = []
    for color in (style.color, style.bgcolor):
        triplet = color.get_truecolor()
        parts = [c / 255 for c in triplet]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        values.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(values) + 0.05) / (min(values) + 0.05)


async def styles(theme: look.ThemeName) -> dict[str, Style]:
    """Each style as the body and a box draw it, by name and place."""
    stand_in = StandIn(busy())
    app = RoverApp(stand_in.client, "/w", looks=Look(theme=theme))
    found: dict[str, Style] = {}
    async with opened(daemon=stand_in, app=app) as bench:
        for place, view in [
            ("body", app.screen.query_one("#body", LineView)),
            ("header", app.screen.query_one("#header", LineView)),
        ]:
            for name in STYLES:
                found[f"{place} {name}"] = view.look_of(name)
        assert "CAPTURE ON" in bench.text()
    return found


@pytest.mark.parametrize("theme", ["dark", "light", "safe"])
async def test_words_stand_out_from_what_is_behind_them(theme: look.ThemeName) -> None:
    for name, style in (await styles(theme)).items():
        what = name.split(" ")[1]
        if what in ("track",):
            continue  # the empty part of a bar
        least = 4.5 if what in TELLING else 3.0
        assert contrast(style) >= least, f"{theme}: {name} {style}"


async def test_the_terminal_s_own_colours_are_left_to_the_terminal() -> None:
    for name, style in (await styles("16")).items():
        for color in (style.color, style.bgcolor):
            if color is not None:
                assert color.type in (ColorType.STANDARD, ColorType.DEFAULT), f"{name} {style}"


async def test_good_and_bad_are_told_apart_without_red_and_green() -> None:
    found = await styles("safe")
    colours = [found[f"body {name}"].color for name in ("good", "warn", "bad")]
    rgb = [Color.from_rich_color(color) for color in colours]
    # Blue tells them apart for protanopia and deuteranopia: red and green are not needed.
    assert len({(c.b // 48, c.brightness > 0.75) for c in rgb}) == 3


def test_themes_follow_one_another_and_end_where_they_began() -> None:
    name, seen = "dark", []
    for _ in range(4):
        name = look.after(look.THEMES[name])  # type: ignore[index]
        seen.append(name)
    assert seen == ["light", "safe", "16", "dark"]


@pytest.mark.parametrize("theme", ["dark", "light", "safe", "16", "none"])
async def test_every_theme_can_be_drawn(theme: look.ThemeName) -> None:
    stand_in = StandIn(busy())
    app = RoverApp(stand_in.client, "/w", looks=Look(theme=theme))
    async with opened(daemon=stand_in, app=app) as bench:
        assert "CAPTURE ON" in bench.text()
