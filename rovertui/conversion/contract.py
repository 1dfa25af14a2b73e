"""The three points of every input, joined before anything is built; or why they cannot be.

sample -> feed: layout, dtype, feed_scale. feed -> net: mean and std for inputs of four axes, a
multiplication in the graph for others, which INT8 cannot carry. Where the points do not meet,
a sentence says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rovertui.config import Array, Input, Schema, number
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.text import clean
from rovertui.worker import graph
from rovertui.worker.failure import Failure

Rung = Literal["int8", "hybrid", "fp16"]
RUNGS: tuple[Rung, ...] = ("int8", "hybrid", "fp16")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a model cannot be converted: a sentence, what to do, and what it is about."""

    message: str
    hint: str
    code: str
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One input at its three points, all known.

    Attributes:
        shape: of the network's input with batch 1.
        layout, dtype, feed_scale: of what the node feeds.
        net_scale: from the file's values to what training fed.
        low, high: physical limits, one or one for each number.
        fields: names of the numbers of a vector, where the schema gives them.
    """

    name: str
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


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What a model needs, held against a schema.

    Attributes:
        inputs: in the model's order; complete only without ``problems``.
        outputs: names and shapes (None: not fixed).
        hybrid: pairs of tensors between which hybrid stays in float16.
        mixed: vector inputs that meet a convolution on their way to an output.
        default: the rung that ``auto`` means for this model.
        problems: all reasons against a conversion; empty when there are none.
        notes: what an operator should know besides.
    """

    model: Path
    sha256: str
    bytes: int
    schema: str
    opset: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Point, ...] = ()
    outputs: tuple[tuple[str, tuple[int | None, ...]], ...] = ()
    hybrid: tuple[tuple[str, str], ...] = ()
    mixed: tuple[str, ...] = ()
    default: Rung = "int8"
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def rung(self, asked: str) -> Rung:
        """The rung to build for ``asked`` (``auto`` or a rung).

        Raises:
            OperatorError: the model cannot be converted, or not to that rung, and why.
        """
        problems = list(self.problems)
        chosen = self.default if asked == "auto" else asked
        if not problems:
            problems = self._against(chosen)
        if problems:
            first, more = problems[0], len(problems) - 1
            also = f" ({more} more: {'; '.join(p.message for p in problems[1:])})" if more else ""
            raise OperatorError(first.message + also, hint=first.hint, code=first.code)
        return next(rung for rung in RUNGS if rung == chosen)

    def _against(self, rung: str) -> list[Problem]:
        if rung not in RUNGS:
            return [
                Problem(
                    f"Expected auto, {', '.join(RUNGS)} as precision, found {clean(rung, 40)!r}.",
                    "Correct --precision or [conversion] precision.",
                    "precision",
                )
            ]
        if rung == "hybrid":
            return self._against_hybrid()
        vectors = [p for p in self.inputs if not p.is_image and p.scaled]
        if rung == "int8" and vectors:
            return [
                Problem(
                    f"Input {p.name}: the node feeds sample x {p.feed_scale:g}, training fed "
                    f"sample x {p.net_scale:g}, and int8 cannot join the two for a vector.",
                    "Use hybrid or fp16, where a multiplication is put in front.",
                    "points",
                    p.name,
                )
                for p in vectors
            ]
        return []

    def _against_hybrid(self) -> list[Problem]:
        if self.mixed:
            return [
                Problem(
                    f"Hybrid keeps the way of {', '.join(self.mixed)} to the outputs in float16, "
                    "but convolutions lie on it: nearly all of the model would be float16.",
                    "Use int8 or fp16.",
                    "precision",
                )
            ]
        if not self.hybrid:
            return [
                Problem(
                    f"{self.model.name} has no vector input whose way to the outputs could stay "
                    "in float16.",
                    "Use int8 or fp16.",
                    "precision",
                )
            ]
        if self.default == "fp16":
            return [
                Problem(
                    f"{self.model.name} has no convolution: hybrid would leave nothing in int8.",
                    "Use fp16.",
                    "precision",
                )
            ]
        return []


