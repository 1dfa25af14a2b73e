"""What may be concluded from a node that answered success: only what was seen."""

from __future__ import annotations

import time
from pathlib import Path

from rovertui.deployment.entry import Outcome
from rovertui.deployment.node import Heard
from rovertui.text import clean


def conclude(
    *, asked: bool, path: Path | None, expected: Path, heard: Heard | None, seconds: float
) -> Outcome:
    """The end of a deployment after the node answered success.

    Args:
        asked: whether the node was asked which file it loads.
        path: its answer, resolved; None when it gave none.
        expected: the file that went into service.
        heard: its commands since; None when there is nowhere to listen.
        seconds: how long was listened at most.
    """
    doubts = []
    if path is not None and path != expected:
        doubts.append(f"the node says it loads {clean(str(path))}, which is not this model")
    if heard is not None and not heard.good:
        doubts.append(_unconvincing(heard, seconds))
    if doubts:
        return _outcome("believed", "it answered, but " + "; ".join(doubts), warning=True)
    told = ""
    if asked:
        told = " from our file" if path else "; which file it loads it did not say"
    if heard is None:
        return _outcome(
            "believed", f"it answered success{told}; its commands cannot be heard from here"
        )
    return _outcome("seen", f"{len(heard.commands)} commands heard, finite and changing{told}")


def _unconvincing(heard: Heard, seconds: float) -> str:
    count = len(heard.commands)
    if not count:
        text = f"no command arrived in {seconds:g} s"
        if heard.unusable:
            text += f" ({heard.unusable} messages that are none)"
        elif heard.before:
            text += ", and before it was told there were some: press R if it stays so"
        return text
    if heard.constant and count > 1:
        linear, angular = heard.commands[-1]
        return f"all {count} commands were the same ({linear:.3f} m/s, {angular:.3f} rad/s)"
    return f"only {count} commands arrived in {seconds:g} s"


def _outcome(state: str, text: str, *, warning: bool = False) -> Outcome:
    return Outcome(
        state="seen" if state == "seen" else "believed",
        text=text,
        when=time.time(),
        warning=warning,
    )
