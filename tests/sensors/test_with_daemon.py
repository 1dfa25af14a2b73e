"""A stand-in collector beside a live daemon: overwriting from 0000, and removing its directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration import sample
from rovertui.calibration.simulated import simulated
from rovertui.config import Capture, Config, Source
from tests.daemon.rig import Rig

from . import recorded
from .conftest import StandInCollector


@pytest.fixture
def rig(tmp_path: Path, collector: StandInCollector) -> Iterator[Rig]:
    root = tmp_path / "w"
    root.mkdir()
    ros2 = tmp_path / "ros2"
    ros2.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/told\n')
    ros2.chmod(0o755)
    made = Rig(
        root,
        Config(
            source=Source(
                kind="directory",
                path=str(collector.directory),
                capture_command=[str(ros2), "param", "set", "/n", "save", "{value}"],
            ),
            capture=Capture(count=500),
        ),
    )
    yield made
    made.end()


def scenes(rig: Rig) -> list[int]:
    """The stand-in's scenes in our own set, in the order of our numbers."""
    found = []
    for path in sorted(rig.workspace.samples(rig.workspace.load()).rglob("*.npz")):
        arrays, stamp = sample.read(path)
        assert stamp is not None and stamp.source == "collector (its directory)"
        found.append(int(arrays["rgb"][0, 0, 0]) - 20)
    return sorted(found)


def kept(rig: Rig, count: int) -> None:
    rig.until(lambda s: s.capture.kept + s.capture.checking == count)


def test_nothing_is_lost_by_a_counter_or_a_directory_that_begins_again(
    rig: Rig, collector: StandInCollector, tmp_path: Path
) -> None:
    rig.start()
    rig.do("capture.on", session="s")
    for _ in range(3):
        collector.write()
    kept(rig, 3)
    collector.start()
    for _ in range(2):
        collector.write()
    kept(rig, 5)
    collector.start(removes=True)
    collector.write().write_bytes(b"PK\x03\x04half a file")
    collector.write()
    kept(rig, 6)
    assert scenes(rig) == [1, 2, 3, 4, 5, 7]
    snapshot = rig.until(lambda s: len(s.notices) >= 3)
    said = " ".join(snapshot.notices)
    assert "counts from" in said and "was removed" in said and "end is missing" in said
    assert (tmp_path / "told").read_text() == "param set /n save true\n"
    rig.do("capture.off")
    collector.write()
    rig.until(lambda s: (tmp_path / "told").read_text().endswith("save false\n"))
    assert len(scenes(rig)) == 6


@pytest.fixture
def replaying(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def start(path: Path, **source: Any) -> Rig:
        root = tmp_path / "replay"
        root.mkdir()
        config = Config(
            source=Source(kind="replay", path=str(path), **source),
            capture=Capture(rule="interval", interval=1.0),
        )
        made.append(Rig(root, config))
        made[-1].start()
        return made[-1]

    yield start
    for rig in made:
        rig.end()


def test_a_drive_is_replayed_paused_and_becomes_samples_again(
    replaying: Callable[..., Rig], collector: StandInCollector
) -> None:
    for _ in range(6):
        collector.write()
    rig = replaying(collector.directory, speed=20.0)
    rig.do("drive.park")
    rig.until(lambda s: s.stream.parked and s.stream.reasons == ["the replay is paused"])
    assert rig.snapshot().refusals["drive.park"] == "The replay is paused."
    rig.do("capture.on", session="again")
    rig.do("drive.go")
    snapshot = rig.until(lambda s: s.capture.kept + s.capture.checking >= 4)
    assert snapshot.stream.source == "replay of calibration_data"
    assert not snapshot.simulated


def test_a_replay_of_simulated_samples_is_simulated_and_is_no_demo(
    replaying: Callable[..., Rig], tmp_path: Path, sample_arrays: Callable[[int], Any]
) -> None:
    played = tmp_path / "played"
    played.mkdir()
    for number in range(3):
        np.savez(played / f"{number}.npz", simulated=True, stamp=number, **sample_arrays(number))
    rig = replaying(played)
    snapshot = rig.until(lambda s: s.stream.frames)
    assert snapshot.simulated and snapshot.stream.kind == "replay"
    config = rig.workspace.load()
    assert simulated(rig.workspace, config)
    assert not config.simulated, "its node may be a real one"


def test_a_recording_of_the_camera_is_seen_and_says_what_a_sample_lacks(
    replaying: Callable[..., Rig], tmp_path: Path
) -> None:
    recorded.record(tmp_path / "drive.db3", count=150)
    rig = replaying(tmp_path / "drive.db3")
    rig.do("capture.on", session="s")
    snapshot = rig.until(lambda s: "proprio: missing" in s.capture.text)
    assert snapshot.stream.frames > 0
    assert snapshot.stream.skew is not None
