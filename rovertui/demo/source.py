"""The simulated rover as a source of frames, at any speed."""

from __future__ import annotations

import time
from collections.abc import Callable

from rovertui.config import Source as Settings
from rovertui.demo.observation import sample_depth
from rovertui.demo.world import World
from rovertui.sensors.frame import Frame, SourceFacts

_SENSOR_PERIOD_S = 0.1


class SimulatedSource:
    """Frames of :class:`rovertui.demo.world.World` (see :class:`rovertui.sensors.frame.Source`).

    With ``rate`` frames a second of ours, each frame is ``speed / rate`` seconds of source time
    after the one before. ``rate = 0`` renders as fast as the processor can, and each frame is
    ``speed`` sensor periods of 0.1 s later: speed 1 shows every frame of the rover's 10 Hz
    camera, speed 10 one for each second of source time. A processor that is too slow makes
    source time pass more slowly; no frame is left out, so that a seed gives the same frames
    everywhere.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._world = World(settings.seed)
        self._clock = clock
        self._sleep = sleep
        self._period = 1.0 / settings.rate if settings.rate else 0.0
        self._step = settings.speed * (self._period or _SENSOR_PERIOD_S)
        self._next = clock()
        self.facts = SourceFacts(
            kind="simulated",
            text=f"simulated rover, seed {settings.seed}",
            simulated=True,
            details={"seed": str(settings.seed), "seconds a frame": f"{self._step:g}"},
        )

    def read(self, timeout: float) -> Frame | None:
        """The next frame, or None when it is not due within ``timeout`` seconds."""
        wait = self._next - self._clock()
        if wait > timeout:
            self._sleep(timeout)
            return None
        if wait > 0:
            self._sleep(wait)
        # Flat out is for driving: a parked world gains nothing by a whole processor core.
        period = _SENSOR_PERIOD_S if self._world.parked else 0.0
        self._next = max(self._next + max(self._period, period), self._clock())
        self._world.step(self._step)
        seen = self._world.observe()
        return Frame(
            stamp=seen.stamp,
            received=self._clock(),
            arrays={"rgb": seen.rgb, "depth": sample_depth(seen.depth), "proprio": seen.proprio},
            action=seen.action,
            label=seen.label,
        )

    def park(self, parked: bool) -> None:
        self._world.parked = parked

    def close(self) -> None:
        """Nothing is held open."""
