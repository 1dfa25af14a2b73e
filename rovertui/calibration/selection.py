"""Which frames are worth keeping, one after another: unlike those kept, in a bounded set.

Ranges first (what no sample shows, no calibration knows), then max-min distance: a frame joins
while there is room and nothing is like it; in a full set it takes the place of the member that is
most like another one, if it is itself farther from all of them, and if the score does not fall.
Measured against other choices by ``bench/selection.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rovertui.calibration.axes import Plan
from rovertui.calibration.coverage import group_shares, score_of, share_of
from rovertui.calibration.distinct import ENOUGH, among
from rovertui.calibration.space import COPY, Space, Vector

MARGIN = 0.08
"""A new extreme lies so far, in steps, outside the range of the set."""

_BETTER = 1.05
_MOST_GUARDS = 20
_TRIES = 10


@dataclass(frozen=True)
class Decision:
    """Attributes:
    keep: whether the frame is to be a sample.
    why: in words.
    kind: ``extreme``, ``novel``, ``copy`` or ``score``.
    replaces: key of the member that goes, None where there is room.
    """

    keep: bool
    why: str
    kind: str
    replaces: str | None = None


@dataclass(frozen=True)
class Member:
    """One sample of the set; a fixed one (by hand, imported, not ours) is never replaced."""

    key: str
    features: Mapping[str, float]
    session: str = ""
    fixed: bool = False


@dataclass(frozen=True)
class _Held:
    """Samples as bits of integers: who is far from whom, who lies in which bin."""

    far: list[int]
    bins: list[list[int]]
    filled: list[list[int]]
    shares: dict[str, float]
    sessions: int
    score: float
    spare: list[int]


class Selection:
    """A set of at most ``places`` samples that are unlike one another, built on-line.

    What is fixed counts as well; more than ``places`` members are possible, then nothing joins
    and replacing goes on.
    """

    def __init__(self, space: Space, plan: Plan, places: int) -> None:
        self._space = space
        self._plan = plan
        self.places = places
        self._most_guards = min(_MOST_GUARDS, places // 3)
        self._members: list[Member] = []
        self._points: Vector = np.empty((0, len(space.names)))
        self._between: Vector = np.empty((0, 0))
        self._bins = np.empty((0, len(plan.judged)), np.int64)
        self._look_again()

    @property
    def keys(self) -> set[str]:
        return {member.key for member in self._members}

    def __len__(self) -> int:
        return len(self._members)

    def add(self, member: Member) -> None:
        """Take a sample in, whatever it is like."""
        point = self._space.vector(member.features)
        row = ((self._points - point) ** 2).sum(axis=1)
        size = len(self._members)
        between = np.full((size + 1, size + 1), np.inf)
        between[:size, :size] = self._between
        between[size, :size] = between[:size, size] = row
        self._between = between
        self._points = np.concatenate([self._points, point[None]])
        self._bins = np.concatenate([self._bins, self._bins_of(member.features)[None]])
        self._members.append(member)
        self._look_again()

    def remove(self, key: str) -> None:
        """Forget a sample; one that is not there is forgotten already."""
        place = next((i for i, member in enumerate(self._members) if member.key == key), None)
        if place is None:
            return
        del self._members[place]
        self._points = np.delete(self._points, place, 0)
        self._bins = np.delete(self._bins, place, 0)
        self._between = np.delete(np.delete(self._between, place, 0), place, 1)
        self._look_again()

    def rename(self, key: str, name: str) -> None:
        """A sample got its final name."""
        self._members = [
            Member(name, m.features, m.session, m.fixed) if m.key == key else m
            for m in self._members
        ]

    def decide(self, features: Mapping[str, float], session: str = "") -> Decision:
        """Whether a frame should join; changes nothing."""
        if not self._members:
            return Decision(True, "first sample", "novel")
        point = self._space.vector(features)
        distances = ((self._points - point) ** 2).sum(axis=1)
        closest = int(distances.argmin())
        nearest = float(distances[closest])
        extreme = self._extreme(point)
        why = f"new extreme of {extreme}" if extreme else "unlike all others"
        kind = "extreme" if extreme else "novel"
        like = f"like {_number(self._members[closest].key)}"
        if len(self._members) < self.places:
            if nearest > COPY or (extreme and nearest > MARGIN**2):
                return Decision(True, why, kind)
            return Decision(False, like, "copy")
        for place in self._held.spare[:_TRIES]:
            if not extreme and nearest <= _BETTER * float(self._between[place].min()):
                return Decision(False, like, "copy")
            if self._keeps_score(place, distances, features, session):
                gone = self._members[place].key
                return Decision(True, f"{why}, in place of {_number(gone)}", kind, gone)
        if self._held.spare:
            return Decision(False, "the set would cover less", "score")
        return Decision(False, "nothing may be replaced", "score")

    def _extreme(self, point: Vector) -> str:
        """The number that lies farthest outside the range of the set; empty where none does."""
        above = point - self._points.max(axis=0)
        below = self._points.min(axis=0) - point
        beyond = np.maximum(above, below)
        place = int(beyond.argmax())
        if beyond[place] <= MARGIN:
            return ""
        return self._space.names[place].rpartition(".")[2].replace("_", " ")

    def _replaceable(self) -> list[int]:
        """Members that may go, the one most like another first."""
        guards = self._guards()
        free = [
            i
            for i, member in enumerate(self._members)
            if i not in guards and not member.fixed and member.key
        ]
        if not free:
            return []
        if len(self._members) < 2:
            return free
        two = np.partition(self._between, 1, axis=1)[:, :2]
        return sorted(free, key=lambda i: (two[i, 0], two[i, 1]))

    def _guards(self) -> set[int]:
        """Members that hold an end of a range: those whose loss would narrow ranges most."""
        if len(self._members) < 2:
            return set()
        held: list[tuple[float, int]] = []
        for order, sign in ((np.argsort(self._points, axis=0), 1), (None, -1)):
            ranks = order if order is not None else np.argsort(-self._points, axis=0)
            first, second = ranks[0], ranks[1]
            columns = np.arange(self._points.shape[1])
            gaps = sign * (self._points[second, columns] - self._points[first, columns])
            held += zip(gaps.tolist(), first.tolist(), strict=True)
        held.sort(reverse=True)
        guards: set[int] = set()
        for gap, place in held:
            if gap > 0 and len(guards) < self._most_guards:
                guards.add(place)
        return guards

    def _keeps_score(
        self, gone: int, distances: Vector, features: Mapping[str, float], session: str
    ) -> bool:
        """Whether the score with the frame in that member's place is not lower."""
        held = self._held
        away = ~(1 << gone)
        from_new = _mask(distances > COPY) & away
        shares = dict(held.shares)
        for column, place in enumerate(self._bins_of(features).tolist()):
            one = self._plan.judged[column]
            filled = list(held.filled[column])
            masks = held.bins[column]
            left = int(self._bins[gone, column])
            if left >= 0:
                filled[left] = _among(masks[left] & away, held.far)
            if place >= 0:
                with_new = 1 + _among(masks[place] & from_new, held.far)
                filled[place] = min(ENOUGH, max(filled[place], with_new))
            shares[one.axis.name] = share_of(filled, self._plan.reachable[one.axis.name])
        sessions = held.sessions
        if any(member.session != session for member in self._members):
            names = np.array([*(member.session for member in self._members), session])
            points = np.append(np.delete(np.arange(len(names) - 1), gone), len(names) - 1)
            apart = self._apart(distances)[np.ix_(points, points)]
            sessions = among(apart & (names[points, None] != names[None, points]))
        return score_of(group_shares(self._plan, shares, sessions)) >= held.score - 1e-9

    def _apart(self, distances: Vector) -> NDArray[np.bool_]:
        size = len(self._members)
        apart = np.zeros((size + 1, size + 1), np.bool_)
        apart[:size, :size] = (self._between > COPY) & np.isfinite(self._between)
        apart[size, :size] = apart[:size, size] = distances > COPY
        return apart

    def _look_again(self) -> None:
        """What is asked of the set at every frame, once for each change of it."""
        between = (self._between > COPY) & np.isfinite(self._between)
        far = [_mask(row) for row in between]
        bins = []
        for column, one in enumerate(self._plan.judged):
            mine = self._bins[:, column]
            bins.append([_mask(mine == place) for place in range(one.axis.bins)])
        filled = [[_among(mask, far) for mask in column] for column in bins]
        shares = {
            one.axis.name: share_of(filled[column], self._plan.reachable[one.axis.name])
            for column, one in enumerate(self._plan.judged)
        }
        names = np.array([member.session for member in self._members])
        sessions = among(between & (names[:, None] != names[None])) if self._members else 0
        score = score_of(group_shares(self._plan, shares, sessions))
        self._held = _Held(far, bins, filled, shares, sessions, score, self._replaceable())

    def _bins_of(self, features: Mapping[str, float]) -> NDArray[np.int64]:
        return np.array(
            [-1 if place is None else place for place in self._plan.bins(features)], np.int64
        )


