"""Samples of a directory, played again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.errors import OperatorError
from rovertui.sensors.replay import SampleReplay

from .conftest import FakeTime


def stamped(path: Path, stamp: float, scene: int, simulated: bool, arrays: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, stamp=stamp, simulated=simulated, **arrays(scene))


@pytest.fixture
def recording(tmp_path: Path, sample_arrays: Callable[[int], Any]) -> Path:
    root = tmp_path / "drive"
    stamped(root / "calibration_0000.npz", 30.0, 3, False, sample_arrays)
    stamped(root / "calibration_0001.npz", 10.0, 1, False, sample_arrays)
    stamped(root / "check" / "calibration_0002.npz", 20.0, 2, False, sample_arrays)
    return root


def play(source: SampleReplay, count: int) -> list[Any]:
    return [source.read(0.1) for _ in range(count)]


def test_samples_come_in_the_order_of_their_stamps(recording: Path, clock: FakeTime) -> None:
    source = SampleReplay(recording, flat_out=True, clock=clock, sleep=clock.sleep)
    frames = play(source, 3)
    assert [(f.stamp, int(f.arrays["rgb"][0, 0, 0])) for f in frames] == [
        (10, 21),
        (20, 22),
        (30, 23),
    ]
    assert source.read(0.1) is None
    assert "at its end" in source.news()[0] and source.trouble()


def test_in_real_time_gaps_are_as_they_were(recording: Path, clock: FakeTime) -> None:
    source = SampleReplay(recording, clock=clock, sleep=clock.sleep)
    began, times = clock.now, []
    while len(times) < 3:
        if source.read(0.1) is not None:
            times.append(round(clock.now - began))
    assert times == [0, 10, 20]


def test_a_pause_stops_it_and_shifts_the_rest(recording: Path, clock: FakeTime) -> None:
    source = SampleReplay(recording, clock=clock, sleep=clock.sleep)
    assert source.read(0.1) is not None
    source.park(True)
    assert play(source, 500) == [None] * 500
    assert source.trouble() == ["the replay is paused"]
    source.park(False)
    began = clock.now
    while source.read(0.1) is None:
        pass
    assert clock.now - began == pytest.approx(10.0, abs=0.2)


def test_simulated_and_real_are_never_mixed(
    recording: Path, sample_arrays: Callable[[int], Any]
) -> None:
    stamped(recording / "calibration_0009.npz", 9.0, 9, True, sample_arrays)
    with pytest.raises(OperatorError, match="never mixed"):
        SampleReplay(recording)


def test_a_replay_of_simulated_samples_is_simulated(
    tmp_path: Path, sample_arrays: Callable[[int], Any]
) -> None:
    stamped(tmp_path / "d" / "calibration_0000.npz", 1.0, 1, True, sample_arrays)
    assert SampleReplay(tmp_path / "d").facts.simulated


def test_a_broken_file_is_named_and_left_out(recording: Path) -> None:
    (recording / "calibration_0003.npz").write_bytes(b"PK\x03\x04half")
    source = SampleReplay(recording, flat_out=True)
    assert source.news() == ["calibration_0003.npz is not replayed: its end is missing."]
    assert len([f for f in play(source, 3) if f]) == 3


def test_an_empty_directory_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no samples to replay"):
        SampleReplay(tmp_path)
