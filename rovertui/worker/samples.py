"""Opening samples and carrying their arrays to what the node feeds and what the network wants."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .failure import Failure
from .job import InputJob

Array = NDArray[Any]
_UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    OverflowError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_SLACK = 1e-3


def open_sample(path: Path, inputs: Sequence[InputJob]) -> dict[str, Array]:
    """Read the arrays that ``inputs`` need from one file and check each.

    The toolkit would take wrong units in silence, abort on one Inf and never name the file.

    Returns:
        array name -> array, as in the file.

    Raises:
        Failure: naming file and array: unreadable, absent, wrong shape or type, not finite,
            outside its physical range, an image that is all zero.
    """
    out: dict[str, Array] = {}
    try:
        file = np.load(path, allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise _bad(path, "expected an .npz of named arrays, found a single array")
        with file:
            names = set(file.files)
            if len(names) != len(file.files):
                raise _bad(path, "holds the same array twice")
            for given in inputs:
                if given.array not in names:
                    raise _bad(path, f"no array {given.array!r}; it has {', '.join(sorted(names))}")
                if given.array not in out:
                    out[given.array] = file[given.array]
    except _UNREADABLE as error:
        raise _bad(path, f"cannot be read: {str(error) or type(error).__name__}") from None
    for given in inputs:
        _check(path, given, out[given.array])
    return out


def _bad(path: Path, reason: str) -> Failure:
    return Failure(
        f"{path.name}: {reason}.",
        hint="Move that file out of the set, or record it again.",
        code="sample",
        where=str(path),
    )


def _check(path: Path, given: InputJob, array: Array) -> None:
    name = given.array
    if array.shape != given.sample_shape:
        raise _bad(path, f"{name}: expected shape {given.sample_shape}, found {array.shape}")
    if array.dtype != np.dtype(given.sample_dtype):
        raise _bad(path, f"{name}: expected {given.sample_dtype}, found {array.dtype}")
    if not np.isfinite(array).all():
        count = int(array.size - np.isfinite(array).sum())
        raise _bad(path, f"{name}: {count} of its {array.size} values are NaN or infinite")
    if array.ndim >= 2 and not array.any():
        raise _bad(path, f"{name}: all values are zero, as from a sensor that gave nothing")
    low, high = np.asarray(given.low), np.asarray(given.high)
    slack = _SLACK * np.maximum(1.0, np.maximum(np.abs(low), np.abs(high)))
    least, most = (array, array) if low.size > 1 else (array.min(), array.max())
    if (least < low - slack).any() or (most > high + slack).any():
        raise _bad(path, f"{name}: {_outside(given, array, low, high)}")


def _outside(given: InputJob, array: Array, low: Array, high: Array) -> str:
    if low.size > 1:
        index = int(np.argmax((array < low) | (array > high)))
        name = given.field(index)
        return f"{name} is {array[index]:g}, expected {low[index]:g} to {high[index]:g}"
    return (
        f"values from {array.min():g} to {array.max():g}, expected {low.item():g} to "
        f"{high.item():g}"
    )


class Seen:
    """The least and greatest over a set of samples: of an image as a whole, of a vector's each."""

    def __init__(self, inputs: Sequence[InputJob]) -> None:
        self._inputs = list(inputs)
        self._least: dict[str, Array] = {}
        self._most: dict[str, Array] = {}
        self.count = 0

    def add(self, arrays: dict[str, Array]) -> None:
        self.count += 1
        for given in {given.array: given for given in self._inputs}.values():
            name, array = given.array, arrays[given.array]
            least, most = (array.min(), array.max()) if given.is_image else (array, array)
            self._least[name] = np.minimum(self._least.get(name, least), least)
            self._most[name] = np.maximum(self._most.get(name, most), most)

    def range(self, given: InputJob) -> tuple[list[float], list[float]]:
        """Least and greatest of an input's array as the files hold it; one each of a vector."""
        if given.array not in self._least:
            return [], []
        sides = (self._least[given.array], self._most[given.array])
        low, high = ([float(value) for value in np.ravel(side)] for side in sides)
        return low, high

    def warnings(self) -> list[str]:
        """Numbers that never change: a dead sensor looks like that, and gives no range."""
        out = []
        vectors = [given for given in self._inputs if not given.is_image]
        for given in vectors if self.count > 1 else ():
            least = self._least[given.array].ravel()
            still = np.flatnonzero(least == self._most[given.array].ravel())
            words = ", ".join(f"{given.field(int(i))} ({least[i]:g})" for i in still)
            if words:
                out.append(
                    f"{given.array}: the same in all {self.count} calibration samples: {words}. "
                    "A dead sensor looks like that."
                )
        return out


def channels_first(array: Array, given: InputJob) -> Array:
    """A sample's array as (1, C, H, W), or as the batch of one that the network's shape says.

    Raises:
        Failure: the array cannot be read as that shape.
    """
    view: Array
    if not given.is_image:
        view = array.reshape(given.shape)
        return view
    _, channels, height, width = given.shape
    as_hwc, as_chw = (height, width, channels), (channels, height, width)
    if array.shape == as_chw and (as_chw != as_hwc or given.layout == "NCHW"):
        view = array[np.newaxis]
        return view
    if array.shape == as_hwc:
        view = array.transpose(2, 0, 1)[np.newaxis]
        return view
    if channels == 1 and array.shape == (height, width):
        view = array[np.newaxis, np.newaxis]
        return view
    raise Failure(
        f"Input {given.name}: an array of shape {array.shape} cannot be read as {given.shape}.",
        code="shape",
        where=given.name,
    )


def fits(sample_shape: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether :func:`channels_first` can read such an array as such an input."""
    if len(shape) != 4:
        return sample_shape in (shape, shape[1:])
    _, channels, height, width = shape
    if sample_shape == (height, width):
        return channels == 1
    return sample_shape in ((height, width, channels), (channels, height, width))


def feed_channels_first(array: Array, given: InputJob) -> Array:
    """What the node feeds, still as (1, C, H, W): the form of the toolkit's calibration files."""
    first = channels_first(array, given)
    scaled = first
    if given.feed_scale != 1.0:
        scaled = first.astype(np.float32) * np.float32(given.feed_scale)
    if given.dtype == "uint8" and scaled.dtype != np.uint8:
        rounded = np.rint(scaled)
        if rounded.min() < 0 or rounded.max() > 255:
            raise Failure(
                f"Input {given.name}: the node is said to feed uint8, but sample x feed_scale "
                f"reaches {scaled.min():g} to {scaled.max():g}.",
                hint="Correct feed_scale or dtype of that input in config.toml.",
                code="points",
                where=given.name,
            )
        scaled = rounded
    return np.ascontiguousarray(scaled, dtype=given.dtype)


def feed(array: Array, given: InputJob) -> Array:
    """What the node on the rover hands to ``inference()``: its layout, dtype and scale."""
    first = feed_channels_first(array, given)
    if given.is_image and given.layout == "NHWC":
        first = first.transpose(0, 2, 3, 1)
    fed: Array = np.ascontiguousarray(first)
    return fed


def net(array: Array, given: InputJob) -> Array:
    """What training fed to the network: float32, channels first."""
    first = channels_first(array, given).astype(np.float32)
    return np.ascontiguousarray(first * np.float32(given.net_scale))
