"""Starting the worker as a program, hearing it, and telling how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from rovertui import worker
from rovertui.conversion.care import Care, Pauses
from rovertui.conversion.endings import memory_kills, outcome, too_long
from rovertui.conversion.hearing import Heard, Hearing
from rovertui.conversion.progress import Lines, Said, parse
from rovertui.conversion.task import CONVERSION, Task
from rovertui.errors import OperatorError
from rovertui.processes import Lifeline, name_of
from rovertui.reporter import Reporter
from rovertui.text import clean

MAIN = Path(worker.__file__).with_name("main.py")
_LONGEST_EVENT = 16 << 20
_POLL = 0.1
_PATIENCE = 2.0
_WAITING = 10_000
_KEPT = ("PATH", "HOME", "USER", "LANG", "TZ", "LD_LIBRARY_PATH", "ROVERTUI_CALLED")

OnStart = Callable[[int, int], None]
Work = Callable[
    [dict[str, Any], Path, Reporter, "OnStart | None"], tuple[dict[str, Any], dict[str, float]]
]
"""Runs one job to its end, wherever; see :func:`run_worker`."""

Item = tuple[str, Any]


def environment(scratch: Path) -> dict[str, str]:
    """What the worker inherits: a list, so that nobody's shell can break a conversion."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    kept.update({name: value for name, value in os.environ.items() if name.startswith("LC_")})
    return {**kept, "TMPDIR": str(scratch)}


def run_worker(
    job: dict[str, Any],
    python: Path,
    scratch: Path,
    reporter: Reporter,
    on_start: OnStart | None = None,
    *,
    task: Task = CONVERSION,
    care: Care | None = None,
) -> tuple[dict[str, Any], dict[str, float]]:
    """Run one job; blocks until its end. ``scratch`` must exist and is the caller's to remove.

    The caller has begun the task's first stage; the others are begun here.

    Args:
        job: see :mod:`rovertui.worker.job`, for an NPU check :mod:`rovertui.worker.npu`.
        python: of the environment that has what the task needs.
        on_start: told the process number and its start time in clock ticks.
        care: how the machine is spared meanwhile.

    Returns:
        The worker's result, and seconds by stage.

    Raises:
        Cancelled: the operator asked for it; nothing of the worker runs any more.
        OperatorError: in the worker's own words, or how it ended; its time was over.
    """
    job_file = scratch / "job.json"
    job_file.write_text(json.dumps(job))
    lifeline = Lifeline()
    try:
        kills = memory_kills()
        care = care or Care()
        process = _start(python, job_file, scratch, lifeline, task, care)
        heard, ears = Heard(stage=task.stages[0]), _Ears(process)
        try:
            started = name_of(process.pid)
            if on_start and started:
                on_start(process.pid, started.started)
            _listen(ears, heard, reporter, task, Pauses(care, process.pid, reporter))
        finally:
            _kill(process)
            ears.close()
        return outcome(process.returncode, heard, kills, task), heard.seconds
    finally:
        lifeline.close()


def here(python: Path, care: Care | None = None) -> Work:
    """Conversions on this machine."""

    def work(
        job: dict[str, Any], scratch: Path, reporter: Reporter, on_start: OnStart | None
    ) -> tuple[dict[str, Any], dict[str, float]]:
        return run_worker(job, python, scratch, reporter, on_start, care=care)

    return work


def _start(
    python: Path, job_file: Path, scratch: Path, lifeline: Lifeline, task: Task, care: Care
) -> subprocess.Popen[bytes]:
    command = [str(python), "-I", "-X", "utf8", str(MAIN), "--task", task.flag]
    if care.cores:
        command += ["--cores", ",".join(str(core) for core in care.cores)]
    command += ["--lifeline", str(lifeline.reader), str(job_file)]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=scratch,
            env=environment(scratch),
            pass_fds=[lifeline.reader],
            start_new_session=True,
        )
    except OSError as error:
        raise OperatorError(
            f"The {task.name}'s Python {python} cannot be started: {error.strerror}.",
            hint=task.no_start(),
            code="no-toolkit",
        ) from None
    lifeline.tie(process.pid)
    return process


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the group, the worker's own children included; then reap it.

    In this order: a process number that is not reaped yet cannot have become somebody else's.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class _Ears:
    """Both of the worker's streams, read by a thread each into one queue."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout and process.stderr
        self.pid = process.pid
        self.items: queue.Queue[Item] = queue.Queue(maxsize=_WAITING)
        self._streams = (process.stdout, process.stderr)
        self.threads = [
            threading.Thread(target=self._pump, args=(source,), name="worker-reader", daemon=True)
            for source in (_events(process.stdout), _toolkit(process.stderr))
        ]
        for thread in self.threads:
            thread.start()

    def _pump(self, source: Iterator[Item]) -> None:
        try:
            for item in source:
                self.items.put(item)
        finally:
            self.items.put(("end", None))

    def exited(self) -> bool:
        """Whether the worker has ended; it is left unreaped."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def close(self) -> None:
        """After the group was killed: both streams are at their end, unless something left it."""
        deadline = time.monotonic() + _PATIENCE
        while any(thread.is_alive() for thread in self.threads) and time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                self.items.get(timeout=_POLL)
        for thread, stream in zip(self.threads, self._streams, strict=True):
            if not thread.is_alive():
                stream.close()


def _listen(ears: _Ears, heard: Heard, reporter: Reporter, task: Task, pauses: Pauses) -> None:
    """Pass on what both streams say, from this one thread, until the worker has ended."""
    hearing = Hearing(heard, reporter, task.stages, pauses)
    left, quiet_since = len(ears.threads), None
    began = time.monotonic()

    def look() -> None:
        reporter.check()
        pauses.look()
        if task.limit is not None and time.monotonic() - began > task.limit:
            raise too_long(heard, task)

    while left and not heard.fatal:
        look()
        try:
            kind, value = ears.items.get(timeout=_POLL)
        except queue.Empty:
            # Something that outlived the worker may hold its streams open: do not wait for that.
            if ears.exited():
                quiet_since = quiet_since or time.monotonic()
                if time.monotonic() - quiet_since > _PATIENCE:
                    break
            continue
        if kind == "end":
            left -= 1
        else:
            hearing.take(kind, value)
    hearing.close()
    while not heard.fatal and not ears.exited():
        look()
        time.sleep(_POLL)


def _events(stream: IO[bytes]) -> Iterator[Item]:
    while line := stream.readline(_LONGEST_EVENT):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if isinstance(event, dict):
            yield "event", event
        else:
            yield "said", Said("log", clean(line.decode(errors="replace")))


def _toolkit(stream: IO[bytes]) -> Iterator[Item]:
    lines = Lines()
    descriptor = stream.fileno()
    while block := os.read(descriptor, 65_536):
        for line in lines.feed(block):
            if said := parse(line):
                yield "said", said
    for line in lines.close():
        if said := parse(line):
            yield "said", said
