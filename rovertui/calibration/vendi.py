"""How many samples of a set are really different."""

from __future__ import annotations

import math

import numpy as np

from rovertui.calibration.space import Vector, squares

LARGEST = 256
_WIDTH = 2.0


def vendi(points: Vector) -> float:
    """The Vendi score (Friedman and Dieng, 2023) of points in a :class:`Space`.

    ``exp(-sum l ln l)`` over the eigenvalues of ``K / n`` with ``K = exp(-2 d^2)``: n for n
    samples at least two steps apart, 1 for copies of one. A near-copy (d^2 = 0.05) is 0.9 alike.
    Of more than 256 points, so many evenly chosen ones count.
    """
    if len(points) == 0:
        return 0.0
    if len(points) > LARGEST:
        points = points[np.arange(LARGEST) * len(points) // LARGEST]
    kernel = np.exp(-_WIDTH * squares(points, points))
    shares = np.linalg.eigvalsh(kernel / len(points))
    shares = shares[shares > 1e-12]
    return float(math.exp(-float((shares * np.log(shares)).sum())))
