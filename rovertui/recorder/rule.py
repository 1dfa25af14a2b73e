"""Which frames are kept: one in a while, or what is unlike the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from rovertui.calibration.axes import Plan
from rovertui.calibration.index import Entry
from rovertui.calibration.k_centre import covering
from rovertui.calibration.marks import Marks
from rovertui.calibration.sample import BY_HAND, Role
from rovertui.calibration.selection import Decision, Member, Selection, Steady
from rovertui.calibration.space import Space
from rovertui.config import Config


class Rule(Protocol):
    """Which frames are kept.

    Attributes:
        text: in words, for the screen.
        target: samples for calibration that it keeps at most.
        improves: whether a full set still takes better frames in the place of others.
        checking: whether the drive is recorded for checking only.
    """

    checking: bool

    @property
    def text(self) -> str: ...

    @property
    def target(self) -> int: ...

    @property
    def improves(self) -> bool: ...

    def due_in(self, stamp: float) -> float:
        """Seconds of source time until a frame is looked at; 0 when one is now."""

    def believe(self, entries: Sequence[Entry], marks: Marks, *, settled: bool) -> None:
        """Know what is usable on disk; ``settled``: nothing is on its way there."""

    def decide(
        self, stamp: float, features: Mapping[str, float], session: str, role: Role
    ) -> Decision:
        """Whether a frame is kept, why, and in place of which sample."""

    def took(
        self,
        stamp: float,
        features: Mapping[str, float],
        session: str,
        role: Role,
        decision: Decision,
    ) -> None:
        """A frame was accepted by ``decision``; its file has no name yet."""

    def full(self, role: str) -> bool:
        """Whether a frame has to take another's place."""


def rule_of(config: Config) -> Rule:
    """The rule of ``[capture] rule``."""
    if config.capture.rule == "diverse":
        return DiverseRule(config)
    return IntervalRule(config.capture.interval, config.capture.count)


class IntervalRule:
    """The guide's rule: one sample every ``interval`` seconds of source time.

    A stamp older than the last kept one means that the source began again: then the next frame
    is due.
    """

    improves = False
    checking = False

    def __init__(self, interval: float, target: int) -> None:
        self.interval = interval
        self.target = target
        self._last: float | None = None

    @property
    def text(self) -> str:
        return f"one every {self.interval:g} s"

    def due_in(self, stamp: float) -> float:
        if self._last is None or stamp < self._last:
            return 0.0
        return max(0.0, self.interval - (stamp - self._last))

    def believe(self, entries: Sequence[Entry], marks: Marks, *, settled: bool) -> None:
        """What lies on disk makes no difference to when a frame is due."""

    def decide(
        self, stamp: float, features: Mapping[str, float], session: str, role: Role
    ) -> Decision:
        """A frame that is due is kept."""
        if self._last is None:
            why = "first sample"
        elif stamp < self._last:
            why = "first sample since the source began again"
        else:
            why = f"{stamp - self._last:.1f} s since the last one"
        return Decision(True, why, "interval")

    def took(
        self,
        stamp: float,
        features: Mapping[str, float],
        session: str,
        role: Role,
        decision: Decision,
    ) -> None:
        """The next one is due an interval later; one kept by hand changes nothing."""
        if decision.kind != BY_HAND:
            self._last = stamp

    def full(self, role: str) -> bool:
        """A full set is complete: nothing takes another's place."""
        return False


_CHECKS = ("check", "apart")
"""Sets of samples for checking: of drives that calibrate as well, and of others."""


class DiverseRule:
    """Keeps what is unlike everything kept before, by set and by role, in bounded numbers.

    Samples for checking of drives that calibrate nothing have places of their own: those of
    drives that do would leave them none.

    Args:
        unreachable: what the site has not.
    """

    text = "what is unlike the rest"
    improves = True
    checking = False

    def __init__(self, config: Config, unreachable: frozenset[str] = frozenset()) -> None:
        self.target = config.capture.places
        self._config = config
        self._space = Space(config.schema)
        self._begin(unreachable)

    def _begin(self, unreachable: frozenset[str]) -> None:
        """Judge by another plan, from what is on disk."""
        self._unreachable = unreachable
        self._steady = Steady(self._space)
        plan = Plan(self._config.schema, unreachable)
        capture = self._config.capture
        places = dict.fromkeys(("check", "apart"), capture.check_places)
        places["calibration"] = capture.places
        self._sets = {role: Selection(self._space, plan, count) for role, count in places.items()}
        self._synced: Sequence[Entry] | None = None

    def due_in(self, stamp: float) -> float:
        """Every frame is looked at."""
        return 0.0

    def believe(self, entries: Sequence[Entry], marks: Marks, *, settled: bool) -> None:
        unreachable = marks.at(self._config.rover.site)
        if unreachable != self._unreachable:
            self._begin(unreachable)
        if settled:
            self.sync(entries, marks.imported)

    def sync(self, entries: Sequence[Entry], imported: Sequence[str]) -> None:
        """Believe the disk; ``entries`` are usable, nothing is on its way there."""
        if entries is self._synced:
            return
        self._synced = entries
        foreign = set(imported)
        calibrating = {entry.session for entry in entries if entry.role != "check"}
        parts: dict[str, list[Entry]] = {name: [] for name in self._sets}
        for entry in entries:
            apart = entry.session not in calibrating
            parts["calibration" if entry.role != "check" else _CHECKS[apart]].append(entry)
        for name, chosen in self._sets.items():
            mine = parts[name]
            there = {entry.name: entry for entry in self._few(mine, 4 * chosen.places)}
            while gone := chosen.keys - there.keys():
                for key in gone:
                    chosen.remove(key)
            for key in there.keys() - chosen.keys:
                chosen.add(_member(there[key], foreign))

    def _few(self, entries: list[Entry], most: int) -> list[Entry]:
        """Of a set that is much larger than its bound, what covers it."""
        if len(entries) <= most:
            return entries
        points = self._space.matrix(entry.verdict.features for entry in entries)
        return [entries[place] for place in covering(points, most)]

    def full(self, role: str) -> bool:
        chosen = self._set(role)
        return len(chosen) >= chosen.places

    def decide(
        self, stamp: float, features: Mapping[str, float], session: str, role: Role
    ) -> Decision:
        first = not self._steady.begun
        jumped = self._steady.jumped(stamp, features)
        if first:
            return Decision(False, "the first frame; waits for the next", "first")
        if jumped:
            return Decision(False, f"{jumped} jumped; waits for the next frame", "jump")
        return self._set(role).decide(features, session)

    def took(
        self,
        stamp: float,
        features: Mapping[str, float],
        session: str,
        role: Role,
        decision: Decision,
    ) -> None:
        chosen = self._set(role)
        if decision.replaces:
            chosen.remove(decision.replaces)
        chosen.add(Member("", features, session, fixed=True))
        self._synced = None

    def _set(self, role: str) -> Selection:
        return self._sets[_CHECKS[self.checking] if role == "check" else "calibration"]


def _member(entry: Entry, imported: set[str]) -> Member:
    stamp = entry.verdict.stamp
    fixed = stamp is None or entry.role == "pinned" or stamp.why == BY_HAND
    return Member(
        key=entry.name,
        features=entry.verdict.features,
        session=entry.session,
        fixed=fixed or entry.name in imported,
    )