class Steady:
    """Tells a glitch from the world: a frame that jumped counts only when the next one agrees.

    A value may move one step from a frame to the next, and two steps a second where frames are
    rarer; after three seconds without a frame nothing is known, and nothing is held back.
    """

    _FORGET_S = 3.0

    def __init__(self, space: Space) -> None:
        self._space = space
        self._before: tuple[float, Vector] | None = None

    @property
    def begun(self) -> bool:
        """Whether there was a frame to hold the next one against."""
        return self._before is not None

    def jumped(self, stamp: float, features: Mapping[str, float]) -> str:
        """Note a frame; the number that jumped, empty where none did."""
        point = self._space.vector(features)
        before, self._before = self._before, (stamp, point)
        if before is None or not 0 <= stamp - before[0] < self._FORGET_S:
            return ""
        change = np.abs(point - before[1])
        place = int(change.argmax())
        if change[place] <= max(1.0, 2.0 * (stamp - before[0])):
            return ""
        return self._space.names[place].rpartition(".")[2].replace("_", " ")


def _mask(flags: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def _among(mask: int, far: list[int]) -> int:
    """:func:`distinct.among` for the members in ``mask``."""
    best = min(mask, 1)
    rest = mask
    while rest:
        lowest = rest & -rest
        others = far[lowest.bit_length() - 1] & mask
        if others:
            best = 2
            third = others
            while third:
                one = third & -third
                if far[one.bit_length() - 1] & others:
                    return ENOUGH
                third ^= one
        rest ^= lowest
    return best


def _number(key: str) -> str:
    """``0031`` of ``check/calibration_0031.npz``."""
    return key.rpartition("_")[2].removesuffix(".npz") or "the one before"
