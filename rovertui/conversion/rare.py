"""Which frames are rare in their set, and by what: found from their features alone.

A frame is *rare* when the set has few others like it in some respect: on an axis of the schema
fewer than :data:`SHARE` of all samples (for calibration and for checking) lie in its bin or the
one on either side. Values beyond an axis count as its end bins. A set that covers everything
evenly has no rare frames, and says so by that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rovertui.calibration.histogram import bin_of, edges
from rovertui.schema import Axis

Key = TypeVar("Key")
SHARE = 0.05


@dataclass(frozen=True)
class Conditions:
    """What a frame was like.

    Attributes:
        values: by axis name, in the axis's unit.
        rare: the names of the axes on which the set has few like it.
    """

    values: Mapping[str, float]
    rare: tuple[str, ...] = ()


def conditions(
    axes: Sequence[Axis], features: Mapping[Key, Mapping[str, float]]
) -> dict[Key, Conditions]:
    """The conditions of each sample of a set.

    Args:
        features: of every sample, as :class:`rovertui.calibration.features.Features` names them.
    """
    borders = {axis.name: edges(axis) for axis in axes}
    counts = {axis.name: [0] * axis.bins for axis in axes}
    places: dict[Key, dict[str, int]] = {}
    for key, values in features.items():
        found = places[key] = {}
        for axis in axes:
            if axis.of in values:
                found[axis.name] = _bin(borders[axis.name], values[axis.of])
                counts[axis.name][found[axis.name]] += 1
    return {
        key: Conditions(
            values={axis.name: values[axis.of] for axis in axes if axis.of in values},
            rare=tuple(
                name
                for name, place in places[key].items()
                if _near(counts[name], place) < SHARE * sum(counts[name])
            ),
        )
        for key, values in features.items()
    }


def _bin(borders: list[float], value: float) -> int:
    found = bin_of(borders, value)
    if found is None:
        return 0 if value < borders[0] else len(borders) - 2
    return found


def _near(counts: Sequence[int], place: int) -> int:
    return sum(counts[max(0, place - 1) : place + 2])
