"""Pictures as rows: colour and depth side by side, each under its name."""

from __future__ import annotations

from rovertui.snapshot import PictureView
from rovertui.text import ago, clean
from rovertui.ui.pictures import Pictures, pixels
from rovertui.ui.state import State
from widgets.glyphs import ASCII
from widgets.picture import COARSE, CUBE, half_blocks, signs
from widgets.rows import Row, beside, wrap

_GAP = 2


def _near_to_far() -> bytes:
    """Black where nothing was measured, else bright yellow (near) over red to dark blue (far).

    Brightness falls all the way, so that it reads the same without colours.
    """
    out = bytearray(3)
    for value in range(1, 256):
        part = (value - 1) / 254
        red = 255 * max(0.0, 1 - part * 1.4) + 20
        green = 230 * max(0.0, 1 - part * 2.6)
        blue = 30 + 110 * min(1.0, part * 1.6) - 60 * max(0.0, part - 0.7)
        out += bytes(min(255, int(channel)) for channel in (red, green, blue))
    return bytes(out)


_PALETTE = _near_to_far()


def rows(shown: Pictures, state: State, width: int, height: int) -> list[Row]:
    """At most ``height`` rows; says into what room the next picture should fit."""
    both = width >= 60
    each = (width - 2 - _GAP) // 2 if both else width - 2
    shown.room(each, max(1, height - 1))
    if not shown.views:
        said = clean(shown.why) or "The picture is on its way."
        return [[(" PICTURE ", "title"), (line, "")] for line in wrap(said, max(width - 10, 10))]
    out: list[Row] = []
    for view in reversed(shown.views[: 2 if both else 1]):
        one = [_title(view, shown), *_drawn(view, state)]
        out = beside(one, out, each, " " * _GAP) if out else one
    return [[(" ", ""), *row] for row in out[:height]]


def _title(view: PictureView, shown: Pictures) -> Row:
    row: Row = [(clean(view.name), "title")]
    if not view.colour:
        row.append((f"  near {view.low:g} bright to far {view.high:g} {clean(view.unit)}", "dim"))
    elif shown.age is not None:
        row.append((f"  {ago(shown.age)} old" if shown.age >= 1 else "  now", "dim"))
    return row


def _drawn(view: PictureView, state: State) -> list[Row]:
    found = pixels(view, _PALETTE)
    if found is None:
        return [[("cannot be read", "warn")]]
    if state.glyphs is ASCII or not state.colours:
        return signs(found)
    return half_blocks(found, COARSE if state.sparing else CUBE)
