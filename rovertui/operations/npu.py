"""Running a model's golden frames on this rover's NPU: when asked, and before it goes live."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

import rovertui
from rovertui.config import Config
from rovertui.conversion import npu, precheck
from rovertui.conversion import sheet as sheets
from rovertui.conversion.npu import Runner
from rovertui.conversion.sheet import NpuCheck, Sheet
from rovertui.deployment.place import Proof
from rovertui.errors import OperatorError
from rovertui.files import at_home
from rovertui.machine.npu import runtime as runtime_of
from rovertui.machine.read import Root
from rovertui.operations import names, toolkit
from rovertui.operations.context import Context
from rovertui.processes import name_of
from rovertui.reporter import Part, Reporter
from rovertui.text import clean

STAGE = "npu"
STAGES = [STAGE]
_STAND_IN = Path(rovertui.__file__).parent / "demo" / "stand_in_npu"
_SYSTEM = "/usr/bin/python3"
_PATIENCE = 20.0

# Not isolated: a package installed with `pip install --user` is one that the node has too.
_FIND = (
    "import importlib.util as u, pathlib as p; "
    "print(*dict.fromkeys(str(p.Path(s.origin).parents[1]) for n in ('rknnlite', 'numpy') "
    "if (s := u.find_spec(n)) or n == 'rknnlite'), sep='\\n')"
)


def present(config: Config, root: Root | None = None) -> bool:
    """Whether there is an NPU, or in a simulation its stand-in; found out at once."""
    if config.npu.stand_in:
        return True
    root = root or Root()
    return bool(
        root.glob("sys/class/devfreq/*npu*")
        or root.line("sys/module/rknpu/version")
        or root.line("sys/kernel/debug/rknpu/version")
    )


def refusal(config: Config) -> str:
    """Why no model can be run on an NPU here; empty when one can be tried."""
    if present(config):
        return ""
    more = ""
    if config.simulated:
        more = " (npu.stand_in = true in config.toml shows what it would look like)"
    return f"There is no NPU here{more}."


def find(config: Config, root: Root | None = None) -> Runner:
    """Where models can be run on the NPU; tries the Pythons that may have rknnlite.

    Raises:
        OperatorError: there is no NPU, or none of them has it.
    """
    named = at_home(config.npu.python) if config.npu.python else None
    if config.npu.stand_in:
        python = named or Path(sys.executable)
        return Runner(python, (str(_STAND_IN),), "", config.rover.name, stand_in=True)
    root = root or Root()
    if not present(config, root):
        raise OperatorError("There is no NPU here.", code="no-npu")
    ours = toolkit.python(config.conversion.python)
    candidates = [named] if named else [Path(_SYSTEM), *([ours] if ours else [])]
    for python in candidates:
        paths = _rknnlite(python)
        if paths:
            return Runner(python, paths, runtime_of(root), config.rover.name)
    tried = ", ".join(str(python) for python in candidates)
    raise OperatorError(
        f"There is an NPU, but rknn-toolkit-lite2 is not installed for {clean(tried, 200)}.",
        hint="pip install rknn-toolkit-lite2 there, or set npu.python.",
        code="no-npu",
    )


def _rknnlite(python: Path) -> tuple[str, ...]:
    """Directories in which that Python finds rknnlite and NumPy; none where it does not."""
    try:
        done = subprocess.run(
            [str(python), "-E", "-c", _FIND],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(done.stdout.split("\n")[:-1]) if done.returncode == 0 else ()


def check_model(context: Context, model: str) -> dict[str, Any]:
    """Run the golden frames of ``model`` (NAME_PRECISION, or a checkpoint or step with one).

    Returns:
        ``text``, ``model``, ``npu`` (the sheet's part).

    Raises:
        OperatorError: no such model, no NPU, or it may not go into service (code ``npu``).
    """
    context.reporter.stage(STAGE, clean(model, 200))
    models = context.workspace.models(context.config)
    name = names.one_converted(models, model)
    rknn = models / f"{name}.rknn"
    found = _run(context, rknn, sheets.load(rknn), find(context.config), context.reporter)
    if found.problem:
        raise OperatorError(
            f"{name}: {npu.words(found)}.",
            hint="It was noted in the model sheet; the job's log has what the NPU's runtime said.",
            code="npu",
        )
    return {
        "text": f"{name}: {npu.words(found)}.",
        "model": name,
        "npu": msgspec.to_builtins(found),
    }


def after_conversion(context: Context, rknn: Path) -> NpuCheck | None:
    """Run a model that was just built, where that is wanted and possible; never fails for it."""
    runner = _wanted(context)
    if runner is None:
        return None
    try:
        return _run(context, rknn, sheets.load(rknn), runner, _part(context.reporter, runner))
    except OperatorError as error:
        context.reporter.warning(f"Not checked on the NPU: {error.sentence()}")
        return None


def proof(context: Context) -> Proof | None:
    """For a deployment: why a model may not go live by what the NPU made of it, or nothing."""
    runner = _wanted(context)
    if runner is None:
        return None

    def prove(rknn: Path, reporter: Reporter) -> str:
        found = sheets.load(rknn)
        if npu.still_holds(found, runner) and found.npu is not None:
            reporter.log(f"Measured here before: {npu.words(found.npu)}.")
            return ""
        if found.golden is None:
            reporter.warning("Not checked on the NPU: the model has no golden frames.")
            return ""
        done = _run(context, rknn, found, runner, _part(reporter, runner))
        return f"{rknn.stem}: {npu.words(done)}" if done.problem else ""

    return prove


def _part(reporter: Reporter, runner: Runner) -> Part:
    return Part(reporter, STAGE, "a stand-in, no NPU" if runner.stand_in else "golden frames")


def _wanted(context: Context) -> Runner | None:
    """Where to run a model without being asked to."""
    config = context.config
    if config.npu.check == "off" or not present(config):
        return None
    try:
        return find(config)
    except OperatorError as error:
        context.reporter.warning(f"Not checked on the NPU: {error.sentence()}")
        return None


def _run(
    context: Context, rknn: Path, model: Sheet, runner: Runner, reporter: Reporter
) -> NpuCheck:
    if runner.stand_in:
        reporter.warning("There is no NPU here: a stand-in takes its place.")
    # Unknown versions have been warned of by whoever looked before the conversion.
    if runner.runtime and precheck.older(runner.runtime, model.toolkit):
        reporter.warning(
            f"The NPU's runtime here is {clean(runner.runtime, 20)}, the model was built by "
            f"toolkit {clean(model.toolkit, 20)}: it may not load."
        )
    try:
        found = npu.check(
            rknn,
            runner,
            context.workspace.scratch,
            reporter,
            motion=context.motion(),
            apart=context.config.npu.apart,
            on_start=lambda pid, started: context.on_child(name_of(pid)),
        )
    finally:
        context.on_child(None)
    reporter.log(npu.words(found))
    return found
