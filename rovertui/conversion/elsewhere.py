"""A conversion on another machine over SSH: the same worker sent along, the same events.

What runs there, and what is left there however this ends (nothing), is in :mod:`.agent`.
"""

from __future__ import annotations

import json
import math
import posixpath
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rovertui.conversion import agent, memory
from rovertui.conversion.endings import outcome
from rovertui.conversion.hearing import Heard, Hearing
from rovertui.conversion.launch import MAIN, OnStart
from rovertui.conversion.progress import Lines, Said, parse
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.text import clean, size

PATIENCE = 20.0
"""Seconds without a sign of us after which the worker there is ended."""

_SILENCE = 10.0
_BEAT = 1.0
_TICK = 0.05
_BLOCK = 1 << 18
_LONGEST_LINE = 64 << 20
_LONGEST_NOISE = 1 << 18
_SPARE = 256 << 20
_PYTHON = "Correct conversion.v620_python: a Python 3.10 to 3.12 there with rknn-toolkit2."
_START = "import sys; exec(compile(sys.stdin.buffer.read({length}), 'agent', 'exec'))"


@dataclass(frozen=True)
class Elsewhere:
    """Runs jobs on one other machine; call it as `rovertui.conversion.launch.Work`.

    Attributes:
        link: makes a link of its own, which is closed with the conversion.
        python: there, with rknn-toolkit2; ~ is the login directory.
        scratch: a directory there.
        name: what that machine is called.
    """

    link: Callable[[], Link]
    python: str
    scratch: str
    name: str

    def __call__(
        self, job: dict[str, Any], scratch: Path, reporter: Reporter, on_start: OnStart | None
    ) -> tuple[dict[str, Any], dict[str, float]]:
        """See :func:`rovertui.conversion.launch.run_worker`.

        Raises:
            OperatorError: also for the ways in which a connection fails.
            Cancelled: the connection is closed, which ends the worker there.
        """
        errand = _Errand(job)
        try:
            with self.link() as link:
                return self._over(link, errand, scratch, reporter)
        except OperatorError as error:
            if error.code == "no-toolkit":
                raise OperatorError(error.message, hint=_PYTHON, code=error.code) from None
            if error.code not in ("dropped", "stalled"):
                raise
            raise OperatorError(
                f"{error.message} The conversion on {self.name} was cut off and ends itself there.",
                hint=error.hint,
                code=error.code,
            ) from None

    def _over(
        self, link: Link, errand: _Errand, scratch: Path, reporter: Reporter
    ) -> tuple[dict[str, Any], dict[str, float]]:
        code = Path(agent.__file__).read_bytes()
        start = _START.format(length=len(code))
        command = f"exec {_word(self.python)} -I -c {shlex.quote(start)}"
        with link.program(command) as channel:
            talk = _Talk(channel, reporter)
            talk.send(code + errand.header(self.scratch))
            there = talk.expect("there", self._no_start)
            self._judge(there, errand)
            machine = clean(str(there.get("machine", "")), 40)
            reporter.log(
                f"Built on {self.name}: {machine}, Python {clean(str(there.get('python')), 40)}."
            )
            errand.send(talk, reporter)
            heard = Heard()
            try:
                ended = talk.listen(Hearing(heard, reporter), heard)
            except EOFError:
                if not link.connected:
                    raise
                raise OperatorError(
                    f"The conversion was ended on {self.name} in stage {heard.stage}, not by "
                    "rovertui.",
                    hint="Somebody ended it there; try again.",
                    code="killed",
                ) from None
            if heard.fatal:
                outcome(0, heard, 0)
            out_of_memory = bool(ended.get("memory"))
            result = outcome(int(ended.get("code", 1)), heard, 0, memory_killed=out_of_memory)
            self._fetch(talk, ended, scratch)
        told = {**result, "built_on": f"{self.name} ({machine})"}
        if errand.job.get("layers"):
            return told, heard.seconds
        built = scratch / str(errand.job["output"])
        if not built.is_file() or sha256_of(built) != result.get("rknn_sha256"):
            raise OperatorError(
                f"The model that {self.name} built did not arrive whole.",
                hint="Try again.",
                code="changed",
            )
        return told, heard.seconds

    def _no_start(self, said: str) -> OperatorError:
        return OperatorError(
            f"{self.name}: the Python {clean(self.python, 200)} did not start there"
            f"{f': {said}' if said else ''}.",
            hint=_PYTHON,
            code="no-toolkit",
        )

    def _judge(self, there: dict[str, Any], errand: _Errand) -> None:
        """Before anything is sent: does it fit there?"""
        free, disk = there.get("memory"), there.get("disk")
        needed = errand.memory()
        if isinstance(free, int) and needed > free:
            raise OperatorError(
                f"{self.name} has {size(free)} of memory free; this conversion takes about "
                f"{size(needed)}.",
                hint="End other programs there, or use fewer samples.",
                code="memory",
            )
        wanted = errand.disk()
        if isinstance(disk, int) and wanted > disk:
            raise OperatorError(
                f"{self.name}: its disk is full ({size(disk)} free, {size(wanted)} needed).",
                hint="Free some space there, or set conversion.v620_scratch.",
                code="disk-full",
            )

    def _fetch(self, talk: _Talk, ended: dict[str, Any], scratch: Path) -> None:
        for file in ended.get("files", []):
            name, length = posixpath.basename(str(file["name"])), int(file["size"])
            path = scratch / name
            with path.open("wb") as stream:
                for block in talk.bytes(length):
                    stream.write(block)
            if sha256_of(path) != file["sha256"]:
                raise OperatorError(
                    f"{clean(name, 80)} did not arrive whole from {self.name}.",
                    hint="Try again.",
                    code="changed",
                )


