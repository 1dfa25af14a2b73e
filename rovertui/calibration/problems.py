"""What can be wrong with a sample, each said in its own sentence.

The same checks serve the gate before writing and the reading of files, so that nothing is
written that would not be read again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rovertui.schema import Array, Schema
from rovertui.text import clean

Code = Literal[
    "unreadable",
    "truncated",
    "missing",
    "shape",
    "dtype",
    "object",
    "nan",
    "zero",
    "range",
    "stamp",
]
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why arrays cannot be used: a stable word for programs, a sentence for people."""

    code: Code
    sentence: str


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of one array before its values are read."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def headers_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Header]:
    return {name: Header(array.shape, array.dtype) for name, array in arrays.items()}


def misfit(headers: Mapping[str, Header], schema: Schema) -> Problem | None:
    """Why arrays of these shapes and types are not of ``schema``; None when they are."""
    for name, array in schema.arrays.items():
        found = headers.get(name)
        if found is None:
            there = ", ".join(clean(key, 40) for key in sorted(headers)) or "nothing"
            return Problem("missing", f"{name}: missing; the file holds {there}")
        if found.dtype.hasobject:
            return Problem("object", f"{name}: holds Python objects, which are never loaded")
        if found.shape != tuple(array.shape):
            return Problem("shape", f"{name}: shape {found.shape}, wanted {tuple(array.shape)}")
        if found.dtype != np.dtype(array.dtype):
            return Problem("dtype", f"{name}: {found.dtype} values, wanted {array.dtype}")
    return None


def fault(arrays: Mapping[str, NDArray[Any]], schema: Schema) -> Problem | None:
    """What is wrong with the values of arrays that have the schema's shapes and types."""
    for name, array in schema.arrays.items():
        problem = _fault(name, arrays[name], array)
        if problem is not None:
            return problem
    return None


def _fault(name: str, values: NDArray[Any], array: Array) -> Problem | None:
    if values.size == 0:
        return None
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        count = int(values.size - np.count_nonzero(np.isfinite(values)))
        return Problem("nan", f"{name}: {count} of {values.size} values are NaN or infinite")
    if low == high == 0.0:
        return Problem("zero", f"{name}: every value is zero")
    if _outside(low, high, array.low, array.high):
        return Problem(
            "range",
            f"{name}: values from {low:g} to {high:g} {array.unit}".rstrip()
            + f", possible are {array.low:g} to {array.high:g}",
        )
    for field, value in zip(array.fields, values.ravel(), strict=False):
        if _outside(float(value), float(value), field.low, field.high):
            return Problem(
                "range",
                f"{name}.{field.name}: {float(value):g} {field.unit}".rstrip()
                + f", possible are {field.low:g} to {field.high:g}",
            )
    return None


def _outside(low: float, high: float, lowest: float, highest: float) -> bool:
    return low < lowest - _ROUNDING * abs(lowest) or high > highest + _ROUNDING * abs(highest)
