"""A directory of samples played again as if it were a sensor."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rovertui.errors import OperatorError
from rovertui.reading import contents
from rovertui.sensors.frame import Frame, SourceFacts
from rovertui.sensors.npz import LARGEST, Unreadable, arrays_of
from rovertui.text import clean

_LONGEST_GAP_S = 60.0
_DEFAULT_GAP_S = 10.0


class SampleReplay:
    """Samples of a directory in the order of their stamps (files without one: by name).

    Args:
        directory: holds ``.npz`` files; ``check/`` below it is played as well.
        speed: seconds of source time for each second of ours; gaps over a minute are cut.
        flat_out: as fast as frames are read.
    """

    def __init__(
        self,
        directory: Path,
        speed: float = 1.0,
        flat_out: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._speed = speed
        self._flat_out = flat_out
        self._news: list[str] = []
        self._paused = False
        self._ended = False
        self._queue = self._ordered(directory)
        simulated = {kind for _, _, kind in self._queue}
        if len(simulated) > 1:
            raise OperatorError(
                f"{directory}: holds simulated samples and real ones, which are never mixed.",
                hint="Set source.path to a directory with one kind.",
            )
        self._last: float | None = None
        self._due = clock()
        self.facts = SourceFacts(
            kind="replay",
            text=f"replay of {clean(directory.name, 60)}",
            simulated=simulated == {True},
            every=0.0 if flat_out else _DEFAULT_GAP_S / speed,
            details={"samples": str(len(self._queue))},
        )

    def _ordered(self, directory: Path) -> list[tuple[float, Path, bool]]:
        paths = [
            path
            for folder in (directory, directory / "check")
            if folder.is_dir()
            for path in sorted(folder.iterdir())
            if path.suffix == ".npz" and not path.name.startswith(".")
        ]
        if not paths:
            raise OperatorError(
                f"{directory}: there are no samples to replay.",
                hint="Set source.path to a directory of samples, or to a .db3 recording.",
            )
        found = []
        for number, path in enumerate(paths):
            try:
                arrays = arrays_of(contents(path, LARGEST))
            except (OSError, Unreadable) as error:
                self._news.append(f"{clean(path.name, 60)} is not replayed: {error}.")
                continue
            stamp = arrays.get("stamp")
            seconds = number * _DEFAULT_GAP_S if stamp is None else _number(stamp)
            simulated = arrays.get("simulated")
            found.append((seconds, path, simulated is not None and _true(simulated)))
        if not found:
            raise OperatorError(f"{directory}: none of its samples can be read.")
        return sorted(found, key=lambda item: (item[0], item[1].name))

    def read(self, timeout: float) -> Frame | None:
        """The next sample when it is due; None while paused and after the last."""
        if self._paused or not self._queue:
            if not self._queue and not self._ended:
                self._ended = True
                self._news.append("The replay is at its end.")
            self._sleep(timeout)
            return None
        stamp, path, _ = self._queue[0]
        if not self._wait(stamp, timeout):
            return None
        self._queue.pop(0)
        self._last = stamp
        try:
            arrays = arrays_of(contents(path, LARGEST))
        except (OSError, Unreadable) as error:
            self._news.append(f"{clean(path.name, 60)} is not replayed: {error}.")
            return None
        return Frame(stamp=stamp, received=self._clock(), arrays=arrays)

    def _wait(self, stamp: float, timeout: float) -> bool:
        if self._flat_out or self._last is None:
            self._due = self._clock()
            return True
        gap = min(max(stamp - self._last, 0.0), _LONGEST_GAP_S) / self._speed
        wait = self._due + gap - self._clock()
        if wait > timeout:
            self._sleep(timeout)
            return False
        if wait > 0:
            self._sleep(wait)
        self._due = self._clock()
        return True

    def news(self) -> list[str]:
        said, self._news = self._news, []
        return said

    def trouble(self) -> list[str]:
        if not self._queue:
            return ["the replay is at its end"]
        return ["the replay is paused"] if self._paused else []

    def park(self, parked: bool) -> None:
        """Pause, or go on."""
        self._paused = parked
        self._due = self._clock()

    def close(self) -> None:
        """Nothing is held open."""


def _true(flag: NDArray[Any]) -> bool:
    return flag.dtype.kind in "biuf" and bool(flag.any())


def _number(stamp: NDArray[Any]) -> float:
    if stamp.shape != () or stamp.dtype.kind not in "fiu":
        return 0.0
    value = float(stamp)
    return value if np.isfinite(value) else 0.0
