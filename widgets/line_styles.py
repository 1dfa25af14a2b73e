"""How the styles of rows look: the names that a theme gives its colours, resolved once a widget.

Component classes would say the same in CSS, and Textual would make a node of each, for each widget,
each time a screen is shown: most of what a change of screens cost, and the garbage of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color

_BOLD = Style(bold=True)
_REVERSE = Style(bold=True, reverse=True)
_PLAIN = Style()

_LOOKS: dict[str, tuple[str, Style]] = {
    "strong": ("", _BOLD),
    "dim": ("text-muted", _PLAIN),
    "good": ("text-success", _BOLD),
    "warn": ("text-warning", _BOLD),
    "bad": ("text-error", _BOLD),
    "info": ("text-primary", _BOLD),
    "title": ("text-primary", _BOLD),
    "mark": ("text-warning", _BOLD),
    "found": ("", _REVERSE),
    "on": ("", _REVERSE),
    "bar": ("primary-lighten-2", _PLAIN),
    "track": ("text-disabled", _PLAIN),
}


def look_of(name: str, plain: Style, variables: Mapping[str, str]) -> Style:
    """What a piece of the style ``name`` is drawn with.

    Args:
        name: one of :data:`widgets.rows.STYLES`.
        plain: what the widget draws a piece without a style with; it has the ground.
        variables: the theme's colours (``App.theme_variables``).
    """
    if not name:
        return plain
    variable, manner = _LOOKS[name]
    if not variable:
        return plain + manner
    ground = Color.from_rich_color(plain.bgcolor) if plain.bgcolor else Color(0, 0, 0, 0)
    return plain + manner + Style(color=(ground + _colour(variables[variable], ground)).rich_color)


def own_colours(style: str) -> Style:
    """A picture's own colours, which no theme decides: ``#rrggbb #rrggbb``, text and ground."""
    return Style.parse(style.replace(" ", " on "))


def _colour(text: str, ground: Color) -> Color:
    """The colour of a variable: ``#rrggbb``, ``auto 60%`` (black or white), ``NAME 50%``."""
    word, _, share = text.partition(" ")
    alpha = float(share.rstrip("%")) / 100 if share else 1.0
    if word == "auto":
        return ground.get_contrast_text(alpha)
    return Color.parse(word).multiply_alpha(alpha)
