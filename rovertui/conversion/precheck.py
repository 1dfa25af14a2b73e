"""What can be told of a conversion before it is begun, in seconds and without the toolkit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rovertui.called import called
from rovertui.config import Rover, Rung
from rovertui.conversion import contract, memory, outputs, questions, ranges
from rovertui.conversion.contract import Contract
from rovertui.conversion.points import Point
from rovertui.conversion.questions import Decision, Question
from rovertui.conversion.ranges import Doubt, Range, Seen
from rovertui.conversion.sheet import Output
from rovertui.errors import OperatorError
from rovertui.schema import Schema
from rovertui.text import clean, size

Verdict = Literal["ok", "ask", "refused"]


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Attributes:
    verdict: ``ask`` when nothing stands against it but an answer of the operator.
    code: of the first reason, a stable word.
    reasons: why it is not ``ok``, a sentence each.
    questions: what has to be answered first.
    rungs: what would be tried, in order.
    left_out: rungs that this model cannot have, and why.
    warnings: what an operator should know besides.
    """

    found: Contract
    schema: Schema
    verdict: Verdict
    code: str
    reasons: tuple[str, ...]
    questions: tuple[Question, ...]
    rungs: tuple[Rung, ...]
    left_out: Mapping[str, str]
    outputs: tuple[Output, ...]
    seen: Seen
    decided: Mapping[str, Decision]
    warnings: tuple[str, ...]

    def inputs(self) -> list[dict[str, Any]]:
        """A row an input: its three points, the range in the set, and a verdict."""
        rows = [self._row(point) for point in self.found.inputs]
        known = {point.name for point in self.found.inputs}
        for problem in self.found.problems:
            if problem.where and problem.where not in known:
                known.add(problem.where)
                rows.append(
                    {
                        "name": problem.where,
                        "verdict": "ask" if problem.code == "ask" else "refused",
                        "text": problem.message,
                    }
                )
        return rows

    def _row(self, point: Point) -> dict[str, Any]:
        asked = [q for q in self.questions if q.key.split(".")[0] == point.entry]
        decided = {
            key: made.text
            for key, made in self.decided.items()
            if key.startswith(f"{point.entry}.")
        }
        stated = Range(point.low, point.high)
        found = self.seen.ranges.get(point.name)
        return {
            "name": point.name,
            "array": point.array,
            "by_shape": point.by_shape,
            "sample": {
                "dtype": point.sample_dtype,
                "shape": list(point.sample_shape),
                "unit": point.unit,
                "range": _ends(stated, 1.0),
            },
            "feed": {
                "dtype": point.dtype,
                "shape": list(point.feed_shape),
                "scale": point.feed_scale,
                "range": _ends(stated, point.feed_scale),
            },
            "net": {"scale": point.net_scale, "range": _ends(stated, point.net_scale)},
            "seen": found and {"low": list(found.low), "high": list(found.high)},
            "fields": list(point.fields),
            "decided": decided,
            "verdict": "ask" if asked else "ok",
            "text": " ".join(question.text for question in asked),
        }


def check(
    model: Path,
    schema_name: str,
    schema: Schema,
    precision: str,
    *,
    rover: Rover,
    decided: Mapping[str, Decision],
    calibration: Sequence[Path],
    checking: Sequence[Path],
    read: Sequence[Path],
    doubted: Mapping[str, str],
    free_memory: int | None = None,
    runtime: tuple[str, str] = ("", ""),
) -> Checked:
    """Hold a model, a schema and a set against one another.

    Never raises for what is wrong with them.

    Args:
        precision: ``auto``, ``all`` or a rung.
        decided: answers of the operator for this schema.
        read: the samples to be read for their ranges.
        doubted: array -> why the set makes one doubt what its numbers mean.
        free_memory: bytes available for a conversion; None where that is not known.
        runtime: versions of the NPU's runtime on this machine and of the toolkit; "" unknown.
    """
    schema = questions.apply(schema, decided)
    found = contract.inspect(model, schema_name, schema)
    against, rungs, left_out = _rungs(found, precision)
    asked = [
        questions.about_scale(problem.entry, schema, ranges.claim(found.metadata, problem.where)[0])
        for problem in found.problems
        if problem.code == "ask"
    ]
    seen = ranges.look(read, found.inputs)
    if seen.bad:
        text = f"{len(seen.bad)} of {len(read)} samples cannot be used, the first: {seen.bad[0][1]}"
        against.append(("sample", text))
    for point in found.inputs:
        doubts = ranges.doubts(point, seen.ranges.get(point.name))
        if point.array in doubted:
            doubts.append(Doubt("meaning", doubted[point.array]))
        for doubt in [*ranges.contradiction(point, found.metadata), *doubts]:
            if f"{point.entry}.{doubt.kind}" not in decided:
                asked.append(questions.about_doubt(point.entry, doubt))
    if not calibration and any(rung != "fp16" for rung in rungs):
        text = (
            f"There are no calibration samples of schema {schema_name}, and {rungs[0]} needs them."
        )
        command = f"`{called()} convert {clean(model.stem, 100)} --precision fp16`"
        hint = f"Record some with `{called()} capture on`, or convert without any: {command}."
        against.append(("no-samples", f"{text} {hint}"))
    against += [
        ("memory", text)
        for text in memory.reasons(found.inputs, len(calibration), rungs, free_memory)
    ]
    warnings = list(found.notes)
    if not checking:
        warnings.append("There are no frames for checking: the error will not be measured.")
    warnings += [contract.UNCONFIRMED[rung] for rung in rungs[:1] if rung in contract.UNCONFIRMED]
    warnings += _runtime(*runtime)
    reasons = [*against, *(("ask", question.text) for question in asked)]
    return Checked(
        found=found,
        schema=schema,
        verdict="refused" if against else "ask" if asked else "ok",
        code=reasons[0][0] if reasons else "",
        reasons=tuple(dict.fromkeys(text for _, text in reasons)),
        questions=tuple(asked),
        rungs=tuple(rungs),
        left_out=left_out,
        outputs=tuple(outputs.describe(found.outputs, schema, rover)),
        seen=seen,
        decided=decided,
        warnings=tuple(warnings),
    )