def _word(python: str) -> str:
    """A program for the shell there; commands run in the login directory."""
    return shlex.quote(f"./{python[2:]}" if python.startswith("~/") else python)


class _Errand:
    """A job with the files it needs: ours, and what they are called there."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = dict(job)
        self._files: list[tuple[str, Path]] = [
            (f"worker/{path.name}", path) for path in sorted(MAIN.parent.glob("*.py"))
        ]
        model = Path(job["model"])
        self.job["model"] = f"model/{model.name}"
        self._files += [(f"model/{name}", model.parent / name) for name in _weights(model)]
        self._files.append((self.job["model"], model))
        for key in ("calibration", "check"):
            paths = [Path(path) for path in job[key]]
            names = [f"{key}/{number:05d}/{path.name}" for number, path in enumerate(paths)]
            self._files += list(zip(names, paths, strict=True))
            self.job[key] = names
        self._sizes = {name: path.stat().st_size for name, path in self._files}

    def header(self, scratch: str) -> bytes:
        place = scratch[2:] if scratch.startswith("~/") else scratch
        files = [
            {"name": name, "size": self._sizes[name], "sha256": sha256_of(path)}
            for name, path in self._files
        ]
        asked = {"job": self.job, "files": files, "scratch": place, "patience": PATIENCE}
        return json.dumps(asked).encode() + b"\n"

    def memory(self) -> int:
        a_sample = sum(math.prod(given["shape"]) for given in self.job["inputs"])
        rung = str(self.job["precision"])
        return memory.bytes_for(a_sample, len(self.job["calibration"]), rung)

    def disk(self) -> int:
        """What is sent, the calibration files made of it, models in several forms."""
        a_sample: int = 4 * sum(math.prod(given["shape"]) for given in self.job["inputs"])
        return 2 * sum(self._sizes.values()) + len(self.job["calibration"]) * a_sample + _SPARE

    def send(self, talk: _Talk, reporter: Reporter) -> None:
        total, done = sum(self._sizes.values()), 0
        for name, path in self._files:
            left = self._sizes[name]
            with path.open("rb") as stream:
                while left:
                    block = stream.read(min(_BLOCK, left))
                    if not block:
                        raise OperatorError(
                            f"{clean(path.name, 80)} was changed while it was sent.",
                            hint="Ask for the conversion again.",
                            code="changed",
                        )
                    talk.send(block)
                    left -= len(block)
                    done += len(block)
                    reporter.progress(done, total, f"sent {size(done)} of {size(total)}")


def _weights(model: Path) -> list[str]:
    import onnx

    from rovertui.worker import network

    return network.beside(onnx.load(str(model), load_external_data=False))


@dataclass
class _Talk:
    """Both directions of the channel, polled from one thread."""

    channel: Any
    reporter: Reporter
    _rest: bytes = b""
    _said: bytes = b""
    _lines: Lines = field(default_factory=Lines)
    _heard: float = field(default_factory=time.monotonic)
    _beat: float = field(default_factory=time.monotonic)

    def send(self, data: bytes) -> None:
        """Send all of it; what is refused there is told by what it says, not here."""
        view = memoryview(data)
        self.channel.settimeout(_TICK)
        since = time.monotonic()
        while view:
            self.reporter.check()
            try:
                sent = self.channel.send(view[:_BLOCK])
            except TimeoutError:
                if time.monotonic() - since > _SILENCE:
                    raise
                continue
            except OSError:
                return
            if not sent:
                return
            view = view[sent:]
            since = time.monotonic()
        self._heard = time.monotonic()

    def _block(self) -> bytes:
        """Some bytes of standard output; none at its end.

        Raises:
            TimeoutError: nothing was heard for too long.
        """
        while True:
            self.reporter.check()
            now = time.monotonic()
            if now - self._beat > _BEAT:
                self._beat = now
                self._sign()
            self._errors()
            try:
                block: bytes = self.channel.recv(1 << 16)
            except TimeoutError:
                if now - self._heard > _SILENCE:
                    raise
                continue
            self._heard = time.monotonic()
            return block

    def _sign(self) -> None:
        """A sign of life, without which the worker there is ended."""
        try:
            self.channel.send(b"\n")
        except OSError:
            # Closed, or no room now: what is read tells which.
            return

    def _errors(self) -> None:
        while self.channel.recv_stderr_ready():
            self._said += self.channel.recv_stderr(1 << 16)

    def _line(self) -> bytes:
        """One line of standard output without its end; EOFError when there is none."""
        while b"\n" not in self._rest:
            block = self._block()
            if not block or len(self._rest) > _LONGEST_LINE:
                raise EOFError
            self._rest += block
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def expect(self, event: str, no_start: Callable[[str], OperatorError]) -> dict[str, Any]:
        """The first event, behind whatever the login's start-up files print."""
        seen = 0
        last = b""
        try:
            while (line := self._line()) != agent.BEGIN.encode():
                seen += len(line)
                last = line or last
                if seen > _LONGEST_NOISE:
                    raise EOFError
            found = _event(self._line())
        except EOFError:
            self._errors()
            words = (self._said.strip().splitlines() or [last])[-1]
            raise no_start(clean(words.decode(errors="replace"), 200)) from None
        self._said = b""
        if found and found.get("event") == event:
            return found
        message = clean(str((found or {}).get("message", "")), 300)
        raise OperatorError(message or "The other machine answered nonsense.", code="system")

    def listen(self, hearing: Hearing, heard: Heard) -> dict[str, Any]:
        """Pass on what the worker says until it has ended."""
        while True:
            line = self._line()
            for said in self._toolkit():
                hearing.take("said", said)
            event = _event(line)
            kind = event.get("event") if event else None
            if event is not None and kind == "ended":
                if not event.get("files"):
                    self._last_words(hearing)
                hearing.close()
                return event
            if heard.fatal:
                return {}
            if event is None:
                hearing.take("said", Said("log", clean(line.decode(errors="replace"))))
            elif kind != "alive":
                hearing.take("event", event)

    def _last_words(self, hearing: Hearing) -> None:
        """The two streams have no order of their own: wait for the end of both."""
        while self._block():
            continue
        for said in self._toolkit():
            hearing.take("said", said)

    def _toolkit(self) -> Iterator[Said]:
        self._errors()
        block, self._said = self._said, b""
        for line in self._lines.feed(block):
            if said := parse(line):
                yield said

    def bytes(self, length: int) -> Iterator[bytes]:
        """The next ``length`` bytes of standard output."""
        while length:
            if not self._rest:
                self._rest = self._block()
                if not self._rest:
                    raise EOFError
            block, self._rest = self._rest[:length], self._rest[length:]
            length -= len(block)
            yield block


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
