"""From one precision to the next: ``auto`` climbs only when it must, ``all`` builds every one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rovertui.config import Rung
from rovertui.conversion import advice
from rovertui.conversion.launch import OnStart, Work
from rovertui.conversion.recipe import Request
from rovertui.conversion.run import Converted, convert
from rovertui.reporter import Part, Reporter
from rovertui.schema import Axis


@dataclass(frozen=True)
class Climbed:
    """Attributes:
    built: every rung that was built, in order.
    best: what to use of them: the first within the limits, else the one with the least mean.
    text: how it went, in one line.
    worst: where none is within the limits, its worst frames and what to record.
    """

    built: tuple[Converted, ...]
    best: Converted
    text: str
    worst: tuple[str, ...] = ()


def climb(
    request: Request,
    rungs: Sequence[Rung],
    python: Path | Work,
    scratch: Path,
    reporter: Reporter,
    on_start: OnStart | None = None,
    *,
    every: bool = False,
    axes: Sequence[Axis] = (),
) -> Climbed:
    """Build ``rungs`` one after another until one is within the limits, or every one of them.

    A rung whose error cannot be measured ends the climb as well: nothing says it is too large.

    Args:
        axes: what frames are described by.

    Raises:
        OperatorError, Cancelled: as :func:`rovertui.conversion.run.convert`; what was built and
            put in place before stays.
    """
    built: list[Converted] = []
    why = ""
    for rung in rungs:
        inner: Reporter = Part(reporter, rung, why) if built else reporter
        done = convert(replace(request, precision=rung), python, scratch, inner, on_start)
        built.append(done)
        if done.sheet.within is not False and not every:
            break
        if not every and rung != rungs[-1]:
            following = rungs[rungs.index(rung) + 1]
            why = f"{rung} is over the limits"
            reporter.warning(f"{why} ({'; '.join(done.sheet.reasons)}): {following} is tried.")
    return _settled(built, every, axes)


def _settled(built: list[Converted], every: bool, axes: Sequence[Axis]) -> Climbed:
    passing = [done for done in built if done.sheet.within is not False]
    if passing:
        best = passing[0]
        text = best.text
        if every:
            text = f"{len(built)} precisions measured; the smallest within the limits: {text}"
        elif len(built) > 1:
            over = ", ".join(done.sheet.precision for done in built[:-1])
            text = f"{text} ({over} {'was' if len(built) == 2 else 'were'} over the limits)"
        return Climbed(tuple(built), best, text)
    best = min(built, key=lambda done: done.sheet.check.mean if done.sheet.check else float("inf"))
    check = best.sheet.check
    assert check is not None
    names = ", ".join(done.sheet.precision for done in built)
    found = tuple(advice.worst(check, axes))
    text = (
        f"No precision is within the limits ({names}). The worst frame: {found[0]}. "
        f"{advice.record(check, axes)}"
    )
    return Climbed(tuple(built), best, text, (*found, advice.record(check, axes)))
