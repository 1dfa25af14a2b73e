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
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from rovertui import worker
from rovertui.conversion.progress import STAGES, Folded, Lines, Said, parse
from rovertui.errors import OperatorError
from rovertui.processes import Lifeline, name_of
from rovertui.reporter import Reporter
from rovertui.text import clean

MAIN = Path(worker.__file__).with_name("main.py")
_LONGEST_EVENT = 64 << 20
_POLL = 0.1
_PATIENCE = 2.0
_WAITING = 10_000
_LAST_LINES = 12
_KEPT = ("PATH", "HOME", "USER", "LANG", "TZ", "LD_LIBRARY_PATH")

OnStart = Callable[[int, int], None]
Item = tuple[str, Any]


@dataclass
class Heard:
    """What the worker said so far."""

    stage: str = STAGES[0]
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    fatal: str = ""
    last_lines: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


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
) -> tuple[dict[str, Any], dict[str, float]]:
    """Run one job; blocks until its end. ``scratch`` must exist and is the caller's to remove.

    The caller has begun the first stage, ``check``; the others are begun here.

    Args:
        job: see :mod:`rovertui.worker.job`.
        python: of the toolkit's environment.
        on_start: told the process number and its start time in clock ticks.

    Returns:
        The worker's result, and seconds by stage.

    Raises:
        Cancelled: the operator asked for it; nothing of the worker runs any more.
        OperatorError: in the worker's own words, or how it ended.
    """
    job_file = scratch / "job.json"
    job_file.write_text(json.dumps(job))
    lifeline = Lifeline()
    try:
        process = _start(python, job_file, scratch, lifeline)
        heard, ears = Heard(), _Ears(process)
        try:
            started = name_of(process.pid)
            if on_start and started:
                on_start(process.pid, started.started)
            _listen(ears, heard, reporter)
        finally:
            _kill(process)
            ears.close()
        return _outcome(process.returncode, heard), heard.seconds
    finally:
        lifeline.close()


def _start(
    python: Path, job_file: Path, scratch: Path, lifeline: Lifeline
) -> subprocess.Popen[bytes]:
    command = [str(python), "-I", "-X", "utf8", str(MAIN)]
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
            f"The toolkit's Python {python} cannot be started: {error.strerror}.",
            hint="Run `rovertui toolkit install`, or correct [conversion] python.",
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


def _listen(ears: _Ears, heard: Heard, reporter: Reporter) -> None:
    """Pass on what both streams say, from this one thread, until the worker has ended."""
    hearing = _Hearing(heard, reporter)
    left, quiet_since = len(ears.threads), None
    while left and not heard.fatal:
        reporter.check()
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
        reporter.check()
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


class _Hearing:
    """Turns what was heard into the reporter's events; stages only ever go forward.

    Hybrid goes through the toolkit's first stages twice. Events of the worker wait until the
    mark of their stage has been read from the other stream.
    """

    def __init__(self, heard: Heard, reporter: Reporter) -> None:
        self.heard = heard
        self.reporter = reporter
        self.folded = Folded()
        self._entered = time.monotonic()
        self._marks: set[str] = set()
        self._held: deque[dict[str, Any]] = deque()

    def take(self, kind: str, value: Any) -> None:
        if kind == "said":
            self._said(value)
        elif self._held or self._ahead(value):
            self._held.append(value)
        else:
            self._event(value)

    def _ahead(self, event: dict[str, Any]) -> bool:
        """Whether a stage's event came before its mark among the toolkit's words."""
        stage = event.get("stage")
        return event.get("event") == "stage" and stage in STAGES and stage not in self._marks

    def _release(self, *, all_of_them: bool = False) -> None:
        while self._held and (all_of_them or not self._ahead(self._held[0])):
            self._event(self._held.popleft())

    def _enter(self, stage: str, text: str) -> None:
        order = STAGES.index(stage) if stage in STAGES else -1
        if order < 0 or (self.heard.stage and order <= STAGES.index(self.heard.stage)):
            return
        self._settle()
        self.heard.stage = stage
        self.reporter.stage(stage, text)

    def _settle(self) -> None:
        now = time.monotonic()
        if self.heard.stage:
            self.heard.seconds[self.heard.stage] = round(now - self._entered, 3)
        self._entered = now

    def _event(self, event: dict[str, Any]) -> None:
        kind, text = event.get("event"), clean(str(event.get("text", "")))
        if kind == "stage":
            self._enter(str(event.get("stage")), text)
        elif kind == "progress":
            self._progress(event.get("done"), event.get("total"), text)
        elif kind == "log":
            self.reporter.log(text)
        elif kind == "warning":
            self._warn(text)
        elif kind == "result":
            self.heard.result = event
        elif kind == "error":
            self.heard.error = event

    def _progress(self, done: Any, total: Any, text: str) -> None:
        if isinstance(done, (int, float)) and isinstance(total, (int, float)):
            self.reporter.progress(done, total, text)

    def _warn(self, text: str) -> None:
        if self.folded.first(text):
            self.reporter.warning(text)

    def _said(self, said: Said) -> None:
        if said.kind in ("log", "warning"):
            self.heard.last_lines = [*self.heard.last_lines, said.text][-_LAST_LINES:]
        if said.kind == "mark":
            self._marks.add(said.stage)
            self._enter(said.stage, said.text)
            self._release()
        elif said.kind == "stage":
            self._enter(said.stage, said.text)
        elif said.kind == "progress":
            self._enter(said.stage, "")
            if said.total and said.stage == self.heard.stage:
                self.reporter.progress(said.done, said.total, said.text)
        elif said.kind == "warning":
            self._warn(said.text)
        elif said.kind == "fatal":
            self.heard.fatal = said.text
        else:
            self.reporter.log(said.text)

    def close(self) -> None:
        self._release(all_of_them=True)
        self._settle()
        if repeats := self.folded.repeats():
            self.reporter.log(f"{repeats} warnings were repetitions.")


def _outcome(code: int, heard: Heard) -> dict[str, Any]:
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
        raise _signalled(-code, where, heard)
    if code:
        raise OperatorError(
            f"The conversion ended with status {code}{where}, without a reason.{last}",
            hint="Run `rovertui toolkit install`: its Python may be broken.",
            code="toolkit",
        )
    if heard.result is None:
        raise OperatorError(f"The conversion ended{where} without a result.{last}", code="toolkit")
    return heard.result


def _signalled(number: int, where: str, heard: Heard) -> OperatorError:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    last = f" Its last words: {heard.last_lines[-1]}" if heard.last_lines else ""
    if number == signal.SIGKILL:
        return OperatorError(
            f"The conversion was killed (SIGKILL){where}, not by rovertui.",
            hint="Most likely memory ran out: `dmesg` tells; close programs or use fewer samples.",
            code="killed",
        )
    if number == signal.SIGABRT:
        return OperatorError(
            f"The toolkit aborted (SIGABRT){where}.{last}",
            hint="An extreme value in a sample does this; the log has its last words.",
            code="aborted",
        )
    return OperatorError(
        f"The conversion ended by {name}{where}.{last}",
        hint="Try again; the log has what it said last.",
        code="killed" if number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP) else "crashed",
    )
