"""A model's golden frames on an NPU, in a process of its own, and what that was worth."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from rovertui.conversion import feeding, naming, precheck
from rovertui.conversion import sheet as sheets
from rovertui.conversion.launch import OnStart, run_worker
from rovertui.conversion.sheet import NpuCheck, Sheet
from rovertui.conversion.task import NPU
from rovertui.errors import OperatorError
from rovertui.files import sha256_of, write_whole
from rovertui.reporter import Reporter
from rovertui.text import clean

RUNS, SECONDS = 50, 10.0
"""Timed runs, and the seconds after which no further one is begun."""

_OURS = ("no-npu", "job", "no-toolkit", "system", "memory")


@dataclass(frozen=True)
class Runner:
    """Where a model can be run.

    Attributes:
        python: one that can import rknnlite.
        paths: directories in which rknnlite and NumPy lie, beyond that Python's own.
        runtime: version of the NPU's runtime; empty where it does not say.
        rover: whose NPU it is.
        stand_in: there is no NPU; what comes out is not to be taken for a measurement.
    """

    python: Path
    paths: tuple[str, ...] = ()
    runtime: str = ""
    rover: str = ""
    stand_in: bool = False


def check(
    rknn: Path,
    runner: Runner,
    scratch: Path,
    reporter: Reporter,
    *,
    motion: Literal["still", "moving", "unknown"],
    apart: float,
    on_start: OnStart | None = None,
) -> NpuCheck:
    """Run the golden frames of ``rknn`` and note the result in its sheet.

    Args:
        scratch: a directory in which one is made for this check and removed at its end.
        motion: of the rover now.
        apart: how far an output may be from the simulator's.

    Returns:
        What was found; ``problem`` is empty when the model may go into service.

    Raises:
        OperatorError: nothing was found out: no sheet, no frames, no rknnlite.
        Cancelled: the operator asked for it.
    """
    model = sheets.load(rknn)
    golden = _golden(rknn, model)
    scratch.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="npu-", dir=scratch))
    try:
        feed = own / "feed.py"
        feed.write_text(feeding.python(model, rknn.stem), encoding="utf-8")
        job = {
            "format": 1,
            "model": str(rknn.resolve()),
            "feed": str(feed),
            "golden": str(golden.resolve()),
            "paths": list(runner.paths),
            "over": apart,
            "runs": RUNS,
            "seconds": SECONDS,
        }
        frame = NpuCheck(
            when=time.time(),
            rover=runner.rover,
            runtime=runner.runtime,
            motion=motion,
            stand_in=runner.stand_in,
        )
        try:
            result, _ = run_worker(job, runner.python, own, reporter, on_start, task=NPU)
        except OperatorError as error:
            if error.code in _OURS:
                raise
            problem = f"{error.message}{_too_old(runner.runtime, model.toolkit)}"
            found = msgspec.structs.replace(frame, problem=clean(problem, 400))
        else:
            found = _found(frame, result, apart)
    finally:
        shutil.rmtree(own, ignore_errors=True)
    _note(rknn, model, found)
    return found


def _too_old(runtime: str, toolkit: str) -> str:
    """What may be behind any failure, where it is so."""
    if not runtime or not precheck.older(runtime, toolkit):
        return ""
    return (
        f" The NPU's runtime here is {clean(runtime, 20)}, the model was built by toolkit "
        f"{clean(toolkit, 20)}: install the runtime of that version."
    )


def _golden(rknn: Path, model: Sheet) -> Path:
    golden = naming.golden_path(rknn)
    if model.golden is None or not golden.is_file():
        raise OperatorError(
            f"{rknn.stem}: there are no golden frames to run.",
            hint="Convert it again with frames for checking: that writes them.",
            code="no-golden",
        )
    if sha256_of(golden) != model.golden.sha256:
        raise OperatorError(
            f"{golden.name} is not the file that the model sheet names.",
            hint="Convert the model again: that writes both.",
            code="no-golden",
        )
    return golden


def _found(frame: NpuCheck, result: dict[str, Any], apart: float) -> NpuCheck:
    simulator, reference = result["against_simulator"], result["against_float"]
    problem = ""
    if simulator["largest"] > apart:
        problem = (
            f"on the NPU it is off by {simulator['largest']:.3f} from the simulator, more than "
            f"{apart:g}"
        )
    return msgspec.structs.replace(
        frame,
        frames=reference["frames"],
        mean=reference["mean"],
        largest=reference["largest"],
        apart=simulator["largest"],
        runs=len(result["ms"]),
        ms_mean=sum(result["ms"]) / len(result["ms"]),
        ms_p95=percentile(result["ms"], 0.95),
        lite=clean(str(result["lite"]), 40),
        problem=problem,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The least of ``values`` that ``share`` of them do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -(-int(share * 1000) * len(ranked) // 1000) - 1)]


def _note(rknn: Path, model: Sheet, found: NpuCheck) -> None:
    """Into the sheet, unless another model has taken the name meanwhile."""
    if sheets.load(rknn).rknn_sha256 == model.rknn_sha256:
        noted = msgspec.structs.replace(sheets.load(rknn), npu=found)
        write_whole(sheets.sheet_path(rknn), sheets.encode(noted))


def still_holds(model: Sheet, runner: Runner) -> bool:
    """Whether the sheet has a good check of this very rover and runtime."""
    npu = model.npu
    return (
        npu is not None
        and not npu.problem
        and (npu.rover, npu.runtime, npu.stand_in)
        == (runner.rover, runner.runtime, runner.stand_in)
    )


_WHERE = {"still": "parked", "moving": "WHILE DRIVING", "unknown": "motion not known"}


def words(found: NpuCheck) -> str:
    """A check in one line."""
    who = "stand-in, NOT AN NPU" if found.stand_in else "NPU"
    if found.problem:
        return f"{who}: FAILED: {clean(found.problem, 300)}"
    return (
        f"{who}: off by {found.mean:.4f} mean, {found.largest:.3f} most on {found.frames} golden "
        f"frames ({found.apart:.3f} from the simulator); {found.ms_mean:.1f} ms mean, "
        f"{found.ms_p95:.1f} ms p95 of {found.runs} runs, {_WHERE[found.motion]}"
    )
