"""A conversion that cannot go on, said in words; and the cause inside the toolkit's own words."""

from __future__ import annotations

import os
import sys

_LONGEST = 600

CALLED = os.environ.get("ROVERTUI_CALLED") or "rovertui"
"""How a person calls the program, as ``rovertui.called`` has it."""


class Failure(Exception):
    """What was expected and found, where, and what to do.

    Args:
        message: one clear sentence.
        hint: what to do next; may be empty.
        code: a stable word for programs (``refused``, ``sample``, ``toolkit``, ``memory``, ...).
        where: the file, input or stage it is about; may be empty.
    """

    def __init__(
        self, message: str, *, hint: str = "", code: str = "refused", where: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.where = where


def last_words(text: str) -> str:
    """The cause at the end of a traceback, as one line.

    The toolkit raises ``ValueError`` with a whole traceback as its text; the cause is whatever
    follows the last indented line.
    """
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    cause: list[str] = []
    for line in reversed(lines):
        if line[0].isspace() or line.startswith("Traceback "):
            break
        cause.append(line)
    found = " ".join(reversed(cause)) or (lines[-1].strip() if lines else "no reason given")
    return found[-_LONGEST:]


def words_of(error: BaseException) -> Failure:
    """Any failure as one that can be told."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, MemoryError):
        return Failure(
            "Memory ran out.",
            hint="Close other programs, or convert with fewer calibration samples.",
            code="memory",
        )
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return Failure(f"{name}{error.strerror or error}.", code="system", where="scratch")
    return Failure(
        f"The worker met something unforeseen: {type(error).__name__}: {last_words(str(error))}",
        hint=f"The log has the traceback (Python {sys.version.split()[0]}).",
        code="unforeseen",
    )
