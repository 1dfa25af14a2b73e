"""What one frame is like, in a few numbers: cheap enough for every frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rovertui.errors import OperatorError
from rovertui.schema import Array, Schema

BRIGHTNESS = "brightness"
NEAREST = "nearest"
DEPTH_VALID = "depth_valid"
CONTRAST, COLOURFUL, CLIPPED = "contrast", "colourful", "clipped"
DEPTHS = {"depth_near": 5, "depth_mid": 50, "depth_far": 90}
GENERIC = ("mean", "spread", "zeros", "range")

_LUMA = (0.299, 0.587, 0.114)
_NEAREST_SHARE = 0.01
_STRIDE = 2
_COARSE = 4
_BLACK, _WHITE = 2.0, 253.0
UNLIMITED = 1e29


class Features:
    """The numbers of one schema's frames.

    - ``brightness``: mean luma (BT.601) of the picture, 0..255; a picture is the first uint8
      array whose unit is ``RGB``.
    - ``nearest``: the 1st percentile of valid depth in the upper half of the picture, over every
      second pixel each way, in metres: the distance of the nearest thing that fills about a
      hundredth of that half, which single wrong pixels do not move. The lower half is left out
      because a camera that looks ahead always sees near floor there. Depth is the first float
      array of two or more axes with unit ``m``. Left out when no pixel is valid.
    - ``depth_valid``: per cent of pixels strictly inside the array's low..high; the ends are
      what holes and "too far" are written as.
    - ``contrast``: standard deviation of luma; ``colourful``: Hasler and Suesstrunk's measure
      (2003); ``clipped``: per cent of pixels that are black or white. Over every fourth pixel.
    - ``depth_near``, ``depth_mid``, ``depth_far``: the 5th, 50th and 90th percentile of valid
      depth over every fourth pixel, in metres. Left out when no pixel is valid.
    - ``ARRAY.FIELD``: each named number of a vector.
    - ``ARRAY.mean``, ``.spread`` (standard deviation), ``.zeros`` (per cent), ``.range`` of any
      other array, so that grids and stacks are told apart without knowing what they mean.
    """

    def __init__(self, schema: Schema) -> None:
        arrays = schema.arrays.items()
        self._picture = next((n for n, a in arrays if _is_picture(a)), None)
        self._depth = next((n for n, a in arrays if _is_depth(a)), None)
        self._limits = (
            (schema.arrays[self._depth].low, schema.arrays[self._depth].high)
            if self._depth
            else (0.0, 0.0)
        )
        self._vectors = {name: array.fields for name, array in arrays if array.fields}
        known = {self._picture, self._depth, *self._vectors}
        self._others = [name for name, _ in arrays if name not in known]
        #: What the screen shows, with units; ``names`` has the rest as well.
        self.units: dict[str, str] = {}
        self.names: list[str] = []
        if self._picture:
            self.units[BRIGHTNESS] = ""
            self.names.append(COLOURFUL)
        if self._depth:
            self.units[NEAREST] = "m"
            self.units[DEPTH_VALID] = "%"
            self.names += DEPTHS
        for name, fields in self._vectors.items():
            self.units.update({f"{name}.{field.name}": field.unit for field in fields})
        if self._picture:
            # Last: a small screen leaves these out first.
            self.units.update({CONTRAST: "", CLIPPED: "%"})
        self.names += [f"{name}.{what}" for name in self._others for what in GENERIC]
        self.names = [*self.units, *self.names]
        for axis in (*schema.axes, *schema.coverage):
            if axis.of not in self.names:
                raise OperatorError(
                    f"config.toml: axis {axis.name}: of: expected one of "
                    f"{', '.join(self.names)}, found {axis.of!r}."
                )

    def measure(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, float]:
        """The features of arrays that fit the schema; values that are not finite are left out."""
        found: dict[str, float] = {}
        if self._picture:
            found[BRIGHTNESS] = brightness(arrays[self._picture])
            found.update(colour_features(arrays[self._picture]))
        if self._depth:
            nearest, share = depth_features(arrays[self._depth], *self._limits)
            found[DEPTH_VALID] = 100.0 * share
            if nearest is not None:
                found[NEAREST] = nearest
            found.update(depths(arrays[self._depth], *self._limits))
        for name in self._others:
            found.update(generic(name, arrays[name]))
        found.update(self.numbers(arrays))
        return found

    def numbers(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, float]:
        """The finite vector fields alone, ``ARRAY.FIELD``."""
        found = {}
        for name, fields in self._vectors.items():
            for field, value in zip(fields, arrays[name].ravel().tolist(), strict=False):
                if math.isfinite(value):
                    found[f"{name}.{field.name}"] = value
        return found


def brightness(rgb: NDArray[np.uint8]) -> float:
    """Mean luma of a picture (H, W, 3) or (3, H, W) uint8, in 0..255."""
    if rgb.shape[-1] == 3:
        sums = np.add.reduce(np.add.reduce(rgb, axis=0, dtype=np.uint32), axis=0, dtype=np.uint64)
    else:
        sums = rgb.reshape(3, -1).sum(axis=1, dtype=np.uint64)
    return float(np.dot(sums / (rgb.size // 3), _LUMA))


def depth_features(
    depth: NDArray[np.float32], low: float, high: float
) -> tuple[float | None, float]:
    """Nearest obstacle (None without a valid pixel) and the share of valid pixels, 0..1."""
    view = depth[..., ::_STRIDE, ::_STRIDE]
    valid = (view > low) & (view < high)
    upper = (..., slice(0, (view.shape[-2] + 1) // 2), slice(None))
    ahead = view[upper][valid[upper]]
    share = float(np.count_nonzero(valid)) / view.size
    if ahead.size == 0:
        return None, share
    rank = int(ahead.size * _NEAREST_SHARE)
    return float(np.partition(ahead, rank)[rank]), share


def colour_features(rgb: NDArray[np.uint8]) -> dict[str, float]:
    """Contrast, colourfulness and the clipped share of a picture (H, W, 3) or (3, H, W)."""
    if rgb.shape[-1] == 3:
        few = rgb[::_COARSE, ::_COARSE].reshape(-1, 3).astype(np.float32)
    else:
        few = rgb[:, ::_COARSE, ::_COARSE].reshape(3, -1).T.astype(np.float32)
    red, green, blue = few[:, 0], few[:, 1], few[:, 2]
    luma = few @ np.array(_LUMA, np.float32)
    ends = np.count_nonzero(luma <= _BLACK) + np.count_nonzero(luma >= _WHITE)
    first, second = red - green, 0.5 * (red + green) - blue
    spread = math.hypot(float(first.std()), float(second.std()))
    offset = math.hypot(float(first.mean()), float(second.mean()))
    return {
        CONTRAST: float(luma.std()),
        COLOURFUL: spread + 0.3 * offset,
        CLIPPED: 100.0 * float(ends) / luma.size,
    }


def depths(depth: NDArray[np.float32], low: float, high: float) -> dict[str, float]:
    """Percentiles of valid depth; empty without a valid pixel."""
    few = depth[..., ::_COARSE, ::_COARSE]
    valid = few[(few > low) & (few < high)]
    if valid.size == 0:
        return {}
    ranks = [valid.size * percent // 100 for percent in DEPTHS.values()]
    found = np.partition(valid, ranks)[ranks].tolist()
    return dict(zip(DEPTHS, found, strict=True))


def generic(name: str, array: NDArray[Any]) -> dict[str, float]:
    """Mean, spread, share of zeros and range of any array, without values that are not finite."""
    values = np.asarray(array, np.float64).ravel()
    values = values[np.isfinite(values)]
    if values.size == 0:
        return {}
    zeros = 100.0 * float(np.count_nonzero(values == 0)) / values.size
    numbers = (values.mean(), values.std(), zeros, values.max() - values.min())
    pairs = zip(GENERIC, map(float, numbers), strict=True)
    return {f"{name}.{what}": number for what, number in pairs if math.isfinite(number)}


def _is_picture(array: Array) -> bool:
    return (
        array.dtype == "uint8"
        and array.unit.upper() == "RGB"
        and len(array.shape) == 3
        and 3 in (array.shape[0], array.shape[-1])
    )


def _is_depth(array: Array) -> bool:
    return array.dtype == "float32" and array.unit == "m" and len(array.shape) >= 2
