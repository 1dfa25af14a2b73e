"""The simulated rover as a source: same seed, same frames; as fast as asked."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from rovertui.config import Config, Kind, Source
from rovertui.demo.source import SimulatedSource
from rovertui.errors import OperatorError
from rovertui.recorder.sources import factories
from rovertui.sensors.frame import Frame
from rovertui.sensors.open import open_source
from rovertui.workspace import Workspace


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def play(source: SimulatedSource, count: int) -> list[Frame]:
    frames: list[Frame] = []
    while len(frames) < count:
        frame = source.read(0.03)
        if frame is not None:
            frames.append(frame)
    return frames


def test_frames_fit_the_guides_schema_and_hold_no_holes() -> None:
    frame = play(SimulatedSource(Source(kind="simulated")), 1)[0]
    for name, array in Config().schema.arrays.items():
        assert frame.arrays[name].shape == tuple(array.shape)
        assert frame.arrays[name].dtype == array.dtype
    assert np.isfinite(frame.arrays["depth"]).all()


def test_a_seed_gives_the_same_frames_at_every_rate() -> None:
    clock = Clock()
    paced = SimulatedSource(Source(kind="simulated", speed=5, rate=5), clock, clock.sleep)
    flat_out = SimulatedSource(Source(kind="simulated", speed=10, rate=0))
    for one, other in zip(play(paced, 3), play(flat_out, 3), strict=True):
        assert one.stamp == other.stamp
        np.testing.assert_array_equal(one.arrays["rgb"], other.arrays["rgb"])


def test_speed_is_source_time_for_each_second_of_ours() -> None:
    clock = Clock()
    source = SimulatedSource(Source(kind="simulated", speed=3, rate=10), clock, clock.sleep)
    frames = play(source, 21)
    assert frames[-1].stamp - frames[0].stamp == pytest.approx(6.0)
    assert frames[-1].received - frames[0].received == pytest.approx(2.0)


def test_a_frame_that_is_not_due_is_not_waited_for() -> None:
    clock = Clock()
    source = SimulatedSource(Source(kind="simulated", rate=1), clock, clock.sleep)
    assert source.read(0.1) is not None
    assert source.read(0.1) is None
    assert clock.now == pytest.approx(0.1)


def test_a_parked_rover_stands_still_while_time_goes_on() -> None:
    source = SimulatedSource(Source(kind="simulated", speed=10, rate=0))
    play(source, 3)
    source.park(True)
    frames = play(source, 3)
    assert max(abs(float(frame.arrays["proprio"][0])) for frame in frames) < 0.02
    assert frames[-1].stamp - frames[0].stamp == pytest.approx(2.0)


def test_every_kind_that_can_be_configured_can_be_opened(tmp_path: Path) -> None:
    assert set(factories(Workspace(tmp_path))) == set(get_args(Kind)) - {"none"}


def test_without_a_configured_source_there_is_a_refusal() -> None:
    with pytest.raises(OperatorError, match=r'source\.kind is "none"'):
        open_source(Config(), {"simulated": lambda config: SimulatedSource(config.source)})
