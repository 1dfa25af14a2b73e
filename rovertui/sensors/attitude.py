"""Roll and pitch from what an accelerometer feels, in the axes a person configured."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rovertui.errors import OperatorError
from rovertui.text import clean

# A camera that looks straight ahead: x right, y down, z ahead; level at rest it feels (0, -9.8, 0).
CAMERA = "z,-x,-y"
_SMOOTH_S = 0.3


class Axes:
    """The rover's forward, left and up as three of the sensor's axes: ``"z,-x,-y"``.

    Raises:
        OperatorError: not three axes, or not a rotation.
    """

    def __init__(self, text: str) -> None:
        names = [part.strip() for part in text.split(",")]
        self._rows: list[tuple[int, int]] = []
        for name in names:
            letter = name.lstrip("+-")
            if len(name) - len(letter) > 1 or letter not in ("x", "y", "z"):
                self._refuse(text)
            self._rows.append(("xyz".index(letter), -1 if name.startswith("-") else 1))
        if len(self._rows) != 3 or len({axis for axis, _ in self._rows}) != 3:
            self._refuse(text)
        (a, sa), (b, sb), (c, sc) = self._rows
        even = (a, b, c) in ((0, 1, 2), (1, 2, 0), (2, 0, 1))
        if sa * sb * sc != (1 if even else -1):
            self._refuse(text, " (these three are a mirror image, not a rotation)")

    @staticmethod
    def _refuse(text: str, why: str = "") -> None:
        raise OperatorError(
            f"config.toml: source.axes: expected three axes such as {CAMERA!r}, "
            f"found {clean(text, 40)!r}{why}."
        )

    def turned(self, vector: Sequence[float]) -> tuple[float, float, float]:
        """A vector in the sensor's axes as (forward, left, up)."""
        forward, left, up = (sign * float(vector[axis]) for axis, sign in self._rows)
        return forward, left, up


def attitude(forward: float, left: float, up: float) -> tuple[float, float]:
    """Roll and pitch in rad of a body at rest that feels this acceleration (m/s^2).

    Roll is positive with the left side up, pitch with the nose down (ROS REP 103).
    """
    return math.atan2(left, up), math.atan2(-forward, math.hypot(left, up))


class Smoothed:
    """Acceleration without the shaking of a drive: a first-order low-pass of 0.3 s."""

    def __init__(self) -> None:
        self._value: tuple[float, float, float] | None = None
        self._at = 0.0

    def add(self, at: float, vector: Sequence[float]) -> tuple[float, float, float]:
        """Note a measurement at ``at`` seconds; returns the smoothed one."""
        given = (float(vector[0]), float(vector[1]), float(vector[2]))
        passed = at - self._at
        if self._value is None or not 0 <= passed < 1:
            self._value = given
        else:
            share = passed / (_SMOOTH_S + passed)
            x, y, z = (
                old + share * (new - old) for old, new in zip(self._value, given, strict=True)
            )
            self._value = (x, y, z)
        self._at = at
        return self._value
