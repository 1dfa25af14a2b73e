"""Converting a model of this workspace: which samples, which limits, where the result goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rovertui.calibration.choice import calibration_files, check_files
from rovertui.conversion.progress import STAGES as _STAGES
from rovertui.conversion.recipe import Request
from rovertui.conversion.run import convert
from rovertui.errors import OperatorError
from rovertui.operations import toolkit
from rovertui.operations.context import Context
from rovertui.processes import name_of

STAGES = list(_STAGES)


def convert_model(
    context: Context,
    model: str,
    precision: str = "",
    *,
    output: str = "",
    samples: str = "",
) -> dict[str, Any]:
    """Convert ``model`` and measure the result on frames it was not calibrated on.

    Args:
        model: a name in the models directory, or the path of an ONNX file.
        precision: instead of the configuration's.
        output: a file to make instead of ``models/NAME_PRECISION.rknn``.
        samples: another directory of samples than the workspace's.

    Raises:
        OperatorError: no such model, no toolkit, no samples, or what the conversion met.
    """
    config, workspace = context.config, context.workspace
    source = _onnx(workspace.models(config), model)
    python = toolkit.require(config.conversion.python)
    directory = Path(samples) if samples else workspace.samples(config)
    chosen = calibration_files(directory, config, kept=workspace.kept)
    checking = check_files(directory, config, kept=workspace.kept)
    context.reporter.log(f"samples: {chosen.text}")
    request = Request(
        model=source,
        schema_name=config.capture.schema,
        schema=config.schema,
        precision=precision or config.conversion.precision,
        target=config.conversion.target,
        threads=config.conversion.threads,
        limits=config.limits,
        calibration=chosen.files,
        check=checking.files,
        directory=workspace.models(config),
        output=Path(output) if output else None,
    )
    done = convert(
        request,
        python,
        workspace.scratch,
        context.reporter,
        lambda pid, started: context.on_child(name_of(pid)),
    )
    context.on_child(None)
    figures = done.as_dict()
    return {
        **figures,
        "model": done.rknn.stem,
        "path": str(done.rknn),
        "samples": len(chosen.files),
        "held_out": len(checking.files),
    }


def _onnx(models: Path, model: str) -> Path:
    if "/" in model:
        path = Path(model)
    else:
        path = models / (model if model.endswith(".onnx") else f"{model}.onnx")
    if not path.is_file():
        there = sorted(found.stem for found in models.glob("*.onnx"))
        raise OperatorError(
            f"There is no ONNX model {path}.",
            hint=f"Here are: {', '.join(there[-5:]) or 'none; pull one first'}.",
            code="missing",
        )
    return path
