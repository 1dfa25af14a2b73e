"""Whether the rover moves, judged from its velocities over the last second."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Literal

from rovertui.config import Rover
from rovertui.schema import Schema

WINDOW_S = 1.0
_LINEAR, _ANGULAR = "lin_vel", "ang_vel"


class Motion:
    """``still`` needs a whole second of both velocities below the configured limits.

    One velocity above its limit within that second is ``moving``; everything else, a schema
    without these fields included, is ``unknown``, which is not standing still.
    """

    def __init__(self, schema: Schema, rover: Rover) -> None:
        keys = {
            field.name: f"{name}.{field.name}"
            for name, array in schema.arrays.items()
            for field in array.fields
        }
        self._keys = [
            (keys.get(_LINEAR), rover.still_linear),
            (keys.get(_ANGULAR), rover.still_angular),
        ]
        self._seen: deque[tuple[float, Literal["still", "moving", "unknown"]]] = deque()

    def add(self, now: float, numbers: Mapping[str, float]) -> None:
        """Note one frame: ``now`` from a monotonic clock, numbers as ``ARRAY.FIELD``."""
        self._seen.append((now, self._judge(numbers)))
        # One frame older than the window stays, so that the rest is known to span it.
        while len(self._seen) > 1 and self._seen[1][0] <= now - WINDOW_S:
            self._seen.popleft()

    def state(self, now: float) -> Literal["still", "moving", "unknown"]:
        if not self._seen or now - self._seen[-1][0] > WINDOW_S:
            return "unknown"
        states = {state for _, state in self._seen}
        if "moving" in states:
            return "moving"
        spans = self._seen[0][0] <= now - WINDOW_S
        return "still" if spans and states == {"still"} else "unknown"

    def _judge(self, numbers: Mapping[str, float]) -> Literal["still", "moving", "unknown"]:
        values = [(numbers.get(key) if key else None, limit) for key, limit in self._keys]
        if any(value is not None and abs(value) > limit for value, limit in values):
            return "moving"
        return "unknown" if any(value is None for value, _ in values) else "still"
