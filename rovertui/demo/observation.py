"""What the simulated rover's sensors give at one instant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HEIGHT = 240
WIDTH = 424
MAX_DEPTH_M = 6.0

LABELS = (
    "corridor",
    "room",
    "outdoors",
    "slope",
    "near_obstacle",
    "fast_turn",
    "reverse",
    "overexposed",
    "dark",
)
COMMON_LABEL = "corridor"


@dataclass(frozen=True, slots=True)
class Observation:
    """One frame of the simulated rover.

    stamp    seconds of source time since the world began
    rgb      (240, 424, 3) uint8, RGB order
    depth    (240, 424) float32, metres along the optical axis, as a camera gives it: NaN where
             there was no match, 0 where the image is blown out, +inf beyond its range.
             `sample_depth` turns it into what a sample holds.
    proprio  (6,) float32: lin_vel m/s, ang_vel rad/s, roll rad, pitch rad, accel m/s^2
             (magnitude with gravity), min_dist m
    action   (2,) float32 in -1..1: what the driver commands now (linear, angular)
    parked   whether the rover was told to stand still
    label    ground truth, one of LABELS; "corridor" is the dull, common case
    """

    stamp: float
    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    proprio: NDArray[np.float32]
    action: NDArray[np.float32]
    parked: bool
    label: str

    @property
    def rare(self) -> bool:
        """Whether this is one of the uncommon moments."""
        return self.label != COMMON_LABEL


def sample_depth(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Depth as a sample holds it: NaN and +inf become 6.0, clipped to 0..6.0 metres."""
    filled = np.where(np.isnan(depth), np.float32(MAX_DEPTH_M), depth)
    return np.clip(filled, 0.0, MAX_DEPTH_M).astype(np.float32, copy=False)
