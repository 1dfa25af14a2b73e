"""Which picture is wanted, and what came of it: asked for only while it is seen."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import msgspec

from rovertui.snapshot import PictureView
from widgets.picture import Pixels

EVERY = 0.5
"""Seconds between two pictures of a live stream; on a slow line four times as long."""

_SLOWER = 4
_BYTES = {True: 3, False: 1}


@dataclass
class Wish:
    """What is to be seen: of the stream, or of a stored sample ``name`` in ``where``."""

    width: int
    height: int
    where: str = ""
    name: str = ""

    def params(self) -> dict[str, Any]:
        return {
            "width": self.width,
            "height": self.height,
            "where": self.where,
            "name": self.name,
        }


class Pictures:
    """Attributes:
    on: whether the operator wants to see them; off at the start.
    views: the last ones, colour first; ``why`` there are none.
    age: seconds the frame was old when it was sent; None for a stored sample.
    """

    def __init__(self) -> None:
        self.on = False
        self.views: list[PictureView] = []
        self.why = ""
        self.age: float | None = None
        self._room: tuple[int, int] = (0, 0)
        self._shown: Wish | None = None
        self._asked = float("-inf")
        self._of: tuple[str, str] = ("", "")

    def toggle(self) -> bool:
        """Switch; whether it is on now. What was seen before is forgotten."""
        self.on = not self.on
        self.views, self.why, self._shown = [], "", None
        self._asked = float("-inf")
        return self.on

    def room(self, width: int, height: int) -> None:
        """How many cells each picture may take, as it was last drawn."""
        self._room = (width, height)

    def wanted(self, now: float, *, sparing: bool, where: str = "", name: str = "") -> Wish | None:
        """What to ask for now; None while off, not seen, too soon, or when it is there already."""
        width, height = self._room
        if not self.on or width < 1 or height < 1:
            return None
        wish = Wish(width, 2 * height, where, name)
        if name and wish == self._shown:
            return None
        pause = EVERY * (_SLOWER if sparing else 1)
        if (where, name) == self._of and now - self._asked < pause:
            return None
        if (where, name) != self._of:
            self.views, self.why = [], ""
        self._of, self._asked = (where, name), now
        return wish

    def supply(self, wish: Wish, found: dict[str, Any]) -> None:
        """An answer has come; one for another sample than the present one is left."""
        if (wish.where, wish.name) != self._of:
            return
        try:
            self.views = msgspec.convert(found.get("pictures", []), list[PictureView])
            self.age = msgspec.convert(found.get("age"), float | None)
        except msgspec.ValidationError:
            self.failed(wish, "The daemon's picture cannot be read.")
            return
        self.why, self._shown = "", wish

    def failed(self, wish: Wish, why: str) -> None:
        """There is no picture, and why."""
        if (wish.where, wish.name) == self._of:
            self.views, self.why, self._shown = [], why, wish


def pixels(view: PictureView, palette: bytes) -> Pixels | None:
    """A picture's pixels as RGB; None for what does not hold what it says.

    Args:
        palette: three bytes for each of the 256 values of a picture without colours.
    """
    try:
        data = base64.b64decode(view.pixels, validate=True)
    except (binascii.Error, ValueError):
        return None
    if view.width < 1 or len(data) != view.width * view.height * _BYTES[view.colour]:
        return None
    if not view.colour:
        data = b"".join(palette[3 * value : 3 * value + 3] for value in data)
    return Pixels(view.width, view.height, data)
