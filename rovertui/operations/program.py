"""Running a program as part of a job: its lines into the log, ended with the job."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from rovertui.errors import OperatorError
from rovertui.processes import Lifeline
from rovertui.reporter import Reporter
from rovertui.text import clean

_TICK = 0.25
_LAST_LINES = 3


def run_program(
    command: list[str],
    reporter: Reporter,
    on_line: Callable[[str], None] | None = None,
    on_tick: Callable[[], None] | None = None,
    directory: Path | None = None,
) -> None:
    """Run ``command`` to its end in a process group that dies with this process.

    Args:
        command: program and arguments; no shell.
        reporter: gets every line of its output; cancelling kills the group.
        on_line: called with each cleaned line.
        on_tick: called several times a second.

    Raises:
        OperatorError: it cannot be started or ended with another status than 0, with its own
            last lines.
        Cancelled: the operator asked for it.
    """
    lifeline = Lifeline()
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[lifeline.reader],
            cwd=directory,
            start_new_session=True,
        )
    except OSError as error:
        lifeline.close()
        raise OperatorError(f"{command[0]}: cannot be started: {error.strerror}.") from None
    lifeline.tie(process.pid)
    last: list[str] = []

    def take(line: str) -> None:
        text = clean(line)
        if text:
            reporter.log(text)
            last[:] = [*last[-_LAST_LINES + 1 :], text]
            if on_line:
                on_line(text)

    try:
        _read(process, take, on_tick, reporter)
        status = process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()
        lifeline.close()
    if status:
        name = Path(command[0]).name
        raise OperatorError(f"{name} ended with status {status}: {' / '.join(last)}")


def _read(
    process: subprocess.Popen[bytes],
    take: Callable[[str], None],
    on_tick: Callable[[], None] | None,
    reporter: Reporter,
) -> None:
    assert process.stdout is not None
    handle = process.stdout.fileno()
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(handle, selectors.EVENT_READ)
        while True:
            reporter.check()
            if on_tick:
                on_tick()
            if not selector.select(_TICK):
                continue
            block = os.read(handle, 1 << 16)
            if not block:
                break
            *lines, rest = (rest + block).replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                take(line.decode(errors="replace"))
    take(rest.decode(errors="replace"))
