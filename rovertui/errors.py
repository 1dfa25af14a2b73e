"""Failures that an operator reads: one sentence, and what to do about it."""

from __future__ import annotations

import errno


class OperatorError(Exception):
    """Something could not be done, said in words an operator can act on.

    Args:
        message: one clear sentence: what, where, expected, found.
        hint: what to do next, one sentence; may be empty.
        code: a stable word for programs (``refused``, ``unreachable``, ``busy``, ...).
    """

    def __init__(self, message: str, *, hint: str = "", code: str = "refused") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def sentence(self) -> str:
        """The message and, when there is one, the hint, as one line."""
        return f"{self.message} {self.hint}".strip()


def in_words(error: OSError) -> OperatorError:
    """What the operating system refused, as a sentence with what to do about it."""
    place = str(error.filename) if error.filename else "A file"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OperatorError(
            f"{place}: cannot be written: no space left on its disk.",
            hint="Free some space, then do it again; nothing half written was kept.",
            code="disk",
        )
    if error.errno == errno.EROFS:
        hint = "The file system is mounted read-only: look at `dmesg` and its medium."
    elif error.errno in (errno.EACCES, errno.EPERM):
        hint = "Correct its owner or permissions."
    else:
        hint = ""
    why = (error.strerror or type(error).__name__).lower()
    return OperatorError(f"{place}: {why}.", hint=hint, code="disk")


class Cancelled(Exception):
    """The operator asked for the running job to stop; not a failure."""
