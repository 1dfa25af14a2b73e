"""Pictures of a frame small enough for a terminal: reduced here, so that no screen needs arrays."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rovertui.calibration.features import UNLIMITED
from rovertui.schema import Array, Schema
from rovertui.snapshot import PictureView

MOST = 2
_LARGEST = 400
_NOTHING = 0


def pictures(
    arrays: Mapping[str, NDArray[Any]], schema: Schema, width: int, height: int
) -> list[PictureView]:
    """The first colour picture and the first other plane of a frame, colour first.

    Args:
        width, height: pixels that each may have at most; the aspect is kept.
    """
    width, height = (min(max(side, 1), _LARGEST) for side in (width, height))
    found = [
        _colour(name, planes, width, height)
        if planes.ndim == 3
        else _range(name, planes, array, width, height)
        for name, array in schema.arrays.items()
        if name in arrays and (planes := _planes(arrays[name], array)) is not None
    ]
    colours = [view for view in found if view.colour]
    return (colours[:1] + [view for view in found if not view.colour])[:MOST]


def _planes(values: NDArray[Any], array: Array) -> NDArray[Any] | None:
    """(H, W, 3) of a colour picture, (H, W) of another plane, None for what is no picture."""
    if values.ndim == 3 and array.dtype == "uint8" and 3 in (values.shape[0], values.shape[2]):
        return values if values.shape[2] == 3 else values.transpose(1, 2, 0)
    if values.ndim == 3:
        last_is_channel = values.shape[2] < values.shape[0]
        values = values[..., 0] if last_is_channel else values[0]
    return values if values.ndim == 2 and min(values.shape) > 1 else None


def _edges(length: int, pieces: int) -> NDArray[np.intp]:
    """Where each of ``pieces`` blocks begins."""
    return np.arange(pieces) * length // pieces


def _size(planes: NDArray[Any], width: int, height: int) -> tuple[int, int]:
    full_height, full_width = planes.shape[:2]
    scale = min(width / full_width, height / full_height, 1.0)
    return max(1, round(full_height * scale)), max(1, round(full_width * scale))


def _colour(name: str, planes: NDArray[Any], width: int, height: int) -> PictureView:
    """Means of blocks, over every second pixel where there are many."""
    rows, columns = _size(planes, width, height)
    step = 2 if planes.shape[0] >= 2 * rows and planes.shape[1] >= 2 * columns else 1
    thin = planes[::step, ::step].astype(np.uint32)
    down, across = _edges(thin.shape[0], rows), _edges(thin.shape[1], columns)
    sums = np.add.reduceat(np.add.reduceat(thin, down, axis=0), across, axis=1)
    counts = np.outer(
        np.diff(np.append(down, thin.shape[0])), np.diff(np.append(across, thin.shape[1]))
    )
    return PictureView(
        name=name,
        width=columns,
        height=rows,
        colour=True,
        pixels=_text((sums // counts[..., np.newaxis]).astype(np.uint8)),
    )


def _range(name: str, plane: NDArray[Any], array: Array, width: int, height: int) -> PictureView:
    """The least value of each block, 1..255 over the range; 0 where nothing was measured.

    The least, because in depth that is what a rover would hit.
    """
    rows, columns = _size(plane, width, height)
    values = plane.astype(np.float32)
    valid = np.isfinite(values)
    low, high = array.low, array.high
    if low <= -UNLIMITED or high >= UNLIMITED:
        low = float(values[valid].min()) if valid.any() else 0.0
        high = float(values[valid].max()) if valid.any() else 1.0
    elif array.unit == "m":
        # The ends of a range are what holes and "too far" are written as.
        valid &= (values > low) & (values < high)
    span = max(high - low, 1e-9)
    scaled = np.where(valid, 1.0 + 254.0 * (values - low) / span, 256.0)
    least = np.minimum.reduceat(scaled, _edges(values.shape[0], rows), axis=0)
    least = np.minimum.reduceat(least, _edges(values.shape[1], columns), axis=1)
    pixels = np.where(least > 255.5, _NOTHING, np.clip(least, 1.0, 255.0)).astype(np.uint8)
    return PictureView(
        name=name,
        width=columns,
        height=rows,
        low=low,
        high=high,
        unit=array.unit,
        pixels=_text(pixels),
    )


def _text(pixels: NDArray[np.uint8]) -> str:
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode()
