"""What a set is worth: rules that hold for every set of every schema."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui.calibration.axes import SESSIONS, Plan
from rovertui.calibration.coverage import Coverage, cover
from rovertui.calibration.distinct import among, different
from rovertui.calibration.index import Entry
from rovertui.calibration.space import COPY, Space, squares
from rovertui.calibration.vendi import vendi
from rovertui.calibration.worth import EXPLAINED, Worth
from rovertui.config import Config
from rovertui.schema import Array, Axis, Field, Schema

RGBD6 = Config().schema
Features = dict[str, float]

_NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=32)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """Schemas nobody foresaw: vectors with and without fields, grids with and without ranges."""
    arrays: dict[str, Array] = {}
    axes: list[Axis] = []
    for number in range(draw(st.integers(1, 3))):
        limits = draw(st.sampled_from([(-1e30, 1e30), (0.0, 1.0), (-3.0, 9.0)]))
        name = f"a{number}"
        if draw(st.booleans()):
            fields = [Field(name="x", low=limits[0], high=limits[1]), Field(name="y", step=0.3)]
            arrays[name] = Array(shape=[2], dtype="float32", fields=fields)
            axes.append(Axis(name=f"{name}x", of=f"{name}.x", low=0, high=2, bins=4))
        else:
            arrays[name] = Array(shape=[4, 4], dtype="float32", low=limits[0], high=limits[1])
    return Schema(arrays=arrays, inputs={}, axes=axes)


@st.composite
def sets(draw: st.DrawFn) -> tuple[Schema, list[Features], list[str]]:
    schema = draw(st.one_of(st.just(RGBD6), schemas()))
    names = Space(schema).names
    values = st.one_of(st.sampled_from([0.0, 0.1, 0.11, 0.5, 2.0, 60.0]), _NUMBERS)
    one = st.dictionaries(st.sampled_from(names or ["none"]), values)
    features = draw(st.lists(one, max_size=8))
    sessions = draw(
        st.lists(st.sampled_from("abc"), min_size=len(features), max_size=len(features))
    )
    return schema, features, sessions


def judged(schema: Schema, features: Sequence[Features], sessions: Sequence[str]) -> Coverage:
    return cover(Plan(schema), Space(schema), features, sessions)


def spread(coverage: Coverage) -> Any:
    return coverage.score, [axis.different for axis in coverage.axes]


@settings(max_examples=60, deadline=None)
@given(sets(), st.data())
def test_a_sample_more_never_lowers_the_score(
    given_set: tuple[Schema, list[Features], list[str]], data: st.DataObject
) -> None:
    schema, features, sessions = given_set
    if not features:
        return
    left_out = data.draw(st.integers(0, len(features) - 1))
    fewer = [f for i, f in enumerate(features) if i != left_out]
    names = [s for i, s in enumerate(sessions) if i != left_out]
    less, more = judged(schema, fewer, names), judged(schema, features, sessions)
    assert more.score >= less.score - 1e-9
    for before, after in zip(less.axes, more.axes, strict=True):
        assert all(b <= a for b, a in zip(before.different, after.different, strict=True))


@settings(max_examples=60, deadline=None)
@given(sets(), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(
    given_set: tuple[Schema, list[Features], list[str]], random: Any
) -> None:
    schema, features, sessions = given_set
    order = list(range(len(features)))
    random.shuffle(order)
    mixed = judged(schema, [features[i] for i in order], [sessions[i] for i in order])
    assert spread(mixed) == spread(judged(schema, features, sessions))


@settings(max_examples=60, deadline=None)
@given(sets())
def test_copies_add_nothing(given_set: tuple[Schema, list[Features], list[str]]) -> None:
    schema, features, sessions = given_set
    once = judged(schema, features, sessions)
    renamed = [*sessions, *("another" for _ in sessions)]
    twice = judged(schema, features * 2, renamed)
    assert [axis.different for axis in twice.axes] == [axis.different for axis in once.axes]
    assert twice.sessions <= max(once.sessions, different(Space(schema).matrix(features)))
    assert judged(schema, features * 2, sessions * 2).score == once.score
    assert twice.vendi == pytest.approx(once.vendi)


@settings(max_examples=60, deadline=None)
@given(sets(), st.sets(st.sampled_from(["brightness", "lin:3", "roll", "a0 mean", "nonsense"])))
def test_weights_sum_to_one_and_scores_are_finite(
    given_set: tuple[Schema, list[Features], list[str]], marked: set[str]
) -> None:
    schema, features, sessions = given_set
    plan = Plan(schema, marked)
    assert sum(plan.weights.values()) == pytest.approx(1.0)
    found = cover(plan, Space(schema), features, sessions)
    assert (0.0 < found.score <= 100.0) if features else found.score == 0.0
    assert all(math.isfinite(share) for share in found.groups.values())
    assert 0.0 <= found.vendi <= len(features) + 1e-9


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5])] * 2), max_size=7),
    st.lists(st.integers(0, 2), min_size=7, max_size=7),
)
def test_the_count_of_different_ones_is_exact(points: list[Any], labels: list[int]) -> None:
    array = np.array(points, float).reshape(len(points), 2)
    tags = np.array(labels[: len(points)])
    apart = (squares(array, array) > COPY) if len(points) else np.zeros((0, 0), bool)
    assert different(array) == among(apart)
    if len(points) > 0:
        assert different(array, tags) == among(apart & (tags[:, None] != tags[None]))


def test_a_thousand_of_one_and_one_of_another_are_two() -> None:
    points = np.zeros((1001, 3))
    points[700] = 1.0
    assert different(points) == 2
    assert different(points, np.zeros(1001, np.int64)) == 1


def parked(count: int, seed: int = 1) -> list[Features]:
    rng = np.random.default_rng(seed)
    return [frame(rng, brightness=90, lin=0.0, ang=0.0) for _ in range(count)]


def frame(rng: Any, **centre: float) -> Features:
    def noisy(value: float, noise: float) -> float:
        return float(value + rng.normal(0, noise))

    return {
        "brightness": noisy(centre["brightness"], 0.5),
        "contrast": noisy(centre.get("contrast", 40), 0.3),
        "colourful": noisy(20, 0.3),
        "clipped": 1.0,
        "nearest": noisy(centre.get("nearest", 1.5), 0.01),
        "depth_valid": 95.0,
        "depth_near": 0.8,
        "depth_mid": noisy(2.0, 0.01),
        "depth_far": 4.0,
        "proprio.lin_vel": noisy(centre["lin"], 0.002),
        "proprio.ang_vel": noisy(centre["ang"], 0.002),
        "proprio.roll": noisy(centre.get("roll", 0), 0.004),
        "proprio.pitch": noisy(0, 0.004),
        "proprio.accel": noisy(9.8, 0.04),
        "proprio.min_dist": noisy(1.5, 0.008),
    }


def varied(count: int, seed: int = 2) -> list[Features]:
    rng = np.random.default_rng(seed)
    return [
        frame(
            rng,
            brightness=rng.uniform(10, 245),
            lin=rng.uniform(-0.18, 0.18),
            ang=rng.uniform(-0.9, 0.9),
            roll=rng.uniform(-0.25, 0.25),
            nearest=rng.uniform(0.25, 3.8),
            contrast=rng.uniform(5, 90),
        )
        for _ in range(count)
    ]


def test_parked_corridor_and_varied_drives_get_clearly_different_verdicts() -> None:
    rng = np.random.default_rng(3)
    corridor = [
        frame(rng, brightness=rng.uniform(80, 110), lin=0.12, ang=rng.uniform(-0.1, 0.1))
        for _ in range(100)
    ]
    still, dull, good = (
        judged(RGBD6, drive, ["s"] * 100) for drive in (parked(100), corridor, varied(100))
    )
    assert still.parked
    assert not dull.parked
    assert "parked" in still.text
    assert 1.3 * still.vendi < dull.vendi < good.vendi / 3
    assert still.score < dull.score < good.score / 1.5


def test_parked_with_noise_is_one_sample_in_every_bin() -> None:
    found = judged(RGBD6, parked(200), ["s"] * 200)
    assert max(max(axis.different) for axis in found.axes) == 1


def test_a_hundred_copies_are_one_and_far_points_count_each() -> None:
    assert vendi(np.zeros((100, 4))) == pytest.approx(1.0)
    assert vendi(np.eye(30) * 9) == pytest.approx(30.0)
    assert vendi(np.zeros((0, 4))) == 0.0


def test_a_number_that_is_always_the_same_is_called_dead_and_still_counts() -> None:
    features = [{**each, "proprio.roll": 0.0} for each in varied(20)]
    found = judged(RGBD6, features, ["s"] * 20)
    assert found.dead == ("roll (always 0 rad)",)
    roll = next(axis for axis in found.axes if axis.judged.axis.name == "roll")
    assert 0 < roll.share < 0.1


def test_each_figure_is_explained_in_one_line_of_the_smallest_screen() -> None:
    assert set(EXPLAINED) == {"score", "vendi"}
    assert all(len(text) <= 78 for text in EXPLAINED.values())


def test_the_change_of_the_score_says_over_what_time_and_ends_with_it() -> None:
    class Scored(Worth):
        score = 0.0

        def judge(self, entries: Sequence[Entry], unreachable: frozenset[str]) -> Coverage:
            return replace(judged(RGBD6, varied(2), ["s"] * 2), score=self.score)

    worth = Scored(RGBD6, "")
    worth.score = 50.0
    assert worth.look((), frozenset(), 1000.0).gained == 0.0
    worth.score = 58.0
    seen = worth.look((), frozenset(), 1012.0)
    assert (seen.gained, seen.gained_over) == (8.0, 12)
    later = worth.aged(seen, 1200.0)
    assert (later.gained, later.gained_over) == (8.0, 200)
    assert worth.aged(later, 1311.0).gained_over == 300
    gone = worth.aged(later, 1312.0)
    assert (gone.gained, gone.gained_over) == (0.0, 0)
    assert worth.aged(gone, 9000.0) is gone


def test_a_dead_number_is_named_although_no_axis_looks_at_it() -> None:
    features = [{**each, "proprio.min_dist": 10.0} for each in varied(20)]
    assert judged(RGBD6, features, ["s"] * 20).dead == ("min_dist (always 10 m)",)
    assert judged(RGBD6, features[:4], ["s"] * 4).dead == ()


def test_what_a_site_has_not_does_not_count() -> None:
    features = varied(60)
    assert "attitude" not in Plan(RGBD6, {"pitch", "roll"}).groups
    flat = Plan(RGBD6, {"pitch"})
    dark = Plan(RGBD6, {"brightness:0"})
    assert dark.bins({"brightness": 3.0})[0] is None
    space = Space(RGBD6)
    without = cover(flat, space, features, ["s"] * 60).score
    assert without > cover(Plan(RGBD6), space, features, ["s"] * 60).score


def test_when_nothing_is_reachable_the_sessions_are_left() -> None:
    names = {one.axis.name for one in Plan(RGBD6).every}
    plan = Plan(RGBD6, {*names, SESSIONS})
    assert plan.weights == {SESSIONS: 1.0}


def test_three_sessions_count_and_three_names_of_one_scene_do_not() -> None:
    apart = varied(30)
    named = ["a", "b", "c"] * 10
    assert judged(RGBD6, apart, named).sessions == 3
    assert judged(RGBD6, apart, ["a"] * 30).sessions == 1
    assert judged(RGBD6, [apart[0]] * 30, named).sessions == 1


def test_a_grid_that_nobody_described_is_judged_all_the_same() -> None:
    schema = Schema(
        arrays={
            "grid": Array(shape=[8, 8], dtype="float32"),
            "bev": Array(shape=[2, 4, 4], dtype="uint8", low=0, high=255),
        },
        inputs={},
    )
    names = [one.axis.name for one in Plan(schema).every]
    assert names == [
        f"{a} {w}" for a in ("grid", "bev") for w in ("mean", "spread", "zeros", "range")
    ]
    rng = np.random.default_rng(4)
    features = [
        {"grid.mean": v, "grid.spread": abs(v), "grid.zeros": 9 * abs(v), "bev.mean": 25 * abs(v)}
        for v in rng.uniform(-9, 9, 40)
    ]
    assert (
        judged(schema, features, ["s"] * 40).score
        > 3 * judged(schema, features[:1] * 40, ["s"] * 40).score
    )
