"""One conversion from request to a model with its sheet in the models directory."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rovertui import __version__
from rovertui.config import Rung
from rovertui.conversion import contract, header, naming, outputs, placing, recipe, report
from rovertui.conversion.contract import Contract
from rovertui.conversion.launch import OnStart, Work, here
from rovertui.conversion.points import Point
from rovertui.conversion.progress import STAGES
from rovertui.conversion.rare import Conditions
from rovertui.conversion.recipe import Origin, Request
from rovertui.conversion.sheet import (
    FORMAT,
    Calibration,
    Check,
    Feed,
    FrameError,
    LimitsUsed,
    OutputError,
    SampleName,
    Sheet,
)
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.reporter import Reporter
from rovertui.text import clean, size
from rovertui.worker.job import BUILDS, MARKER


@dataclass(frozen=True)
class Converted:
    """A finished conversion.

    Attributes:
        text: size, error and strength in one line.
        seconds: by stage.
    """

    rknn: Path
    sheet_path: Path
    sheet: Sheet
    grade: str
    text: str
    seconds: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """What ``--json`` prints of a conversion."""
        sheet = self.sheet
        return {
            "model": self.rknn.name,
            "checkpoint": sheet.checkpoint,
            "precision": sheet.precision,
            "onnx_bytes": sheet.onnx_bytes,
            "rknn_bytes": sheet.rknn_bytes,
            "ratio": sheet.rknn_bytes / sheet.onnx_bytes,
            "error": sheet.check
            and {
                "mean": sheet.check.mean,
                "max": sheet.check.max,
                "over_limit": sheet.check.over_limit,
            },
            "frames": sheet.check.frames if sheet.check else 0,
            "within": sheet.within,
            "reasons": sheet.reasons,
            "strength": sheet.strength,
            "grade": self.grade,
            "simulated": sheet.simulated,
            "seconds": self.seconds,
            "text": self.text,
        }


def stages(precision: str = "auto", *, checked: bool = True) -> list[str]:
    """The stages to expect, for a job's plan."""
    left_out = {"quantize"} if precision == "fp16" else set()
    return [s for s in STAGES if s not in left_out and (checked or s != "verify")]


def convert(
    request: Request,
    python: Path | Work,
    scratch: Path,
    reporter: Reporter,
    on_start: OnStart | None = None,
) -> Converted:
    """Check, build, verify and put in place; blocks for seconds to minutes.

    Args:
        python: of the environment with rknn-toolkit2; or what runs the job instead.
        scratch: a directory in which one is made for this conversion and removed at its end.

    Raises:
        OperatorError: and the models directory is as it was.
        Cancelled: likewise, within a second of being asked.
    """
    reporter.stage("check", request.model.name)
    found = contract.inspect(request.model, request.schema_name, request.schema)
    rung = found.rung(request.precision)
    checkpoint = request.model.stem
    target = request.output or naming.rknn_path(request.directory, checkpoint, rung)
    placing.check_output(target)
    for note in found.notes:
        reporter.log(note)
    if rung in contract.UNCONFIRMED:
        reporter.warning(contract.UNCONFIRMED[rung])
    if not request.check:
        reporter.warning("There are no frames for checking: the error will not be measured.")
    scratch.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="convert-", dir=scratch))
    try:
        job = recipe.job(found, rung, request, own)
        work = here(python) if isinstance(python, Path) else python
        result, seconds = work(job, own, reporter, on_start)
        reporter.check()
        built = own / job["output"]
        _check_header(built, rung, request.target, found)
        converted = _place(request, found, rung, target, built, result, seconds)
    finally:
        shutil.rmtree(own, ignore_errors=True)
    reporter.log(converted.text)
    return converted


def _check_header(built: Path, rung: Rung, target: str, found: Contract) -> None:
    """A build is only believed when the file says of itself what was asked for."""
    if not built.is_file() or not built.stat().st_size:
        raise OperatorError("The conversion reported success but left no model.", code="toolkit")
    marked = header.note(built, MARKER)
    if marked is None or marked.get("onnx") != found.sha256 or marked.get("precision") != rung:
        raise OperatorError(
            "The model that was built does not carry the mark of this conversion.",
            hint="Try again; if it stays, this version of rknn-toolkit2 is not supported.",
            code="header",
        )
    read = header.read(built)
    if read is None:
        raise OperatorError(
            "The model that was built has a header that cannot be read.",
            hint="This version of rknn-toolkit2 may write another format.",
            code="header",
        )
    targets = [entry.lower() for entry in read.targets]
    if target.lower() not in targets:
        raise OperatorError(
            f"The model was built for {clean(', '.join(read.targets))}, expected {target}.",
            code="header",
        )
    if not _is_rung(read, rung, found):
        raise OperatorError(
            f"{rung} was asked for, but the model's inputs and outputs are {read.precision}.",
            hint="Nothing was put in place; convert with another precision.",
            code="header",
        )


