"""How far two frames are apart: their features, each divided by what is a real difference."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from rovertui.calibration.features import (
    BRIGHTNESS,
    CONTRAST,
    DEPTH_VALID,
    GENERIC,
    NEAREST,
    UNLIMITED,
    Features,
)
from rovertui.schema import Schema

Vector = NDArray[np.float64]

COPY = 0.05
"""Squared distance below which a frame is a near-copy of another."""

_STEPS = {BRIGHTNESS: 64.0, CONTRAST: 32.0, "depth_mid": 1.5, DEPTH_VALID: 15.0, NEAREST: 0.6}
_PARTS = 8.0
_FAR_OUT = 1e3
_MANY = 20_000


class Space:
    """Features of one schema as vectors in which 1 is a real difference.

    Steps are those with which the selection was measured: brightness 64, contrast 32, median
    depth 1.5 m, valid depth 15 %, and for named numbers what the configuration says. Numbers
    without a step take an eighth of their range; without a range they are squashed to -1..1
    first, since nothing is known of their size. What is missing or not finite counts as 0.
    """

    def __init__(self, schema: Schema) -> None:
        self.names: list[str] = []
        self._steps: list[float] = []
        self._squashed: list[bool] = []
        for name in Features(schema).names:
            step, squashed = _step(schema, name)
            if step > 0:
                self.names.append(name)
                self._steps.append(step)
                self._squashed.append(squashed)

    def vector(self, features: Mapping[str, float]) -> Vector:
        """Shape (len(names),); finite whatever the features are."""
        found = np.empty(len(self.names))
        for place, name in enumerate(self.names):
            value = features.get(name, 0.0)
            if not math.isfinite(value):
                value = 0.0
            elif self._squashed[place]:
                value = squash(value)
            found[place] = min(max(value / self._steps[place], -_FAR_OUT), _FAR_OUT)
        return found

    def matrix(self, every: Iterable[Mapping[str, float]]) -> Vector:
        """Shape (n, len(names))."""
        rows = [self.vector(features) for features in every]
        return np.array(rows).reshape(len(rows), len(self.names))


def squash(value: float) -> float:
    """A number of unknown size in -1..1."""
    return value / (1.0 + abs(value))


def squares(points: Vector, others: Vector) -> Vector:
    """Squared distances, shape (len(points), len(others))."""
    if len(points) * len(others) > _MANY:
        lengths = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :]
        quickly: Vector = np.maximum(lengths - 2.0 * points @ others.T, 0.0)
        return quickly
    found: Vector = ((points[:, None, :] - others[None, :, :]) ** 2).sum(axis=2)
    return found


def _step(schema: Schema, name: str) -> tuple[float, bool]:
    """The step of a feature, 0 where it does not count, and whether it is squashed."""
    if "." not in name:
        return _STEPS.get(name, 0.0), False
    array_name, _, what = name.rpartition(".")
    array = schema.arrays[array_name]
    for field in array.fields:
        if field.name == what:
            if field.step > 0:
                return field.step, False
            return _of_range(field.low, field.high)
    if what == GENERIC[2]:
        return 100.0 / _PARTS, False
    return _of_range(array.low, array.high)


def _of_range(low: float, high: float) -> tuple[float, bool]:
    if abs(low) < UNLIMITED and abs(high) < UNLIMITED and high > low:
        return (high - low) / _PARTS, False
    return 2.0 / _PARTS, True
