"""How many of some samples are mutually different, as far as that matters: up to three.

The largest number of samples of which no two are near-copies. It depends on the set alone, not
on its order; one sample more never lowers it; a copy never raises it. Counting "not a near-copy
of one already counted" has none of the first two properties.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rovertui.calibration.space import COPY, Vector, squares

ENOUGH = 3
_BLOCK = 1024

Flags = NDArray[np.bool_]


def among(apart: Flags) -> int:
    """The same from a symmetric matrix (n, n) that says which two are different."""
    n = len(apart)
    if n < 2 or not apart.any():
        return min(n, 1)
    if n < ENOUGH:
        return n
    numbers = apart.astype(np.float32)
    return ENOUGH if bool(((numbers @ numbers) * numbers).any()) else 2


def different(points: Vector, labels: NDArray[np.int64] | None = None) -> int:
    """0..3 for points (n, d) of a :class:`Space`.

    Args:
        labels: (n,); with them, two points are different only with different labels as well.
    """
    if len(points) < 2:
        return len(points)
    labels = np.arange(len(points)) if labels is None else labels
    least = _by_search(points, labels)
    if least == ENOUGH:
        return least
    from_first = squares(points[:1], points)[0]
    if 4.0 * float(from_first.max()) <= COPY or bool((labels == labels[0]).all()):
        return 1  # within half the distance of one, or all of one label: no two are different
    return _exactly(points, labels)


def _by_search(points: Vector, labels: NDArray[np.int64]) -> int:
    """A lower bound, found by walking to the farthest point twice."""
    found = 1
    place = 0
    for _ in range(2):
        reach = np.where(labels != labels[place], squares(points[place : place + 1], points)[0], -1)
        far = int(reach.argmax())
        if reach[far] <= COPY:
            return found
        found = 2
        other = squares(points[far : far + 1], points)[0]
        third = np.where((labels != labels[far]) & (labels != labels[place]), other, -1)
        if bool(((third > COPY) & (reach > COPY)).any()):
            return ENOUGH
        place = far
    return found


def _exactly(points: Vector, labels: NDArray[np.int64]) -> int:
    """By all pairs, in blocks; only for the few sets that the bounds do not decide."""
    rows = np.concatenate([points, labels[:, None].astype(np.float64)], axis=1)
    kept = np.sort(np.unique(rows, axis=0, return_index=True)[1])
    points, labels = points[kept], labels[kept]
    best = 1
    for start in range(0, len(points), _BLOCK):
        block = slice(start, start + _BLOCK)
        apart = (squares(points[block], points) > COPY) & (labels[block, None] != labels[None])
        for row in np.flatnonzero(apart.any(axis=1)):
            best = 2
            mine = np.flatnonzero(apart[row])
            if among(_apart(points[mine], labels[mine])) >= 2:
                return ENOUGH
    return best


def _apart(points: Vector, labels: NDArray[np.int64]) -> Flags:
    found: Flags = (squares(points, points) > COPY) & (labels[:, None] != labels[None])
    return found