def _is_rung(read: header.Header, rung: Rung, found: Contract) -> bool:
    kinds = {name: kind for name, _, kind in read.inputs}
    if rung == "fp16":
        return read.precision == "fp16"
    kind = BUILDS[rung].inputs
    if kind is not None:
        return set(kinds.values()) == {kind}
    float16 = {source for source, _ in found.hybrid}
    # First convolutions are left out where the toolkit cannot keep them in float16.
    rest = set(kinds) - float16 - {source for source, _ in found.firsts}
    return (
        bool(rest)
        and all(kinds[name] == "int8" for name in rest)
        and all(kinds.get(name) == "" for name in float16)
    )


def _place(
    request: Request,
    found: Contract,
    rung: Rung,
    target: Path,
    built: Path,
    result: dict[str, Any],
    seconds: dict[str, float],
) -> Converted:
    used = request.calibration if rung != "fp16" else ()
    strong = report.strength(used, request.check, request.limits)
    verdict = report.judge(result["check"], request.limits)
    golden = built.with_name(result["golden"]) if result["golden"] else None
    sheet = Sheet(
        format=FORMAT,
        checkpoint=found.model.stem,
        precision=rung,
        target=request.target,
        toolkit=clean(str(result["toolkit"]), 80),
        onnx_sha256=found.sha256,
        onnx_bytes=found.bytes,
        rknn_sha256=sha256_of(built),
        rknn_bytes=built.stat().st_size,
        inputs=[_feed(point, *result["seen"][point.name]) for point in found.inputs],
        outputs=outputs.describe(
            [(o["name"], o["shape"]) for o in result["outputs"]], request.schema, request.rover
        ),
        calibration=Calibration(
            schema=found.schema,
            sha256=result["data_sha256"],
            sessions=sorted({sample.session for sample in used}),
            samples=[SampleName(**entry) for entry in result["calibration"]],
            **_origins([request.origins.get(sample.path, Origin()) for sample in used]),
        ),
        check=_check(result["check"], strong, request),
        limits=LimitsUsed(
            mean=request.limits.mean,
            largest=request.limits.largest,
            over=request.limits.over,
            share_over=request.limits.share_over,
            frames=request.limits.frames,
        ),
        within=verdict.within,
        reasons=list(verdict.reasons),
        strength=strong.text,
        simulated=any(sample.simulated for sample in (*used, *request.check)),
        created=time.time(),
        program=__version__,
        golden=SampleName(name=naming.golden_path(target).name, sha256=sha256_of(golden))
        if golden
        else None,
        answers=list(request.answers),
        built_on=clean(str(result.get("built_on") or request.built_on), 120),
    )
    path = placing.put_in_place(built, target, sheet, golden)
    ratio = sheet.rknn_bytes / sheet.onnx_bytes
    text = f"{target.name}: {size(sheet.rknn_bytes)} ({ratio:.2f} of the ONNX), "
    text += report.line(result["check"], verdict, strong)
    return Converted(target, path, sheet, strong.grade, text, seconds)


def _feed(point: Point, seen_low: list[float], seen_high: list[float]) -> Feed:
    return Feed(
        name=point.name,
        array=point.array,
        layout=point.layout,
        dtype=point.dtype,
        shape=list(point.feed_shape),
        data_format="nchw" if point.layout == "NCHW" else "nhwc",
        feed_scale=point.feed_scale,
        net_scale=point.net_scale,
        sample_shape=list(point.sample_shape),
        sample_dtype=point.sample_dtype,
        fields=list(point.fields),
        low=list(point.low),
        high=list(point.high),
        seen_low=seen_low,
        seen_high=seen_high,
    )


def _origins(every: list[Origin]) -> dict[str, Any]:
    """What the sheet says of where its samples come from."""
    return {
        "sources": sorted({origin.source for origin in every if origin.source}),
        "cameras": sorted({origin.camera for origin in every if origin.camera}),
        "sites": sorted({origin.site for origin in every if origin.site}),
        "taken": max((origin.taken for origin in every), default=0.0),
    }


def _check(
    figures: dict[str, Any] | None, strong: report.Strength, request: Request
) -> Check | None:
    if figures is None:
        return None
    paths = {sample.path.name: sample.path for sample in request.check}
    met = {name: request.conditions.get(path) for name, path in paths.items()}
    return Check(
        frames=figures["frames"],
        sessions=strong.sessions,
        blocks=strong.blocks,
        mean=figures["mean"],
        max=figures["largest"],
        over=figures["over"],
        over_limit=figures["share_over"],
        outputs=[
            OutputError(
                name=output["name"],
                mean=output["mean"],
                max=output["largest"],
                over_limit=output["share_over"],
                bias=output["bias"],
            )
            for output in figures["outputs"]
        ],
        by_frame=[_frame(frame, met.get(frame["name"])) for frame in figures["by_frame"]],
    )


def _frame(figures: dict[str, Any], conditions: Conditions | None) -> FrameError:
    if conditions is None:
        return FrameError(**figures)
    return FrameError(**figures, conditions=dict(conditions.values), rare=list(conditions.rare))
