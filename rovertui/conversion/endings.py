"""How a worker ended, in words: its own, or by status, signal and stage."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from rovertui.conversion.hearing import Heard
from rovertui.conversion.task import CONVERSION, Task
from rovertui.errors import OperatorError
from rovertui.text import clean


def memory_kills() -> int:
    """How many processes the kernel has killed since boot because memory ran out."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def too_long(heard: Heard, task: Task) -> OperatorError:
    """Its time is over."""
    return OperatorError(
        f"The {task.name} did not end within {task.limit:g} s (in stage {heard.stage}) and was "
        "ended.",
        hint="Try again; the log has what it said last.",
        code="timeout",
    )


def outcome(
    code: int,
    heard: Heard,
    kills_before: int,
    task: Task = CONVERSION,
    *,
    memory_killed: bool | None = None,
) -> dict[str, Any]:
    """The worker's result.

    Args:
        code: exit status, or minus the signal.
        kills_before: :func:`memory_kills` when it was started.
        memory_killed: whether memory ran out, where it ran on another machine.

    Raises:
        OperatorError: it did not end well.
    """
    where = f" in stage {heard.stage}" if heard.stage else " before its first stage"
    if heard.fatal:
        raise OperatorError(
            f"The toolkit filled missing weights with random numbers: {heard.fatal}.",
            hint="Pull the whole model, with the file that holds its weights.",
            code="model",
        )
    if heard.error:
        raise OperatorError(
            clean(str(heard.error.get("message", ""))),
            hint=clean(str(heard.error.get("hint", ""))),
            code=clean(str(heard.error.get("code", "toolkit")), 40),
        )
    last = f" Its last words: {heard.last_lines[-1]}" if heard.last_lines else ""
    if code < 0:
        if memory_killed is None:
            memory_killed = memory_kills() > kills_before
        raise _signalled(-code, where, last, memory_killed, task)
    if code:
        raise OperatorError(
            f"The {task.name} ended with status {code}{where}, without a reason.{last}",
            hint=f"Its Python may be broken. {task.no_start()}",
            code="toolkit",
        )
    if heard.result is None:
        raise OperatorError(f"The {task.name} ended{where} without a result.{last}", code="toolkit")
    return heard.result


def _signalled(
    number: int, where: str, last: str, out_of_memory: bool, task: Task
) -> OperatorError:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if number == signal.SIGKILL and out_of_memory:
        return OperatorError(
            f"Memory ran out{where}: the kernel killed the {task.name} (SIGKILL).",
            hint="Close other programs, or convert with fewer calibration samples.",
            code="memory",
        )
    if number == signal.SIGKILL:
        return OperatorError(
            f"The {task.name} was killed (SIGKILL){where}, not by rovertui.",
            hint=task.killed,
            code="killed",
        )
    if number == signal.SIGABRT:
        return OperatorError(
            f"The {task.name} aborted (SIGABRT){where}.{last}",
            hint=task.aborted,
            code="aborted",
        )
    return OperatorError(
        f"The {task.name} ended by {name}{where}.{last}",
        hint="Try again; the log has what it said last.",
        code="killed" if number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP) else "crashed",
    )
