"""Figures three rows high, to be read from a step away; bold text where blocks do not show."""

from __future__ import annotations

from widgets.glyphs import ASCII, UNICODE, Glyphs
from widgets.rows import Row

_PIXELS = {
    "0": "#### ## ## ####",
    "1": " # ##  #  # ###",
    "2": "###  #####  ###",
    "3": "###  ####  ####",
    "4": "# ## ####  #  #",
    "5": "####  ###  ####",
    "6": "####  #### ####",
    "7": "###  #  #  #  #",
    "8": "#### ##### ####",
    "9": "#### ####  ####",
    "-": "      ###      ",
    " ": "               ",
}
_PAIRS = {"##": "█", "# ": "▀", " #": "▄", "  ": " "}


def big_text(text: str, style: str = "strong", glyphs: Glyphs = UNICODE) -> list[Row]:
    """Three rows of four cells a character. Only digits, ``-`` and blanks have a shape."""
    if glyphs is ASCII:
        blank = " " * (4 * len(text))
        return [[(blank, "")], [(text.center(4 * len(text)), style)], [(blank, "")]]
    lines = ["", "", ""]
    for char in text:
        pixels = _PIXELS.get(char, _PIXELS[" "]) + "   "
        for row in range(3):
            upper, lower = pixels[row * 6 : row * 6 + 3], pixels[row * 6 + 3 : row * 6 + 6]
            lines[row] += "".join(_PAIRS[a + b] for a, b in zip(upper, lower, strict=True)) + " "
    return [[(line, style)] for line in lines]
