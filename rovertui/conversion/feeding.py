"""The model sheet as code: ``feed(...)`` in numpy, for the node on the rover.

What is printed does to a sample exactly what :func:`rovertui.worker.samples.feed` does to it, with
which every model is measured; a test holds the two against each other.
"""

from __future__ import annotations

import keyword

from rovertui.conversion.sheet import Feed, Sheet
from rovertui.errors import OperatorError
from rovertui.text import clean

_CODE = '''\
"""feed() for {model}, written by rovertui from its model sheet.

RKNN sha256 {sha256}
"""

import numpy as np

# array, shape and type as taken; least, greatest; scale; axes; shape and type for inference()
INPUTS = {{
{inputs}
}}
DATA_FORMAT = {formats}


def feed({arguments}):
    """(inputs, data_format) for inference(inputs=..., data_format=...); ValueError says what."""
    given, inputs = {given}, []
    for name, (array, shape, dtype, low, high, scale, axes, to_shape, to_dtype) in INPUTS.items():
        value = given[array]
        if value is None:
            raise ValueError(f"{{name}}: {{array}} is None")
        value = np.asarray(value)
        if value.shape != shape or value.dtype != dtype:
            found = f"{{value.dtype}} {{value.shape}}"
            raise ValueError(f"{{name}}: expected {{array}} as {{dtype}} {{shape}}, got {{found}}")
        if not np.isfinite(value).all() or (value < low).any() or (value > high).any():
            found = f"{{value.min()}} to {{value.max()}}"
            raise ValueError(f"{{name}}: expected {{low}} to {{high}}, got {{found}}")
        if scale != 1.0:
            value = value.astype(np.float32) * np.float32(scale)
        if to_dtype == "uint8":
            value = np.rint(value)
        if axes:
            value = value.transpose(axes)
        inputs.append(np.ascontiguousarray(value.reshape(to_shape), dtype=to_dtype))
    return inputs, list(DATA_FORMAT)
'''
_SLACK = 1e-3


def python(sheet: Sheet, name: str) -> str:
    """A module of about thirty lines with ``feed(...)``; its arguments are the arrays' names.

    Raises:
        OperatorError: an array's name is none that Python could give to an argument.
    """
    arrays = list(dict.fromkeys(given.array for given in sheet.inputs))
    for array in arrays:
        if not array.isidentifier() or keyword.iskeyword(array):
            raise OperatorError(
                f"Array {clean(array, 80)!r} cannot be the name of an argument in Python.",
                hint="Rename it in config.toml and in the samples.",
            )
    lines = [f"    {given.name!r}: {_entry(given)!r}," for given in sheet.inputs]
    return _CODE.format(
        model=clean(name, 200),
        sha256=sheet.rknn_sha256,
        inputs="\n".join(lines),
        formats=tuple(given.data_format for given in sheet.inputs),
        arguments=", ".join(arrays),
        given="{" + ", ".join(f'"{array}": {array}' for array in arrays) + "}",
    )


def _entry(given: Feed) -> tuple[object, ...]:
    low, high = _limits(given)
    return (
        given.array,
        tuple(given.sample_shape),
        given.sample_dtype,
        low,
        high,
        given.feed_scale,
        _axes(given),
        tuple(given.shape),
        given.dtype,
    )


def _limits(given: Feed) -> tuple[list[float], list[float]]:
    """Physical limits with the slack that samples are read with; very wide where not stated."""
    low, high = given.low or [-1e30], given.high or [1e30]
    slack = [_SLACK * max(1.0, abs(a), abs(b)) for a, b in zip(low, high, strict=True)]
    return (
        [round(a - s, 6) for a, s in zip(low, slack, strict=True)],
        [round(b + s, 6) for b, s in zip(high, slack, strict=True)],
    )


def _axes(given: Feed) -> tuple[int, ...] | None:
    """How the sample's axes have to be turned for the feed; None where only the batch is new."""
    if len(given.shape) != 4 or len(given.sample_shape) != 3:
        return None
    if given.layout == "NHWC":
        _, height, width, channels = given.shape
    else:
        _, channels, height, width = given.shape
    sample = tuple(given.sample_shape)
    as_chw, as_hwc = (channels, height, width), (height, width, channels)
    first = sample == as_chw and (as_chw != as_hwc or given.layout == "NCHW")
    if given.layout == "NHWC":
        return (1, 2, 0) if first else None
    return None if first else (2, 0, 1)
