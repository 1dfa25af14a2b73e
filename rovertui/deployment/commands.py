"""Running the short commands that ``config.toml`` names: words, not a shell; with a time limit."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rovertui.errors import OperatorError
from rovertui.processes import Lifeline
from rovertui.text import clean

_LONGEST_OUTPUT = 64 << 10


@dataclass(frozen=True)
class Output:
    """How a command ended.

    Attributes:
        status: exit status, negative for a signal; None when its time was over.
        text: the last 64 KiB of standard output.
        errors: the same of standard error.
    """

    status: int | None
    text: str
    errors: str

    @property
    def last_words(self) -> str:
        """Its last line, made safe to show."""
        lines = (self.errors.strip() or self.text.strip()).splitlines()
        return clean(lines[-1], 200) if lines else ""


def require(command: list[str], key: str, directory: Path) -> None:
    """Refuse a command whose program is not there, before anything depends on it."""
    program = command[0]
    found = (directory / program).is_file() if "/" in program else shutil.which(program)
    if not found:
        raise OperatorError(
            f"config.toml: {key}: there is no program {program!r} here.",
            hint="For ros2, start the daemon in a shell that has sourced its setup.bash.",
        )


def run(command: list[str], limit: float, directory: Path) -> Output:
    """Run ``command`` in ``directory`` and wait at most ``limit`` seconds for its end.

    It gets our environment and a process group of its own, which is killed when the time is
    over, and also when we die ourselves.

    Raises:
        OperatorError: it cannot be started.
    """
    lifeline = Lifeline()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                cwd=directory,
                pass_fds=[lifeline.reader],
                start_new_session=True,
            )
        except OSError as error:
            lifeline.close()
            raise OperatorError(
                f"{clean(command[0])}: cannot be started: {error.strerror}.",
                hint="See the commands in [node] of config.toml.",
            ) from None
        status: int | None = None
        try:
            lifeline.tie(process.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(limit)
        finally:
            if status is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            lifeline.close()
        return Output(status, _tail(out), _tail(errors))


def _tail(stream: IO[bytes]) -> str:
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, end - _LONGEST_OUTPUT))
    return stream.read().decode(errors="replace")
