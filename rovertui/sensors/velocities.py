"""What a camera cannot know, from beside it: velocities, and whatever else the numbers hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rovertui.sensors.frame import Frame, Source, SourceFacts, Switchable, Telling

PROPRIO = "proprio"
_FRESH_S = 0.5


class WithVelocities:
    """A camera whose ``proprio`` is completed by a second source's.

    What the camera itself knows (attitude by its axes) stays. Numbers older than half a second
    are not used: they are NaN then, which no sample may hold, and never zero.

    Args:
        beside: its frames hold ``proprio`` (6,) and the age of ``velocity``.
    """

    def __init__(self, camera: Source, beside: Source) -> None:
        self._camera = camera
        self._beside = beside
        self._latest: Frame | None = None
        self._without = False

    @property
    def facts(self) -> SourceFacts:
        facts = self._camera.facts
        return replace(facts, text=f"{facts.text}, velocities from {self._beside.facts.text}")

    def read(self, timeout: float) -> Frame | None:
        """The camera's next frame, completed."""
        while (numbers := self._beside.read(0.0)) is not None:
            self._latest = numbers
        frame = self._camera.read(timeout)
        return None if frame is None else self._completed(frame)

    def _completed(self, frame: Frame) -> Frame:
        latest = self._latest
        behind = 0.0 if latest is None else frame.received - latest.received
        self._without = latest is None or behind > _FRESH_S
        own: NDArray[Any] = np.asarray(frame.arrays.get(PROPRIO, np.full(6, np.nan, np.float32)))
        if latest is None or self._without or own.shape != latest.arrays[PROPRIO].shape:
            return replace(frame, arrays={**frame.arrays, PROPRIO: own})
        numbers = np.where(np.isnan(own), latest.arrays[PROPRIO], own).astype(np.float32)
        ages = dict(frame.ages)
        if "velocity" in latest.ages:
            ages["velocity"] = latest.ages["velocity"] + max(behind, 0.0)
        return replace(
            frame, arrays={**frame.arrays, PROPRIO: numbers}, ages=ages, action=latest.action
        )

    def switch(self, on: bool) -> None:
        for source in (self._camera, self._beside):
            if isinstance(source, Switchable):
                source.switch(on)

    def news(self) -> list[str]:
        both = (self._camera, self._beside)
        return [text for source in both if isinstance(source, Telling) for text in source.news()]

    def trouble(self) -> list[str]:
        reasons = self._camera.trouble() if isinstance(self._camera, Telling) else []
        if self._without and not reasons:
            told = self._beside.trouble() if isinstance(self._beside, Telling) else []
            reasons = [*told, "no velocities come beside the camera's pictures"][:2]
        return reasons

    def park(self, parked: bool) -> None:
        self._camera.park(parked)

    def close(self) -> None:
        self._camera.close()
        self._beside.close()
