from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest


class FakeTime:
    """Seconds that pass only when told, or when somebody sleeps."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class StandInCollector:
    """Writes as the rover's collector does: from 0000 at each start, in place, compressed.

    A stand-in of this project's, not the real node.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.count = 0
        self.scene = 0

    def start(self, *, removes: bool = False) -> None:
        """Begin again; since 2025-11-22 the real one removes the whole directory first."""
        if removes:
            shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.count = 0

    def write(self) -> Path:
        self.scene += 1
        path = self.directory / f"calibration_{self.count:04d}.npz"
        self.count += 1
        np.savez_compressed(path, **arrays(self.scene))
        return path


def arrays(scene: int) -> dict[str, Any]:
    depth = np.full((240, 424), 1.0 + scene / 100, np.float32)
    return {
        "rgb": np.full((240, 424, 3), 20 + scene % 200, np.uint8),
        "depth": depth,
        "proprio": np.array([0.1, 0, 0, 0, 9.8, 1 + scene / 1000], np.float32),
    }


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


@pytest.fixture
def collector(tmp_path: Path) -> StandInCollector:
    made = StandInCollector(tmp_path / "rover" / "calibration_data")
    made.start()
    return made


@pytest.fixture(scope="session")
def sample_arrays() -> Callable[[int], dict[str, Any]]:
    return arrays
