"""When a frame is to be kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from rovertui.calibration.axes import Plan
from rovertui.calibration.choose import covering
from rovertui.calibration.index import Entry
from rovertui.calibration.sample import BY_HAND, Role
from rovertui.calibration.selection import Decision, Member, Selection, Steady
from rovertui.calibration.space import Space
from rovertui.config import Config

_WINDOW_S = 60.0
_WORDS = {
    "copy": "like one we have",
    "score": "would cover less",
    "jump": "jumped, perhaps a glitch",
}


class IntervalRule:
    """The guide's rule: one sample every ``interval`` seconds of source time.

    A stamp older than the last kept one means that the source began again: then the next frame
    is due.
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._last: float | None = None

    @property
    def text(self) -> str:
        return f"one every {self.interval:g} s"

    def due_in(self, stamp: float) -> float:
        """Seconds of source time until a frame is due; 0 when one is."""
        if self._last is None or stamp < self._last:
            return 0.0
        return max(0.0, self.interval - (stamp - self._last))

    def why(self, stamp: float) -> str:
        """Why a frame that is due is kept, in words."""
        if self._last is None:
            return "first sample"
        if stamp < self._last:
            return "first sample since the source began again"
        return f"{stamp - self._last:.1f} s since the last one"

    def took(self, stamp: float) -> None:
        """The frame of this stamp was accepted."""
        self._last = stamp


class DiverseRule:
    """Keeps what is unlike everything kept before, by set and by role, in bounded numbers.

    Args:
        unreachable: what the site has not.
    """

    text = "what is unlike the rest"

    def __init__(self, config: Config, unreachable: frozenset[str] = frozenset()) -> None:
        self.unreachable = unreachable
        self._space = Space(config.schema)
        self._steady = Steady(self._space)
        plan = Plan(config.schema, unreachable)
        capture = config.capture
        places = {"calibration": capture.places, "check": capture.check_places}
        self._sets = {role: Selection(self._space, plan, count) for role, count in places.items()}
        self._synced: Sequence[Entry] | None = None

    def sync(self, entries: Sequence[Entry], imported: Sequence[str]) -> None:
        """Believe the disk; ``entries`` are usable, nothing is on its way there."""
        if entries is self._synced:
            return
        self._synced = entries
        foreign = set(imported)
        for role, chosen in self._sets.items():
            mine = [entry for entry in entries if (entry.role == "check") is (role == "check")]
            there = {entry.name: entry for entry in self._few(mine, 4 * chosen.places)}
            while gone := chosen.keys - there.keys():
                for key in gone:
                    chosen.remove(key)
            for name in there.keys() - chosen.keys:
                chosen.add(_member(there[name], foreign))

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
        """Whether a frame is kept, why, and in place of which sample."""
        jumped = self._steady.jumped(stamp, features)
        if jumped:
            return Decision(False, f"{jumped} jumped; waits for the next frame", "jump")
        return self._set(role).decide(features, session)

    def took(
        self, features: Mapping[str, float], session: str, role: Role, replaces: str | None
    ) -> None:
        """A frame was accepted; its file has no name yet."""
        chosen = self._set(role)
        if replaces:
            chosen.remove(replaces)
        chosen.add(Member("", features, session, fixed=True))
        self._synced = None

    def _set(self, role: str) -> Selection:
        return self._sets["check" if role == "check" else "calibration"]


def _member(entry: Entry, imported: set[str]) -> Member:
    stamp = entry.verdict.stamp
    fixed = stamp is None or entry.role == "pinned" or stamp.why == BY_HAND
    return Member(
        key=entry.name,
        features=entry.verdict.features,
        session=stamp.session if stamp else "",
        fixed=fixed or entry.name in imported,
    )


class Decisions:
    """What was decided in the last minute, by reason."""

    def __init__(self) -> None:
        self._skipped: deque[tuple[float, str]] = deque()
        self.last = ""

    def kept(self, why: str) -> None:
        self.last = f"kept: {why}"

    def skipped(self, now: float, kind: str, why: str) -> None:
        """``kind`` is a decision's, or the reason itself."""
        self.last = f"skipped: {why}"
        self._skipped.append((now, _WORDS.get(kind, kind)))

    def minute(self, now: float) -> dict[str, int]:
        while self._skipped and self._skipped[0][0] < now - _WINDOW_S:
            self._skipped.popleft()
        found: dict[str, int] = {}
        for _, reason in self._skipped:
            found[reason] = found.get(reason, 0) + 1
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))
