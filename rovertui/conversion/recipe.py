"""From a contract and chosen samples to the job that the worker reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from rovertui.called import called
from rovertui.config import Limits, Rover, Rung
from rovertui.conversion.contract import Contract
from rovertui.conversion.points import Point
from rovertui.conversion.rare import Conditions
from rovertui.errors import OperatorError
from rovertui.schema import Schema
from rovertui.worker.job import FORMAT, InputJob


class Sample(Protocol):
    """A chosen sample; ``session`` is empty and ``block`` None where the file has no stamp."""

    @property
    def path(self) -> Path: ...
    @property
    def session(self) -> str: ...
    @property
    def block(self) -> int | None: ...
    @property
    def simulated(self) -> bool: ...


@dataclass(frozen=True)
class Origin:
    """Where a sample comes from, as its stamp says; empty where it does not."""

    source: str = ""
    camera: str = ""
    site: str = ""
    taken: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Request:
    """One conversion as it was asked for.

    Attributes:
        precision: ``auto`` or a rung.
        output: the file to make; its sheet lies beside it. None: named after model and rung.
        directory: where models lie.
        rover: what the numbers of an output mean in wheel units.
        origins: where samples come from, by path.
        conditions: what frames for checking were like.
        answers: what an operator decided for the inputs, in words, for the sheet.
        built_on: what this machine is called, for the sheet.
    """

    model: Path
    schema_name: str
    schema: Schema
    precision: str
    target: str
    threads: int
    limits: Limits
    calibration: Sequence[Sample]
    check: Sequence[Sample]
    directory: Path
    output: Path | None = None
    rover: Rover = field(default_factory=Rover)
    origins: Mapping[Path, Origin] = field(default_factory=dict)
    conditions: Mapping[Path, Conditions] = field(default_factory=dict)
    answers: Sequence[str] = ()
    built_on: str = ""


def job(contract: Contract, rung: Rung, request: Request, scratch: Path) -> dict[str, Any]:
    """The worker's job as plain data.

    Raises:
        OperatorError: samples are needed and there are none, or they are of two kinds.
    """
    if rung != "fp16" and not request.calibration:
        raise OperatorError(
            f"There are no calibration samples of schema {request.schema_name}, and {rung} needs "
            "them.",
            hint=f"Record some with `{called()} capture on`, or ask for --precision fp16.",
            code="no-samples",
        )
    kinds = {sample.simulated for sample in (*request.calibration, *request.check)}
    if len(kinds) > 1:
        raise OperatorError(
            "The chosen samples are partly simulated and partly real.",
            hint="Choose a directory that holds only one kind.",
            code="mixed-samples",
        )
    return {
        "format": FORMAT,
        "model": str(contract.model.resolve()),
        "model_sha256": contract.sha256,
        "scratch": str(scratch.resolve()),
        "output": "model.rknn",
        "precision": rung,
        "target": request.target,
        "threads": request.threads,
        "inputs": [asdict(input_job(point)) for point in contract.inputs],
        "hybrid": [list(pair) for pair in contract.hybrid] if rung == "hybrid" else [],
        "finer": [list(pair) for pair in contract.finer] if rung == "hybrid" else [],
        "calibration": [str(sample.path.resolve()) for sample in request.calibration],
        "check": [str(sample.path.resolve()) for sample in request.check],
        "over": request.limits.over,
        "note": "simulated" if kinds == {True} else "",
    }


def input_job(point: Point) -> InputJob:
    """An input as the worker knows it: what the two share in reading and carrying samples."""
    return InputJob(
        name=point.name,
        array=point.array,
        shape=point.shape,
        layout=point.layout,
        dtype=point.dtype,
        feed_scale=point.feed_scale,
        net_scale=point.net_scale,
        sample_shape=point.sample_shape,
        sample_dtype=point.sample_dtype,
        low=point.low,
        high=point.high,
        fields=point.fields,
    )
