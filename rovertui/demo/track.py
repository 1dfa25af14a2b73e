"""The simulated building: one endless corridor with rare places on the way, made from a seed.

The centre line is laid out piece by piece as it is needed, always in the same order, so that a
place depends on the seed alone and not on who asks for it, or when. Walls are chains of straight
segments; things that stand in the way are upright cylinders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

SPACING_M = 0.2
BEHIND_M = 30.0
_AT_ONCE = 240
INDOORS, ROOM, OUTDOORS = 0, 1, 2
WALL_HEIGHT_M = 2.4
HEDGE_HEIGHT_M = 0.7

PLACES = (
    *("walker", "walker", "bollard", "slalom", "corner"),
    *("ramp", "camber", "unlit", "glare", "room", "yard"),
)

# Columns of the centre line's table.
X, Y, HEADING, LEFT, RIGHT, ZONE, PITCH, ROLL, LAMP, ROUGH = range(10)


@dataclass(frozen=True, slots=True)
class Cylinder:
    """An upright obstacle: where it stands (m), its size (m), and what it is."""

    x: float
    y: float
    radius: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Walls:
    """Wall segments near the rover: ends (n, 2) in metres, side (0 left, 1 right), zone, and
    the distance along the centre line of their first end, which anchors the texture."""

    start: Float
    end: Float
    side: NDArray[np.int64]
    zone: NDArray[np.int64]
    along: Float


class Track:
    """The centre line, its surroundings and its obstacles, by distance along it in metres."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 101])
        self._rows: list[list[float]] = []
        self._gone = 0
        self._table: Float = np.zeros((0, 10))
        self._deck: list[str] = []
        self._pose = (0.0, 0.0, 0.0)
        self.cylinders: list[tuple[float, Cylinder]] = []
        self.walkers: list[float] = []
        self._corridor(3.0)
        self._place()
        self.extend_to(60.0)

    def extend_to(self, distance: float) -> None:
        """Lay the centre line out to at least this distance."""
        while self._length * SPACING_M < distance + 20.0:
            self._corridor(float(self._rng.uniform(4.6, 6.6)))
            self._place()
        if len(self._table) != len(self._rows):
            self._table = np.array(self._rows)

    def forget(self, distance: float) -> None:
        """Drop, now and then, what lies more than :data:`BEHIND_M` behind this distance."""
        # A multiple of every stride of `walls`, so that its segments begin where they did.
        gone = self._row(distance - BEHIND_M) // _AT_ONCE * _AT_ONCE
        if gone:
            del self._rows[:gone]
            self._table = self._table[gone:].copy()
            self._gone += gone
            self.cylinders = [(s, c) for s, c in self.cylinders if s > self._gone * SPACING_M]

    @property
    def _length(self) -> int:
        """Rows laid out so far, those that were dropped included."""
        return self._gone + len(self._rows)

    def _row(self, distance: float) -> int:
        """Place in the table of the last row that is kept at or before this distance."""
        return max(int(distance / SPACING_M) - self._gone, 0)

    def at(self, distance: float) -> Float:
        """The table's row at this distance, interpolated (zone: of the nearest row)."""
        position = max(distance / SPACING_M, float(self._gone))
        index = int(position) - self._gone
        if index + 2 >= len(self._table):
            self.extend_to(distance)
        part = position % 1.0
        row: Float = self._table[index] * (1.0 - part) + self._table[index + 1] * part
        row[ZONE] = self._table[index + (part > 0.5), ZONE]
        return row

    def mean(self, column: int, begin: float, end: float) -> float:
        """Mean of one column between two distances."""
        first = self._row(begin)
        last = max(self._row(end), first + 1)
        return float(self._table[first:last, column].mean())

    def walls(self, begin: float, end: float, stride: int = 2) -> Walls:
        """Both walls between two distances."""
        self.extend_to(end)
        first = (self._gone + self._row(begin)) // stride * stride
        last = self._row(end) + stride + 1
        rows = self._table[first - self._gone : last : stride]
        normal = np.stack([-np.sin(rows[:, HEADING]), np.cos(rows[:, HEADING])], axis=1)
        centre = rows[:, [X, Y]]
        left = centre + normal * rows[:, LEFT, None]
        right = centre - normal * rows[:, RIGHT, None]
        count = len(rows) - 1
        along = (first + stride * np.arange(count)) * SPACING_M
        zone = rows[:-1, ZONE].astype(np.int64)
        return Walls(
            start=np.concatenate([left[:-1], right[:-1]]),
            end=np.concatenate([left[1:], right[1:]]),
            side=np.repeat(np.array([0, 1]), count),
            zone=np.concatenate([zone, zone]),
            along=np.concatenate([along, along]),
        )

    def open_air(self, begin: float, end: float) -> tuple[float, float] | None:
        """First stretch without a roof between two distances."""
        first = self._row(begin)
        zone = self._table[first : self._row(end), ZONE]
        under_sky = np.flatnonzero(zone == OUTDOORS)
        if not len(under_sky):
            return None
        gaps = np.flatnonzero(np.diff(under_sky) > 1)
        last = under_sky[gaps[0]] if len(gaps) else under_sky[-1]
        first += self._gone
        return (first + under_sky[0]) * SPACING_M, (first + last + 1) * SPACING_M

    def near(self, distance: float, behind: float, ahead: float) -> list[Cylinder]:
        """Standing obstacles from `behind` to `ahead` metres of this distance."""
        return [c for s, c in self.cylinders if distance - behind < s < distance + ahead]

    def _piece(self, length: float, curvature: float = 0.0, **columns: Float | float) -> None:
        count = max(round(length / SPACING_M), 1)
        values = {
            name: np.broadcast_to(np.asarray(value, dtype=float), (count,))
            for name, value in columns.items()
        }
        x, y, heading = self._pose
        for i in range(count):
            self._rows.append(
                [
                    x,
                    y,
                    heading,
                    *(float(values[n][i]) for n in ("left", "right")),
                    float(values["zone"][i]) if "zone" in values else INDOORS,
                    *(float(values[n][i]) if n in values else 0.0 for n in ("pitch", "roll")),
                    float(values["lamp"][i]) if "lamp" in values else self._lamp,
                    float(values["rough"][i]) if "rough" in values else 0.02,
                ]
            )
            heading += curvature * SPACING_M
            x += float(np.cos(heading)) * SPACING_M
            y += float(np.sin(heading)) * SPACING_M
        self._pose = (x, y, heading)

    def _corridor(self, length: float) -> None:
        half = float(self._rng.uniform(0.82, 1.0))
        self._half = half
        self._lamp = float(self._rng.uniform(0.85, 1.1))
        bend = float(self._rng.choice([0.0, 0.0, 0.1, -0.1, 0.18, -0.18]))
        self._piece(length, bend, left=half, right=half)

    def _place(self) -> None:
        if not self._deck:
            self._deck = list(self._rng.permutation(PLACES))
        half = self._half
        here = self._length * SPACING_M
        sign = float(self._rng.choice([-1.0, 1.0]))
        match self._deck.pop():
            case "walker":
                self.walkers.append(here)
                self._piece(0.6, left=half, right=half)
            case "bollard":
                self._piece(1.4, left=half, right=half)
                self._bollard(here + 0.8, sign)
            case "slalom":
                self._piece(2.4, left=half, right=half)
                self._bollard(here + 0.6, sign)
                self._bollard(here + 1.9, -sign)
            case "corner":
                inner, outer = 0.5, half
                left, right = (inner, outer) if sign > 0 else (outer, inner)
                self._piece(1.2, sign / 0.8, left=left, right=right)
            case "ramp":
                steep = sign * float(self._rng.uniform(0.12, 0.22))
                self._piece(0.6, left=half, right=half, pitch=steep * _hump(3))
            case "camber":
                lean = sign * float(self._rng.uniform(0.12, 0.22))
                self._piece(0.6, left=half, right=half, roll=lean * _hump(3))
            case "unlit":
                dim = float(self._rng.uniform(0.05, 0.16))
                lamp = self._lamp * (1.0 - (1.0 - dim) * _hump(4))
                self._piece(0.8, left=half, right=half, lamp=lamp)
            case "glare":
                gain = float(self._rng.uniform(2.2, 3.2))
                lamp = self._lamp * (1.0 + (gain - 1.0) * _hump(5))
                self._piece(1.0, left=half, right=half, lamp=lamp)
            case "room":
                wide = float(self._rng.uniform(1.8, 2.6))
                self._piece(1.6, left=wide, right=wide, zone=ROOM)
                for _ in range(3):
                    side = float(self._rng.choice([-1.0, 1.0]))
                    offset = side * float(self._rng.uniform(1.1, wide - 0.3))
                    spot = here + float(self._rng.uniform(0.2, 1.4))
                    self._stand(spot, offset, 0.25, 0.8, "bin")
            case _:
                self._piece(1.8, left=2.8, right=2.8, zone=OUTDOORS, rough=0.45)
                for _ in range(4):
                    side = float(self._rng.choice([-1.0, 1.0]))
                    offset = side * float(self._rng.uniform(1.3, 2.6))
                    spot = here + float(self._rng.uniform(0.1, 1.7))
                    self._stand(spot, offset, 0.12, 5.0, "tree")

    def _bollard(self, distance: float, sign: float) -> None:
        """A bollard on the left is blue, on the right orange: which way round can be seen."""
        offset = sign * float(self._rng.uniform(0.06, 0.2))
        self._stand(distance, offset, 0.14, 0.6, "blue" if sign > 0 else "orange")

    def _stand(
        self, distance: float, offset: float, radius: float, height: float, kind: str
    ) -> None:
        row = self._rows[min(round(distance / SPACING_M), self._length - 1) - self._gone]
        x = row[X] - np.sin(row[HEADING]) * offset
        y = row[Y] + np.cos(row[HEADING]) * offset
        self.cylinders.append((distance, Cylinder(float(x), float(y), radius, height, kind)))


def _hump(count: int) -> Float:
    """0..1..0 with a flat top, so that a place begins and ends without a step."""
    ramp: Float = np.clip(2.0 * np.sin(np.pi * (np.arange(count) + 0.5) / count), 0.0, 1.0)
    return ramp
