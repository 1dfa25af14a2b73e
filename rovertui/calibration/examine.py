"""What one file in a set is: usable in a schema, of another schema, or bad, and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from numpy.typing import NDArray

from rovertui.calibration.features import Features
from rovertui.calibration.problems import Header, Problem, fault, misfit
from rovertui.calibration.sample import BadSample, SampleFile, Stamp, opened
from rovertui.schema import Schema
from rovertui.text import clean


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a file.

    Attributes:
        state: ``usable`` (fits ``schema`` in every respect), ``other`` (readable, of a schema
            that is not configured, or of several alike), ``bad``.
        schema: name of the schema, or the arrays in words where it is not configured.
        reason: a stable word for ``bad`` and ``other``; ``problem`` says it in words.
        stamp: None for a file that another program wrote.
        features: see :class:`rovertui.calibration.features.Features`; for usable files.
    """

    state: Literal["usable", "other", "bad"]
    schema: str = ""
    reason: str = ""
    problem: str = ""
    stamp: Stamp | None = None
    features: dict[str, float] = {}


def examine(path: Path, schemas: Mapping[str, Schema]) -> Verdict:
    """Read a file once and judge it. Never raises for what is in the file."""
    try:
        with opened(path) as sample:
            return _examine(sample, schemas)
    except BadSample as error:
        return _bad(error.problem)


def _examine(sample: SampleFile, schemas: Mapping[str, Schema]) -> Verdict:
    stamp = sample.stamp()
    headers = sample.headers()
    if stamp is not None:
        return _stamped(sample, headers, stamp, schemas)
    misfits = {name: misfit(headers, schema) for name, schema in schemas.items()}
    fitting = [name for name, problem in misfits.items() if problem is None]
    if not fitting:
        objects = next((p for p in misfits.values() if p and p.code == "object"), None)
        if objects is not None:
            return _bad(objects)
        nearest = next(iter(misfits.values()), None)
        return Verdict(
            state="other",
            schema=_in_words(headers),
            reason=nearest.code if nearest else "missing",
            problem=nearest.sentence if nearest else "no schema is configured",
        )
    verdicts = [_judge(sample, name, schemas[name], None) for name in fitting]
    usable = [verdict for verdict in verdicts if verdict.state == "usable"]
    if len(usable) > 1:
        names = " and ".join(verdict.schema for verdict in usable)
        return Verdict(
            state="other",
            schema=f"{names}: not stamped",
            reason="ambiguous",
            problem=f"not stamped, and fits {names} alike: only one of them may stand in "
            "config.toml for it to be used",
        )
    return usable[0] if usable else verdicts[0]


def _stamped(
    sample: SampleFile,
    headers: Mapping[str, Header],
    stamp: Stamp,
    schemas: Mapping[str, Schema],
) -> Verdict:
    schema = schemas.get(stamp.schema)
    if schema is None:
        return Verdict(
            state="other",
            schema=stamp.schema,
            reason="schema",
            problem=f"stamped {stamp.schema}, which config.toml does not describe",
            stamp=stamp,
        )
    problem = misfit(headers, schema)
    if problem is not None:
        return _bad(problem, stamp.schema, stamp)
    return _judge(sample, stamp.schema, schema, stamp)


def _judge(sample: SampleFile, name: str, schema: Schema, stamp: Stamp | None) -> Verdict:
    try:
        arrays: dict[str, NDArray[Any]] = {key: sample.array(key) for key in schema.arrays}
    except BadSample as error:
        return _bad(error.problem, name, stamp)
    problem = fault(arrays, schema)
    if problem is not None:
        return _bad(problem, name, stamp)
    features = Features(schema).measure(arrays)
    return Verdict(state="usable", schema=name, stamp=stamp, features=features)


def _bad(problem: Problem, schema: str = "", stamp: Stamp | None = None) -> Verdict:
    return Verdict(
        state="bad", schema=schema, reason=problem.code, problem=problem.sentence, stamp=stamp
    )


def _in_words(headers: Mapping[str, Header]) -> str:
    parts = []
    for name, header in sorted(headers.items())[:8]:
        sizes = "x".join(map(str, header.shape)) or "1"
        parts.append(f"{clean(name, 40)} {sizes} {clean(str(header.dtype), 40)}")
    return ", ".join(parts) or "no arrays"
