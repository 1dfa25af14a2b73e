"""Program: ``python -I main.py [--task TASK] [--lifeline FD] JOB.json``; see the package."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGE = "rovertui_worker"
_REFUSED, _UNFORESEEN = 2, 1


def _package() -> None:
    """Make the directory of this file a package, wherever it lies: nothing is on the path."""
    here = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, here / "__init__.py", submodule_search_locations=[str(here)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{here} is not whole")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_PACKAGE] = module
    spec.loader.exec_module(module)


def _part(name: str) -> ModuleType:
    return importlib.import_module(f"{_PACKAGE}.{name}")


def _set_environment(threads: int) -> None:
    """Before NumPy and the toolkit are imported, which read it once.

    An inherited TQDM_* can break a conversion; ours makes the bars one short line a step.
    """
    for name in list(os.environ):
        if name.startswith("TQDM_"):
            del os.environ[name]
    os.environ["TQDM_BAR_FORMAT"] = "{desc}@{n}/{total}"
    os.environ["TQDM_MININTERVAL"] = "0"
    for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)


def main(arguments: list[str]) -> int:
    _package()
    channel = _part("channel").Channel.take_standard_output()
    parser = argparse.ArgumentParser(prog="worker")
    parser.add_argument("--lifeline", type=int, default=-1)
    parser.add_argument("--nice", type=int, default=10)
    parser.add_argument("--cores", default="")
    parser.add_argument("--task", choices=["convert", "npu"], default="convert")
    parser.add_argument("job", type=Path)
    options = parser.parse_args(arguments)
    if options.lifeline >= 0:
        _part("lifeline").hold(options.lifeline)
    os.nice(options.nice)
    _first_to_go()
    _run_on(options.cores, channel)
    failure_type = _part("failure").Failure
    try:
        if options.task == "npu":
            _look_in(options.job)
            channel.result(_part("npu").check(options.job, channel))
        else:
            job = _part("job").load(options.job)
            _set_environment(job.threads)
            channel.result(_part("run").convert(job, channel))
    except failure_type as failure:
        channel.error(failure.message, failure.hint, failure.code, failure.where)
        return _REFUSED
    except BaseException as error:  # noqa: BLE001  every end is told; the traceback is in the log
        traceback.print_exc()
        told = _told(error, options.task)
        channel.error(told.message, told.hint, told.code, told.where)
        return _UNFORESEEN
    return 0


def _first_to_go() -> None:
    """Where memory runs out, the kernel ends this before the relay or the daemon."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("600")


def _run_on(cores: str, channel: Any) -> None:
    """Keep to these processors, before any thread is started: threads inherit it."""
    if not cores:
        return
    try:
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    except (OSError, ValueError, AttributeError) as error:
        channel.log(f"It runs on every processor: those asked for cannot be had ({error}).")


def _look_in(job: Path) -> None:
    """Let rknnlite and NumPy be found where they lie; last, so that they shadow nothing."""
    try:
        paths = json.loads(job.read_text(encoding="utf-8"))["paths"]
    except (OSError, ValueError, KeyError, TypeError):
        # What is wrong with the job is said by whoever reads it next.
        return
    sys.path += [str(path) for path in paths]


def _told(error: BaseException, task: str) -> Any:
    """Anything that was raised as a ``Failure``; what says so imports no third party."""
    if isinstance(error, ImportError) and task == "npu":
        return _part("failure").Failure(
            f"This Python cannot run models: {error}.",
            hint="Install rknn-toolkit-lite2 and NumPy for it, or correct [npu] python.",
            code="no-npu",
        )
    if isinstance(error, ImportError):
        failure = _part("failure")
        return failure.Failure(
            f"This Python cannot convert: {error}.",
            hint=f"Run `{failure.CALLED} toolkit install`, or correct [conversion] python.",
            code="no-toolkit",
        )
    return _part("failure").words_of(error)


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stderr.flush()
    # Everything is written and cleared away; taking torch apart would cost most of a second.
    os._exit(status)
