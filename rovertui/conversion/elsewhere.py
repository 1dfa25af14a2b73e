"""A conversion on another machine over SSH: the same worker sent along, the same events.

What runs there, and what is left there however this ends (nothing), is in :mod:`.agent`.
"""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rovertui.conversion import agent
from rovertui.conversion.endings import outcome
from rovertui.conversion.errand import SPARE, Errand
from rovertui.conversion.hearing import Heard, Hearing
from rovertui.conversion.launch import OnStart
from rovertui.conversion.talk import Talk
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.remote import failures
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.text import clean, size

_SETTLES = 1.0
_TICK = 0.05
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
        errand = Errand(job)
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
        self, link: Link, errand: Errand, scratch: Path, reporter: Reporter
    ) -> tuple[dict[str, Any], dict[str, float]]:
        program = Path(agent.__file__).read_bytes()
        start = _START.format(length=len(program))
        command = f"exec {_word(self.python)} -I -c {shlex.quote(start)}"
        with link.program(command) as channel:
            talk = Talk(channel, reporter)
            talk.send(program + errand.header(self.scratch))
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
                if _broke(link):
                    raise
                raise OperatorError(
                    f"The conversion was ended on {self.name} in stage {heard.stage}, not by "
                    "rovertui.",
                    hint="Somebody ended it there; try again.",
                    code="killed",
                ) from None
            if heard.fatal:
                outcome(0, heard, 0)
            code, files = self._read(ended)
            out_of_memory = bool(ended.get("memory"))
            result = outcome(code, heard, 0, memory_killed=out_of_memory)
            self._fetch(talk, files, scratch)
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

    def _judge(self, there: dict[str, Any], errand: Errand) -> None:
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

    def _read(self, ended: dict[str, Any]) -> tuple[int, list[tuple[str, int, str]]]:
        """Status, and name, size and hash of what was made."""
        try:
            files = [(str(f["name"]), int(f["size"]), str(f["sha256"])) for f in ended["files"]]
            if any("/" in name or name in ("", ".", "..") or n < 0 for name, n, _ in files):
                raise ValueError
            return int(ended["code"]), files
        except (KeyError, TypeError, ValueError):
            raise OperatorError(f"{self.name} answered nonsense.", code="system") from None

    def _fetch(self, talk: Talk, files: list[tuple[str, int, str]], scratch: Path) -> None:
        needed = sum(length for _, length, _ in files) + SPARE
        free = shutil.disk_usage(scratch).free
        if needed > free:
            raise failures.disk_full(str(scratch), needed, free)
        for name, length, sha256 in files:
            path = scratch / name
            with path.open("wb") as stream:
                for block in talk.bytes(length):
                    stream.write(block)
            if sha256_of(path) != sha256:
                raise OperatorError(
                    f"{clean(name, 80)} did not arrive whole from {self.name}.",
                    hint="Try again.",
                    code="changed",
                )


def _broke(link: Link) -> bool:
    """Whether the channel ended with its connection; the latter is known a moment later."""
    until = time.monotonic() + _SETTLES
    while link.connected:
        if time.monotonic() > until:
            return False
        time.sleep(_TICK)
    return True


def _word(python: str) -> str:
    """A program for the shell there; commands run in the login directory."""
    return shlex.quote(f"./{python[2:]}" if python.startswith("~/") else python)
