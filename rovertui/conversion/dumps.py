"""A dump of what a node really fed, held against the model sheet, array by array.

The dump is an ``.npz`` that the node writes where it calls ``inference()``: each input under its
name (or ``feed.NAME``), one frame or several behind one another on a new first axis. Where it
also holds ``sample.ARRAY``, what it was made of, the comparison is exact; otherwise shape, type
and range tell.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rovertui.conversion.sheet import Feed, Sheet
from rovertui.errors import OperatorError
from rovertui.text import clean
from rovertui.worker import samples
from rovertui.worker.failure import Failure
from rovertui.worker.job import InputJob

Array = NDArray[Any]
_UNREADABLE = (OSError, ValueError, EOFError, KeyError, MemoryError, zipfile.BadZipFile, zlib.error)
_NEAR = 1.35
_APART = 1e-4


@dataclass(frozen=True)
class Row:
    """One input: ``ok``, or what is different and probably why.

    ``yours`` and ``ours`` are range, type and shape in words.
    """

    name: str
    ok: bool
    yours: str
    ours: str
    text: str


def compare(path: Path, sheet: Sheet) -> list[Row]:
    """A row for each input of the sheet.

    Raises:
        OperatorError: the file is no ``.npz`` of plain arrays.
    """
    arrays = _read(path)
    return [_compare(given, arrays) for given in sheet.inputs]


def _read(path: Path) -> dict[str, Array]:
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("it is none")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except _UNREADABLE as error:
        # NumPy's own words recommend to unpickle a file that holds objects.
        why = "it holds Python objects" if "pickle" in str(error) else clean(str(error), 200)
        raise OperatorError(
            f"{clean(path.name, 200)}: expected an .npz with an array for each input: {why}.",
            hint="Write it with np.savez(path, NAME=array, ...) where the node calls inference().",
            code="dump",
        ) from None


def _compare(given: Feed, arrays: dict[str, Array]) -> Row:
    ours = f"{_span(*_ours(given))} {given.dtype} {tuple(given.shape)}"
    yours = arrays.get(f"feed.{given.name}", arrays.get(given.name))
    if yours is None:
        there = ", ".join(clean(name, 40) for name in sorted(arrays)[:12]) or "nothing"
        return Row(given.name, False, "missing", ours, f"it is not in the dump, which has {there}")
    words = f"{_range_words(yours)} {yours.dtype} {yours.shape}"
    frames = _frames(given, yours)
    text = _shape_text(given, yours) if frames is None else _values_text(given, frames, arrays)
    return Row(given.name, not text, words, ours, text or "as ours")


def _frames(given: Feed, yours: Array) -> Array | None:
    """The dump's frames as (frames, *shape); None when its shape is another."""
    shape = tuple(given.shape)
    if yours.shape == shape:
        return yours[np.newaxis]
    return yours if yours.shape[1:] == shape and yours.ndim == len(shape) + 1 else None


def _shape_text(given: Feed, yours: Array) -> str:
    shape, found = tuple(given.shape), yours.shape
    if found == shape[1:]:
        return (
            f"the batch axis is missing: inference() refuses {len(found)} axes and returns None; "
            "feed array[np.newaxis]"
        )
    if len(shape) == 4:
        turned = {
            "NHWC": (shape[0], shape[3], shape[1], shape[2]),
            "NCHW": (shape[0], shape[2], shape[3], shape[1]),
        }[given.layout]
        if found in (turned, turned[1:]):
            other = "first" if given.layout == "NHWC" else "last"
            return f"channels come {other}; transpose them, or change layout in config.toml"
        if found == shape[1:-1]:
            return "batch and channel axes are missing; feed array[np.newaxis, ..., np.newaxis]"
    return "another shape"


def _values_text(given: Feed, frames: Array, arrays: dict[str, Array]) -> str:
    if frames.dtype.kind not in "uifb":
        return f"type {frames.dtype}, expected {given.dtype}"
    if not np.isfinite(frames).all():
        return "it has values that are NaN or infinite"
    sample = arrays.get(f"sample.{given.array}")
    text = _exact(given, frames, sample) if sample is not None else _by_range(given, frames)
    if text:
        return text
    if str(frames.dtype) != given.dtype:
        return f"type {frames.dtype}, expected {given.dtype} (the values are right)"
    return ""


