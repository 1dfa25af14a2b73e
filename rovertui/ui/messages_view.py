"""Messages as rows: what happened here, the newest first, each with its time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rovertui.snapshot import MessageView
from rovertui.text import clean
from widgets.rows import Row, fit, wrap

_SIGN = {"warn": "!", "bad": "!!", "good": "ok"}


def last(text: str, style: str, width: int) -> list[Row]:
    """What came of the last key, whole; the line at the foot of a screen may cut it."""
    if not text:
        return []
    lines = wrap(clean(text), max(width - 14, 10))
    return [
        [(fit("" if index else " LAST KEY", 13), "title"), (line, style)]
        for index, line in enumerate(lines)
    ] + [[]]


def rows(messages: Sequence[MessageView], clock: float, width: int) -> list[Row]:
    """One message after the other; the day is named where it is not today.

    Args:
        clock: seconds since 1970, now.
    """
    if not messages:
        return [
            [],
            [("  Nothing has happened here yet. Ends of jobs, refusals, lost sensors,", "")],
            [("  new checkpoints and what others do come here.", "")],
        ]
    today = time.strftime("%Y-%m-%d", time.localtime(clock))
    out: list[Row] = []
    for message in messages:
        moment = time.localtime(message.when)
        day = time.strftime("%Y-%m-%d", moment)
        when = time.strftime("%H:%M:%S", moment)
        if day != today:
            today = day
            out.append([(f" {day}", "title")])
        again = f"  ({message.count} times)" if message.count > 1 else ""
        lines = wrap(clean(message.text) + again, max(width - 14, 10))
        sign = _SIGN.get(message.level, "")
        for index, line in enumerate(lines):
            first = index == 0
            out.append(
                [
                    (fit(f" {when}" if first else "", 10), "dim"),
                    (fit(sign if first else "", 3), message.level),
                    (line, message.level if message.level != "good" else ""),
                ]
            )
    return out
