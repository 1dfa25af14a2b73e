"""Converting a model of this workspace: which samples, which limits, where the result goes."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rovertui.config import Config
from rovertui.conversion import layers, naming, questions, rare
from rovertui.conversion.elsewhere import Elsewhere
from rovertui.conversion.ladder import Climbed, climb
from rovertui.conversion.launch import Work, here
from rovertui.conversion.precheck import Checked
from rovertui.conversion.progress import STAGES as _STAGES
from rovertui.conversion.recipe import Origin, Request
from rovertui.conversion.run import Converted
from rovertui.errors import OperatorError
from rovertui.files import replace_link
from rovertui.operations import caring, checking, names, npu, toolkit
from rovertui.operations.checking import Chosen
from rovertui.operations.context import Context
from rovertui.operations.holding import held
from rovertui.processes import name_of

STAGES = list(_STAGES)
LAYER_STAGES = STAGES[: STAGES.index("verify") + 1]
_READ = 24


def convert_model(
    context: Context,
    model: str,
    precision: str = "",
    *,
    output: str = "",
    samples: str = "",
    link: bool = False,
) -> dict[str, Any]:
    """Convert ``model`` and measure the result on frames it was not calibrated on.

    Args:
        model: a name or training step in the models directory, or the path of an ONNX file.
        precision: instead of the configuration's; ``auto`` climbs, ``all`` builds every rung.
        output: a file to make instead of ``models/NAME_PRECISION.rknn``.
        samples: another directory of samples than the workspace's.
        link: make ``models/NAME.rknn`` a relative link to what was built.

    Returns:
        The figures of the rung to use, ``tried`` (those of every rung), ``worst`` (when none is
        within the limits: the worst frames and what to record), ``samples``, ``held_out``.

    Raises:
        OperatorError: no such model, no toolkit, no samples, a question that nobody answered,
            or what the conversion met.
    """
    config, workspace = context.config, context.workspace
    directory = workspace.models(config)
    source = names.onnx(directory, model)
    work = _workplace(context)
    asked = precision or config.conversion.precision
    if output and asked == "all":
        raise OperatorError(
            "--output names one file, and all precisions are several.",
            hint="Leave --output out: each is named after its precision.",
        )
    choosing = functools.partial(checking.choose, workspace, config, samples)
    with held(choosing, workspace.scratch) as chosen:
        if asked == "fp16":
            frames = len(chosen.checking.files)
            context.reporter.log(f"samples: {frames} for checking; fp16 needs none besides")
        else:
            context.reporter.log(f"samples: {chosen.calibration.text}")
        for note in chosen.calibration.notes:
            context.reporter.warning(f"{note}.")
        checked = _checked(context, source, asked, chosen)
        request = _request(context, source, checked, chosen, Path(output) if output else None)
        for rung, why in checked.left_out.items():
            context.reporter.log(f"{rung} is left out: {why}")
        done = climb(
            request,
            checked.rungs,
            work,
            workspace.scratch,
            context.reporter,
            lambda pid, started: context.on_child(name_of(pid)),
            every=asked == "all",
            axes=config.schema.axes,
        )
    context.on_child(None)
    for built in done.built if asked == "all" else [done.best]:
        npu.after_conversion(context, built.rknn)
    for line in done.worst:
        context.reporter.log(line)
    if link:
        _link(directory, source.stem, done.best.rknn, config)
    return _result(done, chosen)


def _workplace(context: Context) -> Work:
    """Where models are built: here, or on the V620.

    Raises:
        OperatorError: rknn-toolkit2 is to be used here and is not.
    """
    config = context.config
    build = config.conversion
    if build.where == "here":
        return here(toolkit.require(build.python), caring.care(config))
    name = f"the V620 {config.v620.host}"
    return Elsewhere(context.server_link, build.v620_python, build.v620_scratch, name)


def layers_of(context: Context, model: str, precision: str = "") -> dict[str, Any]:
    """The error of each layer of ``model`` in the simulator; nothing is put in place.

    Args:
        model: as for :func:`convert_model`, or a converted one: its checkpoint and precision.
        precision: a rung; empty or ``auto``: the one that ``auto`` begins with.

    Returns:
        See :meth:`rovertui.conversion.layers.Measured.as_dict`.

    Raises:
        OperatorError: as :func:`convert_model`.
    """
    config, workspace = context.config, context.workspace
    checkpoint, rung = naming.split(model) if "/" not in model else (model, "")
    source = names.onnx(workspace.models(config), checkpoint)
    work = _workplace(context)
    asked = precision or rung or config.conversion.precision
    choosing = functools.partial(checking.choose, workspace, config, "")
    with held(choosing, workspace.scratch) as chosen:
        checked = _checked(context, source, asked, chosen)
        request = _request(context, source, checked, chosen, None)
        found = layers.measure(
            replace(request, precision=checked.rungs[0]),
            work,
            workspace.scratch,
            context.reporter,
            lambda pid, started: context.on_child(name_of(pid)),
        )
    context.on_child(None)
    for line in layers.table(found):
        context.reporter.log(line)
    return found.as_dict()


def _checked(context: Context, source: Path, precision: str, chosen: Chosen) -> Checked:
    """The look before the build; what only a person can decide is asked, and asked once."""
    config, workspace = context.config, context.workspace

    def ask(text: str, choices: Sequence[str]) -> str | None:
        answer = context.ask(text, choices)
        context.reporter.check()
        return answer

    while True:
        checked = checking.check_model(workspace, config, source, precision, chosen, _READ)
        if not checking.settle(workspace, config, checked, ask):
            return checked


def _request(
    context: Context, source: Path, checked: Checked, chosen: Chosen, output: Path | None
) -> Request:
    config, workspace = context.config, context.workspace
    files = (*chosen.calibration.files, *chosen.checking.files)
    return Request(
        model=source,
        schema_name=config.capture.schema,
        schema=questions.apply(config.schema, checked.decided),
        precision=config.conversion.precision,
        target=config.conversion.target,
        threads=config.conversion.threads,
        limits=config.limits,
        calibration=chosen.calibration.files,
        check=chosen.checking.files,
        directory=workspace.models(config),
        output=output,
        rover=config.rover,
        origins={
            file.path: Origin(file.source, file.camera, file.site, file.taken)
            for file in chosen.calibration.files
        },
        conditions=rare.conditions(
            config.schema.axes, {file.path: file.features for file in files}
        ),
        answers=[f"{key} = {made.text}" for key, made in checked.decided.items()],
        built_on=f"{config.rover.name} ({platform.machine()})",
    )


def _link(directory: Path, checkpoint: str, built: Path, config: Config) -> None:
    """``NAME.rknn`` -> what was built: the name that the guide's scripts look for.

    Raises:
        OperatorError: there is a file of that name, or it is the live link's.
    """
    path = directory / f"{checkpoint}.rknn"
    if path.name == config.node.link or (path.exists() and not path.is_symlink()):
        raise OperatorError(
            f"{path.name}: is not a link of ours, and is left as it is; the model is {built.name}.",
            hint="Move it away if it is not needed.",
        )
    replace_link(path, os.path.relpath(built, directory))


def _result(done: Climbed, chosen: Chosen) -> dict[str, Any]:
    return {
        **_figures(done.best),
        "text": done.text,
        "tried": [_figures(one) for one in done.built],
        "worst": list(done.worst),
        "samples": len(chosen.calibration.files),
        "held_out": len(chosen.checking.files),
    }


def _figures(done: Converted) -> dict[str, Any]:
    return {**done.as_dict(), "model": done.rknn.stem, "path": str(done.rknn)}
