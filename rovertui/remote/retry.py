"""Going on after a break of the link: again and again, ever more slowly, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rovertui.errors import OperatorError
from rovertui.reporter import Reporter
from rovertui.text import duration

T = TypeVar("T")

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before each further attempt; progress made begins the row anew."""

PASSING = ("dropped", "stalled", "unreachable", "dns", "handshake", "not-ssh")
"""Failures that a line which comes and goes explains. A changed key, say, is none of them."""


def persistently(work: Callable[[], T], progress: Callable[[], int], reporter: Reporter) -> T:
    """Do ``work`` until it succeeds, fails for good, or too many attempts brought nothing new.

    Args:
        work: takes up by itself where it was.
        progress: a number that has grown when the last attempt was of use.
        reporter: told of each break; cancelling ends a pause at once.

    Raises:
        OperatorError: the last failure; its hint says how often it was tried.
        Cancelled: the operator asked for it.
    """
    tried = 0
    while True:
        before = progress()
        try:
            return work()
        except OperatorError as error:
            if error.code not in PASSING:
                raise
            tried = 1 if progress() > before else tried + 1
            if tried > len(PAUSES):
                raise OperatorError(
                    error.message,
                    hint=f"It was tried {tried} times. {error.hint}",
                    code=error.code,
                ) from error
            pause = PAUSES[tried - 1]
            reporter.warning(
                f"{error.message} Trying again in {duration(pause)} "
                f"({tried} of {len(PAUSES)}); what has come is kept."
            )
            reporter.cancelled.wait(pause)
            reporter.check()
