"""How much of what a rover can meet a set of samples holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rovertui.calibration.axes import SESSIONS, Judged, Plan
from rovertui.calibration.distinct import ENOUGH, different
from rovertui.calibration.space import Space, Vector
from rovertui.calibration.vendi import vendi

LEAST = 0.02
_ALL_ALIKE = 5
_FEW_SCENES = 3.0


@dataclass(frozen=True)
class Covered:
    """One axis: how many samples lie in each bin, and how many different ones, at most three.

    Attributes:
        share: 0..1 of what the reachable bins could hold.
        dead: every sample has this very value (five or more of them); None otherwise.
    """

    judged: Judged
    counts: tuple[int, ...]
    different: tuple[int, ...]
    reachable: frozenset[int]
    share: float
    dead: float | None = None


@dataclass(frozen=True)
class Coverage:
    """What a set is worth.

    Attributes:
        score: 0..100, the geometric mean of the groups' shares, each at least 0.02;
            0 without a sample.
        vendi: how many samples are really different.
        sessions: how many sessions differ from one another, at most three; its share is a third
            of that.
        parked: the rover stood still in all of them.
        dead: sensors that say the same in every sample, and what they say.
    """

    count: int
    score: float
    vendi: float
    axes: tuple[Covered, ...]
    groups: Mapping[str, float]
    sessions: int = 0
    parked: bool = False
    dead: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What to think of it, in one line."""
        if self.count == 0:
            return "no samples yet"
        words = f"{self.count} kept, {self.vendi:.1f} really different, {self.score:.0f} % covered"
        if self.parked:
            return f"{words}: taken parked"
        if self.count >= _ALL_ALIKE and self.vendi < _FEW_SCENES:
            return f"{words}: one scene over and over"
        return words


def cover(
    plan: Plan,
    space: Space,
    features: Sequence[Mapping[str, float]],
    sessions: Sequence[str],
) -> Coverage:
    """Judge samples by their features. Order does not matter; copies add nothing; more samples
    never score less.

    Args:
        features: of each sample; missing and non-finite numbers are in no bin.
        sessions: of each sample, in the same order.
    """
    points = space.matrix(features)
    places = np.array(
        [[-1 if place is None else place for place in plan.bins(each)] for each in features],
        dtype=np.int64,
    ).reshape(len(features), len(plan.judged))
    axes = tuple(
        _covered(one, plan.reachable[one.axis.name], points, places[:, column], features)
        for column, one in enumerate(plan.judged)
    )
    shares = {axis.judged.axis.name: axis.share for axis in axes}
    labels = np.unique(np.array(list(sessions), dtype=object).astype(str), return_inverse=True)[1]
    apart = different(points, labels.astype(np.int64))
    groups = group_shares(plan, shares, apart)
    return Coverage(
        count=len(features),
        score=score_of(groups) if features else 0.0,
        vendi=vendi(points),
        axes=axes,
        groups=groups,
        sessions=apart,
        parked=_parked(features),
        dead=_dead(plan, axes, features),
    )


def group_shares(plan: Plan, shares: Mapping[str, float], sessions: int) -> dict[str, float]:
    """The mean of the axes of each group."""
    groups = {
        name: sum(shares[one.axis.name] for one in members) / len(members)
        for name, members in plan.groups.items()
    }
    return {**groups, SESSIONS: sessions / ENOUGH} if plan.sessions else groups


def score_of(groups: Mapping[str, float]) -> float:
    """100 x the geometric mean, each group at least 0.02."""
    logs = [math.log(max(share, LEAST)) for share in groups.values()]
    return 100.0 * math.exp(sum(logs) / len(logs))


def share_of(filled: Sequence[int], reachable: frozenset[int]) -> float:
    """0..1: how full the reachable bins are, three different samples being full."""
    return sum(filled[place] for place in reachable) / (ENOUGH * len(reachable))


def _covered(
    judged: Judged,
    reachable: frozenset[int],
    points: Vector,
    places: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    features: Sequence[Mapping[str, float]],
) -> Covered:
    bins = judged.axis.bins
    counts = np.bincount(places[places >= 0], minlength=bins)
    filled = [different(points[places == place]) if counts[place] else 0 for place in range(bins)]
    return Covered(
        judged=judged,
        counts=tuple(counts.tolist()),
        different=tuple(filled),
        reachable=reachable,
        share=share_of(filled, reachable),
        dead=_constant(judged.axis.of, features),
    )


def _constant(name: str, features: Sequence[Mapping[str, float]]) -> float | None:
    """The value of a vector's number that all samples share; None where one differs."""
    values = {each[name] for each in features if name in each}
    alike = len(values) == 1 and len(features) >= _ALL_ALIKE
    return next(iter(values)) if alike and "." in name else None


def _dead(
    plan: Plan, axes: Sequence[Covered], features: Sequence[Mapping[str, float]]
) -> tuple[str, ...]:
    """Those with an axis first, then numbers that no axis looks at."""
    found = [(a.judged.axis.name, a.dead, a.judged.axis.unit) for a in axes]
    looked_at = {axis.judged.axis.of for axis in axes}
    found += [
        (name.rpartition(".")[2], _constant(name, features), unit)
        for name, unit in plan.units.items()
        if name not in looked_at
    ]
    return tuple(
        f"{name} (always {value:g} {unit}".rstrip() + ")"
        for name, value, unit in found
        if value is not None
    )


_STILL = {"lin_vel": 0.02, "ang_vel": 0.03}


def _parked(features: Sequence[Mapping[str, float]]) -> bool:
    """Whether all known velocities of a set are those of a rover that stands still."""
    speeds = [
        abs(value) <= _STILL[name.rpartition(".")[2]]
        for each in features
        for name, value in each.items()
        if name.rpartition(".")[2] in _STILL
    ]
    return len(features) >= _ALL_ALIKE and bool(speeds) and all(speeds)
