"""A simulated drive as it is seen on the way, and six ways to choose samples from it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rovertui.calibration.axes import Plan
from rovertui.calibration.coverage import cover
from rovertui.calibration.features import Features
from rovertui.calibration.k_centre import covering
from rovertui.calibration.roles import role_of
from rovertui.calibration.selection import Member, Selection, Steady
from rovertui.calibration.space import Space
from rovertui.demo.observation import sample_depth
from rovertui.demo.world import World
from rovertui.schema import rgbd6

SCHEMA = rgbd6(depth_net_scale="1/6")
STEP, BLOCK, CHECK_EVERY = 0.5, 30.0, 4
COUNTS = (20, 50)
GUIDE, DIVERSE = "every 10 s", "diverse"
DIVERSE_FEW = "diverse 50, then k-centre"


@dataclass(frozen=True)
class Seen:
    """One frame of a drive: where it was and what it was like."""

    step: int
    stamp: float
    features: dict[str, float]
    rare: bool


def arrays_of(world: World) -> tuple[dict[str, Any], bool, float]:
    seen = world.observe()
    arrays = {"rgb": seen.rgb, "depth": sample_depth(seen.depth), "proprio": seen.proprio}
    return arrays, seen.rare, seen.stamp


def watch(seed: int, seconds: float) -> list[Seen]:
    """Every frame of a drive that is for calibration, as features."""
    world, measure, found = World(seed), Features(SCHEMA).measure, []
    for step in range(int(seconds / STEP)):
        world.step(STEP)
        if role_of(world.stamp, BLOCK, CHECK_EVERY) == "calibration":
            arrays, rare, stamp = arrays_of(world)
            found.append(Seen(step, stamp, measure(arrays), rare))
    return found


def diverse(drive: Sequence[Seen], count: int) -> list[int]:
    """The capture rule on-line."""
    space = Space(SCHEMA)
    chosen, steady = Selection(space, Plan(SCHEMA), count), Steady(space)
    for place, seen in enumerate(drive):
        jumped = steady.jumped(seen.stamp, seen.features)
        decision = chosen.decide(seen.features, "s")
        if decision.keep and not jumped:
            if decision.replaces:
                chosen.remove(decision.replaces)
            chosen.add(Member(f"x_{place}.npz", seen.features, "s"))
    return sorted(int(key[2:-4]) for key in chosen.keys)


def every(drive: Sequence[Seen], seconds: float, count: int) -> list[int]:
    """The first ``count`` frames that are ``seconds`` apart."""
    found: list[int] = []
    for place, seen in enumerate(drive):
        if len(found) < count and (
            not found or seen.stamp - drive[found[-1]].stamp >= seconds - 1e-6
        ):
            found.append(place)
    return found


def choices(drive: Sequence[Seen], count: int, seed: int) -> dict[str, list[int]]:
    points = Space(SCHEMA).matrix(seen.features for seen in drive)
    kept = diverse(drive, max(COUNTS))
    # What the program does: it keeps 50, and a conversion takes those that cover them.
    few = {DIVERSE_FEW: [kept[place] for place in sorted(covering(points[kept], count))]}
    return {
        **(few if count < max(COUNTS) else {}),
        "first N, one a second": every(drive, 1.0, count),
        GUIDE: every(drive, 10.0, count),
        "random": sorted(random.Random(seed).sample(range(len(drive)), count)),
        DIVERSE: diverse(drive, count),
        "k-centre": sorted(covering(points, count)),
    }


def worth(drive: Sequence[Seen], chosen: Sequence[int]) -> dict[str, float]:
    """Score, Vendi and span of a choice."""
    space = Space(SCHEMA)
    features = [drive[place].features for place in chosen]
    found = cover(Plan(SCHEMA), space, features, ["s"] * len(features))
    points, whole = space.matrix(features), space.matrix(seen.features for seen in drive)
    spans = (points.max(0) - points.min(0)) / np.maximum(whole.max(0) - whole.min(0), 1e-9)
    return {"score": found.score, "vendi": found.vendi, "span": float(spans.mean())}
