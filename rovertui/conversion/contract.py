"""The three points of every input, joined before anything is built; or why they cannot be.

sample -> feed: layout, dtype, feed_scale. feed -> net: mean and std for inputs of four axes, a
multiplication in the graph for others, which INT8 cannot carry. Where the points do not meet,
a sentence says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rovertui.config import RUNGS, Rung
from rovertui.conversion.mapping import match
from rovertui.conversion.points import Point, Problem, join
from rovertui.errors import OperatorError
from rovertui.schema import Schema
from rovertui.text import clean
from rovertui.worker import graph, model_file, network, pooling, supported
from rovertui.worker.failure import Failure

_FIRST_SHARE = 0.01
UNCONFIRMED = {
    "int16": "int16 was measured in the simulator only: that the NPU of an rk3588 runs it, and "
    "takes its inputs as float32, has not been confirmed on a board."
}


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What a model needs, held against a schema.

    Attributes:
        sha256, bytes: of the model with all its weights, those in files beside it as well.
        inputs: in the model's order; complete only without ``problems``.
        outputs: names and shapes (None: not fixed).
        hybrid: vector inputs and the outputs they reach, between which hybrid is float16.
        pooled: planes that are averaged as a whole and the outputs they reach, likewise.
        firsts: images that the node feeds as float32 and the ends of their first convolutions,
            likewise.
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
    pooled: tuple[tuple[str, str], ...] = ()
    firsts: tuple[tuple[str, str], ...] = ()
    mixed: tuple[str, ...] = ()
    default: Rung = "int8"
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def finer(self) -> tuple[tuple[str, str], ...]:
        """What hybrid keeps in float16 besides, where it can be had."""
        return (*self.pooled, *self.firsts)

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

    def ladder(self, asked: str) -> tuple[list[Rung], dict[str, str]]:
        """The rungs to try in order for ``asked``, and why others are left out.

        ``auto`` begins at the default rung and climbs; ``all`` is every rung that the model can
        have; a rung is itself.

        Raises:
            OperatorError: as :meth:`rung`.
        """
        if asked not in ("auto", "all"):
            return [self.rung(asked)], {}
        if self.problems:
            self.rung("auto")
        first = 0 if asked == "all" else RUNGS.index(self.default)
        against = {rung: self._against(rung) for rung in RUNGS[first:]}
        rungs = [rung for rung, problems in against.items() if not problems]
        return rungs, {rung: found[0].message for rung, found in against.items() if found}

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
        loaded = model_file.read(model)
        sha256, size = model_file.fingerprint(model)
    except Failure as failure:
        size = model.stat().st_size if model.is_file() else 0
        return Contract(
            model=model, sha256="", bytes=size, schema=schema_name, problems=(_problem(failure),)
        )
    facts = network.facts(loaded)
    problems = [_problem(failure) for failure in supported.problems(facts)]
    broken = {problem.where for problem in problems}
    points: list[Point] = []
    entries = match(facts, schema_name, schema)
    for tensor in facts.inputs:
        if tensor.name in broken:
            continue
        mapped = entries[tensor.name]
        if isinstance(mapped, Problem):
            problems.append(mapped)
            continue
        joined = join(tensor, schema_name, schema, mapped.key, by_shape=mapped.by_shape)
        if isinstance(joined, Point):
            points.append(joined)
        else:
            problems += joined
    hybrid, mixed = _float16_paths(loaded, facts)
    return Contract(
        model=model,
        sha256=sha256,
        bytes=size,
        schema=schema_name,
        opset=facts.opset,
        metadata={clean(key, 80): clean(value, 400) for key, value in facts.metadata.items()},
        inputs=tuple(points),
        outputs=tuple((tensor.name, _sizes(tensor)) for tensor in facts.outputs),
        hybrid=tuple(hybrid),
        pooled=tuple(_pooled(loaded, facts)) if hybrid else (),
        firsts=tuple(_firsts(loaded, points)) if hybrid else (),
        mixed=tuple(mixed),
        default=_default(loaded, hybrid, mixed),
        problems=tuple(problems),
        notes=tuple(_notes(facts, schema, mixed, points)),
    )


def _problem(failure: Failure) -> Problem:
    return Problem(
        clean(failure.message), clean(failure.hint), failure.code, clean(failure.where, 200)
    )


def _sizes(tensor: network.Tensor) -> tuple[int | None, ...]:
    sizes = [size if isinstance(size, int) else None for size in tensor.shape]
    return (1, *sizes[1:]) if sizes else ()


def _float16_paths(loaded: Any, facts: network.Facts) -> tuple[list[tuple[str, str]], list[str]]:
    """Ways of vector inputs to outputs without a convolution, and the inputs that meet one."""
    pairs: list[tuple[str, str]] = []
    mixed: list[str] = []
    for tensor in facts.inputs:
        if tensor.is_image:
            continue
        for output in facts.outputs:
            nodes = graph.path(loaded, tensor.name, output.name)
            if graph.convolutions(nodes):
                mixed.append(tensor.name)
                break
            if nodes:
                pairs.append((tensor.name, output.name))
    return pairs, mixed


def _pooled(loaded: Any, facts: network.Facts) -> list[tuple[str, str]]:
    """Planes averaged as a whole on their way to an output, with no convolution after that."""
    planes = dict.fromkeys(pooling.planes(loaded))
    plain = {output.name: graph.plain_sources(loaded, output.name) for output in facts.outputs}
    return [
        (plane, name) for plane in planes for name, sources in plain.items() if plane in sources
    ]


def _firsts(loaded: Any, points: Sequence[Point]) -> list[tuple[str, str]]:
    """First convolutions of images that INT8 would round to 256 steps before anything else.

    An image of uint8 has no more steps than that, so nothing is lost on it. On the demo policy
    this leaves 0.85 of hybrid's error, for a hundredth of its size (depth, 400 weights). One image
    stays in INT8: by it the file itself can be told from one that is float16 throughout.
    """
    pairs: list[tuple[str, str]] = []
    for point in points:
        if point.is_image and point.dtype == "float32":
            end = graph.first_convolution(loaded, point.name, _FIRST_SHARE)
            if end:
                pairs.append((point.name, end))
    return pairs if len(pairs) < sum(point.is_image for point in points) else []


def _default(loaded: Any, hybrid: list[tuple[str, str]], mixed: list[str]) -> Rung:
    if not hybrid or mixed:
        return "int8"
    return "hybrid" if graph.convolutions(loaded.graph.node) else "fp16"


def _notes(
    facts: network.Facts, schema: Schema, mixed: list[str], points: list[Point]
) -> list[str]:
    notes = [
        f"Input {clean(point.name, 80)} was taken for {point.entry} of the schema by its shape."
        for point in points
        if point.by_shape
    ]
    used = {point.entry for point in points} | {tensor.name for tensor in facts.inputs}
    unused = [name for name in schema.inputs if name not in used]
    if unused:
        notes.append(f"The model does not use {', '.join(unused)} of its schema.")
    if mixed:
        notes.append(
            f"{clean(', '.join(mixed), 200)} meets a convolution on its way to the outputs, so "
            "hybrid is of no use; in int8 one scale serves all its numbers."
        )
    return notes
