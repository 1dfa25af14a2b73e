"""After the schema changed: what is still usable, why the rest is not, what to drive again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rovertui.calibration.advice import Advice, advise
from rovertui.calibration.axes import Plan
from rovertui.calibration.coverage import cover
from rovertui.calibration.index import Entry
from rovertui.calibration.space import Space
from rovertui.calibration.store import SampleStore, usable
from rovertui.config import Config
from rovertui.schema import Schema

_MISFITS = ("missing", "shape", "dtype", "range")
_EVERY = 99


@dataclass(frozen=True)
class Change:
    """Samples that the present schema cannot use, and what they are worth.

    Attributes:
        schema: theirs, or the arrays in words; ``files``: how many.
        why: what is not as the present schema says.
        same: arrays that are as before.
        again: what they cover and the usable ones do not, as something to do; empty where
            nothing of them can be compared, or where nothing is lost.
        known: whether they could be compared.
    """

    schema: str
    files: int
    why: str
    same: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    known: bool = True

    @property
    def text(self) -> str:
        """All of it in one line."""
        said = f"{self.files} samples of {self.schema} cannot be used: {self.why}"
        if self.same:
            said += f" ({', '.join(self.same)} as before)"
        if self.again:
            return f"{said}. Drive again: {'; '.join(self.again)}"
        return f"{said}. " + (
            "What they show is covered by the others" if self.known else "Drive all of it again"
        )


def changes(
    entries: Sequence[Entry], config: Config, simulated: bool, unreachable: Iterable[str] = ()
) -> list[Change]:
    """What of a set is of another schema than new samples are, the largest part first."""
    name = config.capture.schema
    plan, space = Plan(config.schema, unreachable), Space(config.schema)
    mine = [e for e in entries if usable(e, name, simulated) and e.role != "check"]
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        if theirs := _schema_of(entry, name):
            groups.setdefault(theirs, []).append(entry)
    lines = _missing(plan, space, mine)
    found = [_change(theirs, members, config, plan, lines) for theirs, members in groups.items()]
    return sorted(found, key=lambda change: (-change.files, change.schema))


def notice(store: SampleStore, unreachable: Iterable[str] = ()) -> str:
    """What of a set is still usable and what to drive again; empty where all of it fits."""
    found = changes(store.entries, store.config, store.simulated, unreachable)
    if not found:
        return ""
    told = " ".join(f"{change.text}." for change in found[:2])
    more = f" And {len(found) - 2} more kinds." if len(found) > 2 else ""
    return f"Schema {store.schema_name}: {store.tally().usable} samples are usable. {told}{more}"


def _schema_of(entry: Entry, name: str) -> str:
    """What a sample is of that new ones are not of; empty for the present schema's."""
    verdict = entry.verdict
    if verdict.state == "bad":
        stamped = verdict.stamp is not None and verdict.stamp.schema == name
        return f"an earlier {name}" if stamped and verdict.reason in _MISFITS else ""
    return "" if verdict.schema == name else verdict.schema


def _change(
    theirs: str, members: list[Entry], config: Config, plan: Plan, lines: list[Advice]
) -> Change:
    before = config.schemas.get(theirs)
    if before is None:
        return Change(theirs, len(members), members[0].verdict.problem, known=False)
    same, differ = _compared(before, config.schema)
    why = "; ".join(differ) or "it has the same arrays under another name"
    again = tuple(_again(members, plan, lines)) if same else ()
    return Change(theirs, len(members), why, tuple(same), again, known=bool(same))


def _compared(before: Schema, now: Schema) -> tuple[list[str], list[str]]:
    """Arrays that are as before, and in words what is not."""
    same, differ = [], []
    for name, array in now.arrays.items():
        old = before.arrays.get(name)
        if old is None:
            differ.append(f"{name} is missing")
        elif (old.shape, old.dtype) != (array.shape, array.dtype):
            was = "x".join(map(str, old.shape))
            differ.append(f"{name} is {was} {old.dtype}, now {_form(array.shape, array.dtype)}")
        elif old != array:
            differ.append(f"{name} means something else (fields, unit or range)")
        else:
            same.append(name)
    return same, differ


def _form(shape: list[int], dtype: str) -> str:
    return f"{'x'.join(map(str, shape))} {dtype}"


def _missing(plan: Plan, space: Space, mine: list[Entry]) -> list[Advice]:
    """Everything that the usable samples lack, the most rewarding first."""
    features = [entry.verdict.features for entry in mine]
    return advise(cover(plan, space, features, ["" for _ in mine]), _EVERY)


def _again(members: list[Entry], plan: Plan, lines: list[Advice]) -> list[str]:
    """What of it these samples have, at most three."""
    there: dict[str, int] = {}
    for entry in members:
        for judged, place in zip(plan.judged, plan.bins(entry.verdict.features), strict=True):
            if place is not None:
                mark = f"{judged.axis.name}:{place}"
                there[mark] = there.get(mark, 0) + 1
    found = []
    for line in lines:
        before = sum(there.get(mark, 0) for mark in line.marks)
        if before:
            found.append(f"{line.text}: {line.where} ({before} there)")
    return found[:3]
