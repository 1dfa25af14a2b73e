"""A picture in half blocks: two pixels a cell; or in signs, where colours do not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widgets.rows import Row

RAMP = " .:-=+*#%@"
_UPPER = "▀"


@dataclass(frozen=True, slots=True)
class Pixels:
    """``data`` is row by row, three bytes (RGB) a pixel."""

    width: int
    height: int
    data: bytes

    def at(self, x: int, y: int) -> tuple[int, int, int]:
        start = 3 * (y * self.width + x)
        red, green, blue = self.data[start : start + 3]
        return red, green, blue


CUBE = (0, 95, 135, 175, 215, 255)
"""A channel's values in the colours of terminals with 256 of them."""

COARSE = (0, 135, 255)


def half_blocks(pixels: Pixels, levels: Sequence[int] = CUBE) -> list[Row]:
    """Rows of upper half blocks, their styles ``#rrggbb #rrggbb`` (upper and lower pixel).

    Args:
        levels: what values a channel has: fewer of them are fewer bytes to send.
    """
    nearest = bytes(min(levels, key=lambda level: abs(level - value)) for value in range(256))
    data = pixels.data.translate(nearest)
    line = 3 * pixels.width
    rows: list[Row] = []
    for top in range(0, pixels.height * line, 2 * line):
        row: Row = []
        for start in range(top, top + line, 3):
            upper = data[start : start + 3].hex()
            lower = data[start + line : start + line + 3].hex() or upper
            # Both the same is a blank: a run of them is one colour, however long.
            char = " " if upper == lower else _UPPER
            style = f"#{upper} #{lower}"
            if row and row[-1][1] == style:
                row[-1] = (row[-1][0] + char, style)
            else:
                row.append((char, style))
        rows.append(row)
    return rows


def signs(pixels: Pixels, style: str = "") -> list[Row]:
    """Rows of ASCII, darker to brighter as in :data:`RAMP`, two pixels a cell."""
    rows: list[Row] = []
    last = len(RAMP) - 1
    for y in range(0, pixels.height, 2):
        text = ""
        below = min(y + 1, pixels.height - 1)
        for x in range(pixels.width):
            red, green, blue = (
                a + b for a, b in zip(pixels.at(x, y), pixels.at(x, below), strict=True)
            )
            luma = (0.299 * red + 0.587 * green + 0.114 * blue) / 2
            text += RAMP[round(luma / 255 * last)]
        rows.append([(text, style)])
    return rows