def _rungs(
    found: Contract, precision: str
) -> tuple[list[tuple[str, str]], list[Rung], dict[str, str]]:
    """Why nothing can be built (codes and sentences), or the rungs to try."""
    if found.problems:
        told = [(p.code, f"{p.message} {p.hint}".strip()) for p in found.problems]
        return [(code, text) for code, text in told if code != "ask"], [], {}
    try:
        rungs, left_out = found.ladder(precision)
    except OperatorError as error:
        return [(error.code, error.sentence())], [], {}
    if not rungs:
        return [("precision", text) for text in left_out.values()], [], left_out
    return [], rungs, left_out


def _runtime(there: str, toolkit: str) -> list[str]:
    if there and toolkit and older(there, toolkit):
        return [
            f"The NPU's runtime here is {clean(there, 20)}, the toolkit {clean(toolkit, 20)}: a "
            "model of a newer toolkit may not load. Install the runtime of the same version."
        ]
    return []


def older(there: str, toolkit: str) -> bool:
    """Whether a runtime is of an earlier minor version than the toolkit."""

    def parts(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())

    return parts(there) < parts(toolkit)


def _ends(stated: Range, scale: float) -> list[float] | None:
    low, high = stated.scaled(scale)
    return None if max(abs(low), abs(high)) > 1e20 * abs(scale) else [low, high]


def as_dict(checked: Checked) -> dict[str, Any]:
    """What ``rovertui convert MODEL --check --json`` prints of the model and its inputs."""
    found = checked.found
    return {
        "model": clean(found.model.name, 200),
        "verdict": checked.verdict,
        "reasons": list(checked.reasons),
        "questions": [
            {"key": question.key, "text": question.text, "choices": question.words}
            for question in checked.questions
        ],
        "warnings": list(checked.warnings),
        "schema": found.schema,
        "opset": found.opset,
        "bytes": found.bytes,
        "metadata": dict(found.metadata),
        "inputs": checked.inputs(),
        "outputs": [
            {
                "name": output.name,
                "shape": output.shape,
                "use": output.use,
                "after": output.after,
                "numbers": [
                    {"name": entry.name, "unit": entry.unit, "scale": entry.scale}
                    for entry in output.numbers
                ],
            }
            for output in checked.outputs
        ],
        "precisions": list(checked.rungs),
        "left_out": dict(checked.left_out),
        "float16_path": [list(pair) for pair in (*found.hybrid, *found.finer)],
    }


def table(checked: Checked) -> list[str]:
    """The same for a person, a line an input and an output."""
    found = checked.found
    lines = [
        f"{clean(found.model.name, 120)}: {size(found.bytes)}, opset {found.opset}, schema "
        f"{found.schema}"
    ]
    rows = [("", "on file", "node gives", "net was trained on", "in the set", "")]
    for row in checked.inputs():
        if "sample" not in row:
            rows.append((row["name"], "?", "?", "?", "?", row["verdict"].upper()))
            continue
        sample, feed, net = row["sample"], row["feed"], row["net"]
        seen = row["seen"]
        seen_text = _span([min(seen["low"]), max(seen["high"])]) if seen else "none"
        name = row["name"] + (f" = {row['array']}" if row["array"] != row["name"] else "")
        rows.append(
            (
                name,
                f"{sample['dtype']} {_span(sample['range'])} {sample['unit']}".strip(),
                f"{feed['dtype']} {_shape(feed['shape'])} x{feed['scale']:.4g}",
                f"x{net['scale']:.4g} {_span(net['range'])}".strip(),
                seen_text,
                row["verdict"] if row["verdict"] == "ok" else row["verdict"].upper(),
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines += [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    for output in checked.outputs:
        numbers = ", ".join(
            f"{entry.name} 1.0 = {entry.scale:g} {entry.unit}".strip() for entry in output.numbers
        )
        after = {"none": "", "clip": ", clipped to -1..1", "tanh": ", tanh"}[output.after]
        lines.append(f"  -> {output.name}: {output.use}{after}{f'; {numbers}' if numbers else ''}")
    if checked.rungs:
        lines.append(f"  precision: {', then '.join(checked.rungs)}")
    if checked.rungs and "hybrid" in checked.rungs:
        paths = [f"{a} to {b}" for a, b in found.hybrid]
        paths += [f"pooling of {clean(a, 80)} to {b}" for a, b in found.pooled]
        paths += [f"first convolution of {clean(name, 80)}" for name, _ in found.firsts]
        lines.append(f"  hybrid keeps in float16: {', '.join(paths)}")
    return lines


def _span(ends: list[float] | None) -> str:
    return f"{ends[0]:.4g}..{ends[1]:.4g}" if ends else ""


def _shape(shape: list[int]) -> str:
    return ",".join(str(size) for size in shape)
