"""Sparing the machine while a worker runs: which processors it gets, and rest when it is hot."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from rovertui.reporter import Reporter

_EVERY = 1.0


@dataclass(frozen=True)
class Care:
    """Attributes:
    cores: numbers of the processors to run on; empty: any.
    celsius: the chip's temperature now; None where it is not known, which is no reason to rest.
    pause_above, resume_below: in degrees Celsius; 0 for ``pause_above``: never.
    """

    cores: tuple[int, ...] = ()
    celsius: Callable[[], float | None] = lambda: None
    pause_above: float = 0.0
    resume_below: float = 0.0


class Pauses:
    """Stops a process group while it is hot, and lets it go on when it has cooled down.

    The group is stopped by the kernel (``SIGSTOP``), whatever it is doing; ``SIGKILL`` still ends
    it. Only for a group whose leader is not reaped yet.

    Attributes:
        seconds: how long it has rested in all, until now.
    """

    def __init__(
        self,
        care: Care,
        group: int,
        reporter: Reporter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._care = care
        self._group = group
        self._reporter = reporter
        self._clock = clock
        self._since: float | None = None
        self._rested = 0.0
        self._look_at = clock()

    @property
    def seconds(self) -> float:
        running = 0.0 if self._since is None else self._clock() - self._since
        return self._rested + running

    @property
    def resting(self) -> bool:
        return self._since is not None

    def look(self) -> None:
        """Read the temperature, at most once a second, and act on it."""
        now = self._clock()
        if now < self._look_at or not self._care.pause_above:
            return
        self._look_at = now + _EVERY
        celsius = self._care.celsius()
        if self._since is None:
            if celsius is not None and celsius > self._care.pause_above:
                self._signal(signal.SIGSTOP)
                self._since = now
                self._say(celsius)
        elif celsius is None or celsius < self._care.resume_below:
            self._rested += now - self._since
            self._since = None
            self._signal(signal.SIGCONT)
            why = "its temperature cannot be read" if celsius is None else f"{celsius:.0f} °C"
            self._reporter.resume(f"goes on: {why}")
        else:
            self._say(celsius)

    def _say(self, celsius: float) -> None:
        self._reporter.pause(
            f"paused: {celsius:.0f} °C, goes on below {self._care.resume_below:.0f} °C"
        )

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._group, number)
