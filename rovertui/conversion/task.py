"""The kinds of work that are run as a program of their own: what their parts are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rovertui.called import called
from rovertui.conversion.progress import STAGES


@dataclass(frozen=True)
class Task:
    """One kind.

    Attributes:
        flag: what the worker's program is told to do.
        name: what it is called in a sentence: ``The conversion was killed ...``.
        stages: its parts in their order; the first has begun when the worker starts.
        no_start: what to do when its Python cannot be started or is broken.
        killed, aborted: the likeliest reason, and what to do.
        limit: seconds it may take; None: as long as it takes.
    """

    flag: str
    name: str
    stages: tuple[str, ...]
    no_start: Callable[[], str]
    killed: str
    aborted: str
    limit: float | None = None


CONVERSION = Task(
    flag="convert",
    name="conversion",
    stages=STAGES,
    no_start=lambda: f"Run `{called()} toolkit install`, or correct [conversion] python.",
    killed="Somebody ended it, or a limit on its memory did; try again.",
    aborted="An extreme value in a sample does this; the log has its last words.",
)
NPU = Task(
    flag="npu",
    name="NPU check",
    stages=("prepare", "load", "runtime", "frames", "measure"),
    no_start=lambda: "Correct [npu] python.",
    killed="Somebody ended it; try again.",
    aborted="The NPU's runtime or driver did this; the log has its last words.",
    limit=60.0,
)
