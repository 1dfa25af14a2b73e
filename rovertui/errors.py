"""Failures that an operator reads: one sentence, and what to do about it."""

from __future__ import annotations


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


class Cancelled(Exception):
    """The operator asked for the running job to stop; not a failure."""
