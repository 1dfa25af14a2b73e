"""One input at its three points: sample, feed and net, joined or refused in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rovertui.schema import Array, Input, Schema, number
from rovertui.text import clean
from rovertui.worker.network import Tensor


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a model cannot be converted: a sentence, what to do, and what it is about.

    Attributes:
        where: an input or output of the model.
        entry: an input of the schema.
    """

    message: str
    hint: str
    code: str
    where: str = ""
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One input at its three points, all known.

    Attributes:
        entry: its name in the schema's inputs; another than its own where found ``by_shape``.
        shape: of the network's input with batch 1.
        layout, dtype, feed_scale: of what the node feeds.
        net_scale: from the file's values to what training fed.
        low, high: physical limits, one or one for each number.
        fields: names of the numbers of a vector, where the schema gives them.
    """

    name: str
    entry: str
    array: str
    shape: tuple[int, ...]
    layout: Literal["NHWC", "NCHW", "flat"]
    dtype: Literal["uint8", "float32"]
    feed_scale: float
    net_scale: float
    sample_shape: tuple[int, ...]
    sample_dtype: Literal["uint8", "float32"]
    low: tuple[float, ...]
    high: tuple[float, ...]
    fields: tuple[str, ...] = ()
    unit: str = ""
    by_shape: bool = False

    @property
    def is_image(self) -> bool:
        return len(self.shape) == 4

    @property
    def scaled(self) -> bool:
        """Whether feed and net differ."""
        return abs(self.net_scale / self.feed_scale - 1.0) > 1e-9

    @property
    def feed_shape(self) -> tuple[int, ...]:
        """Shape of what the node feeds, batch included."""
        if self.is_image and self.layout == "NHWC":
            batch, channels, height, width = self.shape
            return (batch, height, width, channels)
        return self.shape


def join(
    tensor: Tensor, schema_name: str, schema: Schema, entry: str, *, by_shape: bool = False
) -> Point | list[Problem]:
    """An input of the network with its entry in the schema, or why the two do not fit.

    Args:
        entry: its name in the schema's inputs.
        by_shape: whether it was found by its shape alone.
    """
    name = clean(tensor.name, 80)
    given = schema.inputs[entry]
    array = schema.arrays[given.array]
    key = f"schemas.{schema_name}.inputs.{entry}"
    found = _shape_problems(tensor, given, array, key)
    found += _scale_problems(name, given, array, key, entry)
    if found:
        return found
    low, high = _range(array)
    return Point(
        name=tensor.name,
        entry=entry,
        by_shape=by_shape,
        array=given.array,
        shape=tensor.fixed,
        layout=given.layout,
        dtype=given.dtype,
        feed_scale=number(given.feed_scale),
        net_scale=number(given.net_scale),
        sample_shape=tuple(array.shape),
        sample_dtype=array.dtype,
        low=low,
        high=high,
        fields=tuple(field.name for field in array.fields),
        unit=array.unit,
    )


def _shape_problems(tensor: Tensor, given: Input, array: Array, key: str) -> list[Problem]:
    from rovertui.worker.samples import fits

    words, name = clean(tensor.words(), 200), clean(tensor.name, 80)
    if not fits(tuple(array.shape), tensor.fixed):
        return [
            Problem(
                f"Input {words}: array {given.array} of the schema has shape "
                f"{tuple(array.shape)}, which is not that input's.",
                "The model was trained for other samples: choose its schema, or correct "
                f"{key}.array.",
                "shape",
                name,
            )
        ]
    wanted = "NHWC or NCHW" if tensor.is_image else "flat"
    if (given.layout == "flat") is tensor.is_image:
        return [
            Problem(
                f"Input {words}: expected layout {wanted}, found {given.layout}.",
                f"Correct {key}.layout in config.toml.",
                "points",
                name,
            )
        ]
    if not tensor.is_image and given.dtype != "float32":
        return [
            Problem(
                f"Input {words}: the node must feed a vector as float32, found {given.dtype}.",
                f"Correct {key}.dtype in config.toml.",
                "points",
                name,
            )
        ]
    return []


def _scale_problems(name: str, given: Input, array: Array, key: str, entry: str) -> list[Problem]:
    if given.net_scale == "ask":
        unit = f"in {array.unit} as the file has them" if array.unit else "as the file has them"
        return [
            Problem(
                f"Input {name}: nobody has said yet what training fed to it.",
                f'Set {key}.net_scale in config.toml: "1" if it was trained on values {unit}, '
                f'"{given.feed_scale}" if on what the node feeds (sample x {given.feed_scale}).',
                "ask",
                name,
                entry,
            )
        ]
    out = []
    for label in ("feed_scale", "net_scale"):
        try:
            usable = number(getattr(given, label)) != 0
        except (ValueError, ZeroDivisionError):
            usable = False
        if not usable:
            out.append(
                Problem(
                    f"Input {name}: {label} is {clean(getattr(given, label), 40)!r}, expected a "
                    "number other than 0.",
                    f"Correct {key}.{label} in config.toml.",
                    "points",
                    name,
                )
            )
    return out


def _range(array: Array) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if array.fields and array.shape == [len(array.fields)]:
        return (
            tuple(float(entry.low) for entry in array.fields),
            tuple(float(entry.high) for entry in array.fields),
        )
    return (float(array.low),), (float(array.high),)