def inspect(model: Path, schema_name: str, schema: Schema) -> Contract:
    """Read a model and join its inputs with a schema; takes a fraction of a second.

    Never raises for what is wrong with model or schema: that is in ``problems``.
    """
    try:
        network = graph.read(model)
    except Failure as failure:
        size = model.stat().st_size if model.is_file() else 0
        return Contract(
            model=model, sha256="", bytes=size, schema=schema_name, problems=(_problem(failure),)
        )
    facts = graph.facts(network)
    problems = [_problem(failure) for failure in graph.problems(facts)]
    broken = {problem.where for problem in problems}
    points: list[Point] = []
    for tensor in facts.inputs:
        if tensor.name in broken:
            continue
        joined = _join(tensor, schema_name, schema)
        if isinstance(joined, Point):
            points.append(joined)
        else:
            problems += joined
    hybrid, mixed = _float16_paths(network, facts)
    return Contract(
        model=model,
        sha256=sha256_of(model),
        bytes=model.stat().st_size,
        schema=schema_name,
        opset=facts.opset,
        metadata={clean(key, 80): clean(value, 400) for key, value in facts.metadata.items()},
        inputs=tuple(points),
        outputs=tuple((tensor.name, _sizes(tensor)) for tensor in facts.outputs),
        hybrid=tuple(hybrid),
        mixed=tuple(mixed),
        default=_default(network, hybrid, mixed),
        problems=tuple(problems),
        notes=tuple(_notes(facts, schema, mixed)),
    )


def _problem(failure: Failure) -> Problem:
    return Problem(
        clean(failure.message), clean(failure.hint), failure.code, clean(failure.where, 200)
    )


def _sizes(tensor: graph.Tensor) -> tuple[int | None, ...]:
    sizes = [size if isinstance(size, int) else None for size in tensor.shape]
    return (1, *sizes[1:]) if sizes else ()


def _join(tensor: graph.Tensor, schema_name: str, schema: Schema) -> Point | list[Problem]:
    name = clean(tensor.name, 80)
    given = schema.inputs.get(tensor.name)
    if given is None:
        known = ", ".join(schema.inputs) or "none"
        return [
            Problem(
                f"Input {clean(tensor.words(), 200)}: schema {schema_name} has no such input "
                f"(it has {known}).",
                f"Add [schemas.{schema_name}.inputs.{name}] to config.toml, or choose the schema "
                "this model was trained for.",
                "inputs",
                name,
            )
        ]
    array = schema.arrays[given.array]
    key = f"schemas.{schema_name}.inputs.{name}"
    found = _shape_problems(tensor, given, array, key) + _scale_problems(name, given, array, key)
    if found:
        return found
    low, high = _range(array)
    return Point(
        name=tensor.name,
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
        fields=tuple(entry.name for entry in array.fields),
    )


def _shape_problems(tensor: graph.Tensor, given: Input, array: Array, key: str) -> list[Problem]:
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


def _scale_problems(name: str, given: Input, array: Array, key: str) -> list[Problem]:
    if given.net_scale == "ask":
        unit = f"in {array.unit} as the file has them" if array.unit else "as the file has them"
        return [
            Problem(
                f"Input {name}: nobody has said yet what training fed to it.",
                f'Set {key}.net_scale in config.toml: "1" if it was trained on values {unit}, '
                f'"{given.feed_scale}" if on what the node feeds (sample x {given.feed_scale}).',
                "ask",
                name,
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


def _float16_paths(network: Any, facts: graph.Facts) -> tuple[list[tuple[str, str]], list[str]]:
    """Ways of vector inputs to outputs without a convolution, and the inputs that meet one."""
    pairs: list[tuple[str, str]] = []
    mixed: list[str] = []
    for tensor in facts.inputs:
        if tensor.is_image:
            continue
        for output in facts.outputs:
            nodes = graph.path(network, tensor.name, output.name)
            if graph.convolutions(nodes):
                mixed.append(tensor.name)
                break
            if nodes:
                pairs.append((tensor.name, output.name))
    return pairs, mixed


def _default(network: Any, hybrid: list[tuple[str, str]], mixed: list[str]) -> Rung:
    if not hybrid or mixed:
        return "int8"
    return "hybrid" if graph.convolutions(network.graph.node) else "fp16"


def _notes(facts: graph.Facts, schema: Schema, mixed: list[str]) -> list[str]:
    notes = []
    used = {tensor.name for tensor in facts.inputs}
    unused = [name for name in schema.inputs if name not in used]
    if unused:
        notes.append(f"The model does not use {', '.join(unused)} of its schema.")
    if mixed:
        notes.append(
            f"{clean(', '.join(mixed), 200)} meets a convolution on its way to the outputs, so "
            "hybrid is of no use; in int8 one scale serves all its numbers."
        )
    return notes