def _exact(given: Feed, frames: Array, sample: Array) -> str:
    taken = sample[np.newaxis] if sample.shape == tuple(given.sample_shape) else sample
    if taken.shape != (len(frames), *given.sample_shape):
        return f"sample.{given.array} has shape {sample.shape}, expected {given.sample_shape}"
    try:
        wanted = np.stack([samples.feed(one, input_job(given)) for one in taken])
    except Failure as failure:
        return clean(failure.message, 300)
    apart = np.abs(frames.astype(np.float64) - wanted)
    scale = max(float(np.abs(wanted).max()), 1e-9)
    if apart.max() <= _APART * scale:
        return ""
    axis = -1 if given.layout == "NHWC" else -3
    if len(given.shape) == 4 and np.array_equal(np.flip(frames, axis), wanted):
        return "red and blue are swapped (BGR): ours is RGB"
    ratio = _ratio(frames.astype(np.float64), wanted.astype(np.float64))
    if ratio is not None:
        return _factor_text(given, ratio)
    return f"off by up to {apart.max():.4g}, {apart.mean():.4g} on average, of the same sample"


def _ratio(yours: Array, wanted: Array) -> float | None:
    """The one factor between two arrays; None when there is none."""
    there = np.abs(wanted) > 1e-6
    if not there.any():
        return None
    ratio = float(np.median(yours[there] / wanted[there]))
    off = np.abs(yours - wanted * ratio).max()
    return ratio if ratio and off <= 0.01 * np.abs(wanted * ratio).max() else None


def _by_range(given: Feed, frames: Array) -> str:
    low, high = _ours(given)
    if len(given.shape) != 4:
        return _vector_text(given, frames, np.asarray(low), np.asarray(high))
    ours = max(abs(min(low)), abs(max(high)))
    yours = float(max(abs(float(frames.min())), abs(float(frames.max()))))
    if yours == 0.0:
        return "every value is zero"
    if ours > 1e20:
        return ""
    for factor in _factors(given):
        if 1 / _NEAR < yours / ours / factor < _NEAR:
            return _factor_text(given, factor)
    if yours > ours * _NEAR:
        return f"larger than ours by {yours / ours:.3g}"
    if yours < ours / 20:
        return f"smaller than ours by {ours / yours:.3g}"
    return ""


def _vector_text(given: Feed, frames: Array, low: Array, high: Array) -> str:
    flat = frames.reshape(len(frames), -1).astype(np.float64)
    if flat.shape[1] != low.size:
        low, high = np.resize(low, flat.shape[1]), np.resize(high, flat.shape[1])
    reach = np.maximum(high - low, 0.05)
    off = (flat < low - reach) | (flat > high + reach)
    out = []
    for index in np.flatnonzero(off.any(axis=0)):
        name = given.fields[index] if index < len(given.fields) else f"number {index}"
        out.append(
            f"{name} is {_span([flat[:, index].min()], [flat[:, index].max()])}, ours "
            f"{low[index]:.4g}..{high[index]:.4g}"
        )
    return "; ".join(out)


def _factors(given: Feed) -> list[float]:
    """Ratios between yours and ours that say what happened."""
    own = [given.feed_scale, 1 / given.feed_scale] if given.feed_scale != 1.0 else []
    return [*own, 1 / 255, 255.0, 1000.0, 1 / 1000, 1 / 6, 6.0]


def _factor_text(given: Feed, factor: float) -> str:
    words = f"yours is ours x {factor:.4g}"
    scale = given.feed_scale

    def near(value: float) -> bool:
        return abs(factor / value - 1) < 0.05

    if scale != 1.0 and near(scale):
        return f"{words}: scaled twice"
    if scale != 1.0 and near(1 / scale):
        return f"{words}: not scaled; ours is the sample x {scale:.4g}"
    if factor < 1:
        return f"{words}: divided by {1 / factor:.4g} although the model does that itself"
    return f"{words}: another unit, or a division is missing"


def _ours(given: Feed) -> tuple[list[float], list[float]]:
    """What we feed: seen in the samples, else physically possible."""
    seen = bool(given.seen_low)
    low = given.seen_low if seen else given.low or [-1e30]
    high = given.seen_high if seen else given.high or [1e30]
    scaled = [
        sorted((a * given.feed_scale, b * given.feed_scale)) for a, b in zip(low, high, strict=True)
    ]
    return [a for a, _ in scaled], [b for _, b in scaled]


def input_job(given: Feed) -> InputJob:
    """An input of a sheet as the worker takes it, without its bounds and fields."""
    shape = tuple(given.shape)
    if len(shape) == 4 and given.layout == "NHWC":
        shape = (shape[0], shape[3], shape[1], shape[2])
    return InputJob(
        name=given.name,
        array=given.array,
        shape=shape,
        layout=given.layout,
        dtype=given.dtype,
        feed_scale=given.feed_scale,
        net_scale=given.net_scale,
        sample_shape=tuple(given.sample_shape),
        sample_dtype=given.sample_dtype,
        low=(),
        high=(),
    )


def _span(low: list[float], high: list[float]) -> str:
    least, most = min(low), max(high)
    return "any" if most > 1e20 else f"{least:.4g}..{most:.4g}"


def _range_words(array: Array) -> str:
    if array.dtype.kind not in "uifb" or not array.size:
        return "?"
    return f"{array.min():.4g}..{array.max():.4g}"
