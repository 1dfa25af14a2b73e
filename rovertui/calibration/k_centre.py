"""A few samples that cover a set: k-centre (Gonzalez, 1985) on features, ends of ranges first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rovertui.calibration.space import Vector, squares

_MOST_ENDS = 20


def covering(points: Vector, count: int, first: Sequence[int] = ()) -> list[int]:
    """Which ``count`` of points (n, d) in a :class:`Space` cover all of them.

    First ``first``, then those that hold the widest ranges' ends (at most a third of ``count``
    and 20), then always the point farthest from all chosen ones. Depends on nothing but the
    points and their order, which decides between equal ones. The result is in the order of choice.
    """
    if count >= len(points):
        return list(range(len(points)))
    ends = _ends(points, min(_MOST_ENDS, count // 3))
    chosen = list(dict.fromkeys([*first, *ends]))[:count]
    if not chosen:
        chosen = [int(squares(points.mean(axis=0)[None], points)[0].argmin())]
    nearest = squares(points[chosen], points).min(axis=0)
    while len(chosen) < count:
        place = int(nearest.argmax())
        if nearest[place] <= 0.0:
            place = next(i for i in range(len(points)) if i not in set(chosen))
        chosen.append(place)
        nearest = np.minimum(nearest, squares(points[place : place + 1], points)[0])
    return chosen[:count]


def _ends(points: Vector, most: int) -> list[int]:
    """The least and the greatest of each number, of the widest range first, no sample twice."""
    spans = points.max(axis=0) - points.min(axis=0)
    found: dict[int, None] = {}
    for column in np.argsort(-spans, kind="stable"):
        if spans[column] <= 0:
            break
        for place in (points[:, column].argmin(), points[:, column].argmax()):
            if len(found) < most:
                found[int(place)] = None
    return list(found)
