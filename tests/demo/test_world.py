"""The simulated rover: reproducible, fast enough, dull most of the time and rare often enough."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui.demo import track
from rovertui.demo.driver import View, decide
from rovertui.demo.observation import (
    COMMON_LABEL,
    HEIGHT,
    LABELS,
    WIDTH,
    Observation,
    sample_depth,
)
from rovertui.demo.world import World

DRIVE_S = 1320


@pytest.fixture(scope="module")
def labels() -> list[str]:
    """Ground truth of one drive, twice a second."""
    world = World(seed=11)
    found = []
    for _ in range(2 * DRIVE_S):
        world.step(0.5)
        found.append(world.label())
    return found


@pytest.fixture(scope="module")
def frames() -> list[Observation]:
    """Frames of one drive: every eighth second, and every rare half second."""
    world = World(seed=12)
    kept = []
    for i in range(2 * 660):
        world.step(0.5)
        if i % 16 == 0 or world.label() != COMMON_LABEL:
            kept.append(world.observe())
    return kept


def same(a: Observation, b: Observation) -> bool:
    return (
        a.stamp == b.stamp
        and a.label == b.label
        and a.parked == b.parked
        and np.array_equal(a.rgb, b.rgb)
        and np.array_equal(a.depth, b.depth, equal_nan=True)
        and np.array_equal(a.proprio, b.proprio)
        and np.array_equal(a.action, b.action)
    )


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    cuts=st.lists(st.integers(0, 12_000), max_size=12),
)
def test_a_drive_depends_on_the_seed_and_not_on_how_time_is_cut(seed: int, cuts: list[int]) -> None:
    whole, pieces = World(seed), World(seed)
    whole.step(12.0)
    marks = sorted({0, *cuts, 12_000})
    for before, after in pairwise(marks):
        pieces.step((after - before) / 1000)
    assert same(whole.observe(), pieces.observe())


def test_what_lies_behind_is_forgotten_and_the_drive_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def drive() -> tuple[list[Observation], int]:
        world, seen = World(seed=3), []
        for _ in range(6):
            world.step(120.0)
            seen.append(world.observe())
        return seen, len(world._track._rows)

    monkeypatch.setattr(track, "BEHIND_M", 1e9)
    whole, all_of_it = drive()
    monkeypatch.setattr(track, "BEHIND_M", 2.0)
    monkeypatch.setattr(track, "_AT_ONCE", 6)
    seen, kept = drive()
    for one, other in zip(whole, seen, strict=True):
        assert one.label == other.label
        for name in ("rgb", "depth", "proprio", "action"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert kept * track.SPACING_M < 60.0 < 100.0 < all_of_it * track.SPACING_M


def test_looking_changes_nothing() -> None:
    watched, alone = World(3), World(3)
    for _ in range(40):
        watched.step(0.7)
        watched.observe()
        alone.step(0.7)
    assert same(watched.observe(), watched.observe())
    assert same(watched.observe(), alone.observe())


def test_seeds_give_different_drives() -> None:
    one, two = World(1), World(2)
    one.step(60.0)
    two.step(60.0)
    assert not np.array_equal(one.observe().rgb, two.observe().rgb)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="source time"):
        World(1).step(-0.1)


def test_a_frame_has_the_shapes_and_units_of_the_contract(frames: list[Observation]) -> None:
    for frame in frames:
        assert frame.rgb.shape == (HEIGHT, WIDTH, 3) and frame.rgb.dtype == np.uint8
        assert frame.depth.shape == (HEIGHT, WIDTH) and frame.depth.dtype == np.float32
        assert frame.proprio.shape == (6,) and frame.proprio.dtype == np.float32
        assert frame.action.shape == (2,) and frame.action.dtype == np.float32
        assert np.abs(frame.action).max() <= 1.0
        assert frame.label in LABELS
        lin, ang, roll, pitch, accel, nearest = frame.proprio.tolist()
        assert abs(lin) < 0.25
        assert abs(ang) < 1.1
        assert max(abs(roll), abs(pitch)) < 0.35
        assert 5.0 < accel < 15.0
        assert 0.0 < nearest <= 6.0


def test_depth_has_holes_that_a_sample_has_not(frames: list[Observation]) -> None:
    assert all(np.isnan(f.depth).any() for f in frames)
    assert any(np.isinf(f.depth).any() for f in frames)
    assert any((f.depth == 0).mean() > 0.1 for f in frames if f.label == "overexposed")
    for frame in frames:
        depth = sample_depth(frame.depth)
        assert depth.dtype == np.float32
        assert np.isfinite(depth).all()
        assert depth.min() >= 0.0 and depth.max() <= 6.0
        assert np.isfinite(frame.depth).mean() > 0.3


def test_missing_depth_reads_as_far_and_negative_as_zero() -> None:
    raw = np.array([[np.nan, np.inf, -1.0, 0.0, 2.5, 9.0]], dtype=np.float32)
    assert sample_depth(raw).tolist() == [[6.0, 6.0, 0.0, 0.0, 2.5, 6.0]]


def test_nine_tenths_are_dull(labels: list[str]) -> None:
    common = Counter(labels)[COMMON_LABEL] / len(labels)
    assert 0.84 < common < 0.95


def test_every_rare_thing_happens_in_a_drive_that_fills_a_set(labels: list[str]) -> None:
    assert set(LABELS) <= set(labels)


def test_any_five_minutes_hold_several_rare_moments(labels: list[str]) -> None:
    window = 600
    for begin in range(0, len(labels) - window + 1, 40):
        part = labels[begin : begin + window]
        bursts = sum(a == COMMON_LABEL != b for a, b in pairwise(part))
        assert bursts >= 4
        assert len(set(part) - {COMMON_LABEL}) >= 3


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_the_rover_never_gets_stuck(seed: int) -> None:
    world = World(seed)
    turns = []
    for _ in range(DRIVE_S):
        world.step(1.0)
        turns.append(world.label())
    runs = max(
        sum(1 for label in turns[i : i + 60] if label in ("near_obstacle", "reverse"))
        for i in range(0, DRIVE_S, 30)
    )
    assert runs < 30


def test_rare_frames_look_different(frames: list[Observation]) -> None:
    brightness = {
        label: np.mean([f.rgb.mean() for f in frames if f.label == label])
        for label in ("corridor", "dark", "overexposed")
    }
    assert brightness["dark"] < 0.6 * brightness["corridor"]
    assert brightness["overexposed"] > 1.4 * brightness["corridor"]
    near = [np.nanpercentile(f.depth, 20) for f in frames if f.label == "near_obstacle"]
    dull = [np.nanpercentile(f.depth, 20) for f in frames if f.label == "corridor"]
    assert np.mean(near) < 0.8 * np.mean(dull)


def test_rare_frames_are_driven_differently(frames: list[Observation]) -> None:
    linear = {x: np.mean([f.action[0] for f in frames if f.label == x]) for x in LABELS}
    turn = {x: np.mean([abs(f.action[1]) for f in frames if f.label == x]) for x in LABELS}
    assert linear["reverse"] < -0.1
    assert linear["dark"] < linear["corridor"] - 0.2
    assert linear["slope"] < linear["corridor"] - 0.1
    assert turn["fast_turn"] > 5 * turn["corridor"]


def test_a_parked_rover_stands_still_while_its_sensors_jitter() -> None:
    world = World(5)
    world.step(30.0)
    world.parked = True
    frames = []
    for _ in range(40):
        world.step(0.5)
        frames.append(world.observe())
    speeds = np.array([f.proprio[:2] for f in frames])
    assert np.abs(speeds[:, 0]).max() < 0.02
    assert np.abs(speeds[:, 1]).max() < 0.03
    assert speeds.std(axis=0).min() > 0.0
    assert all(f.parked and not f.action.any() for f in frames)
    change = np.abs(frames[0].rgb.astype(int) - frames[-1].rgb.astype(int))
    assert 0.0 < change.mean() < 6.0


def test_a_rover_drives_on_when_it_is_no_longer_parked() -> None:
    world = World(5)
    world.parked = True
    world.step(60.0)
    world.parked = False
    world.step(3.0)
    assert world.observe().proprio[0] > 0.08
    assert not world.observe().parked


VIEW = View(bearing=0.05, keep_left=0.0, keep_right=0.0, light=0.9)
DULL = (0.14, 0.02, 0.0, 0.0, 9.81, 2.0)


@pytest.mark.parametrize(
    ("index", "change"), [(0, 0.1), (1, 0.3), (2, 0.1), (3, 0.1), (4, 1.5), (5, -1.55)]
)
def test_each_of_the_six_numbers_matters(index: int, change: float) -> None:
    other = list(DULL)
    other[index] += change
    difference = np.subtract(decide(VIEW, DULL), decide(VIEW, other))
    assert np.abs(difference).max() > 0.08


@given(
    bearing=st.floats(-1, 1),
    pull=st.floats(0, 1),
    light=st.floats(0.01, 5),
    nearest=st.floats(0.05, 6),
    tilt=st.floats(-0.3, 0.3),
)
def test_the_driver_is_smooth(
    bearing: float, pull: float, light: float, nearest: float, tilt: float
) -> None:
    feeling = [0.1, 0.0, tilt, -tilt, 9.81, nearest]
    before = decide(View(bearing, pull, 0.0, light), feeling)
    after = decide(View(bearing + 1e-4, pull, 0.0, light * 1.0001), [*feeling[:5], nearest + 1e-4])
    assert np.abs(np.subtract(before, after)).max() < 5e-3
    assert max(map(abs, before)) < 1.0 + 1e-9
