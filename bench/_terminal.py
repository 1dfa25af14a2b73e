"""A program in a pseudo-terminal: what it writes and when, and what it costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.terminals import PseudoTerminal


class Terminal(PseudoTerminal):
    """Runs ``argv`` in a terminal of ``size`` (columns, rows); ``output`` is all it wrote."""

    def __init__(
        self, argv: Sequence[str], size: tuple[int, int], cwd: Path, env: dict[str, str]
    ) -> None:
        super().__init__(argv, size, cwd, env)
        self._costs = psutil.Process(self.process.pid)

    def seconds_to(
        self, text: bytes, since: float, start: int = 0, patience: float = 60.0
    ) -> float:
        """Seconds from ``since`` until ``text`` is written after the first ``start`` bytes.

        Raises:
            TimeoutError: it does not come.
        """
        while text not in self.output[start:]:
            if time.perf_counter() - since > patience:
                raise TimeoutError(f"{text!r} never came; last: {self.output[-400:]!r}")
            self.read(0.5)
        return time.perf_counter() - since

    def listen(self, seconds: float) -> None:
        """Take what is written for a while."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.read(left)

    def cost(self, seconds: float) -> dict[str, float]:
        """Share of a core in percent and bytes a second written, over ``seconds``."""
        before, written, began = self.cpu_seconds(), len(self.output), time.perf_counter()
        self.listen(seconds)
        took = time.perf_counter() - began
        return {
            "cpu_percent": round((self.cpu_seconds() - before) / took * 100, 2),
            "kilobytes_per_second": round((len(self.output) - written) / took / 1000, 2),
        }

    def cpu_seconds(self) -> float:
        """Processor seconds so far, which a busy machine stretches less than time."""
        times = self._costs.cpu_times()
        return float(times.user + times.system)

    def megabytes(self) -> float:
        """Resident memory."""
        return round(float(self._costs.memory_info().rss) / 1e6, 1)

    def holds(self) -> dict[str, float]:
        """What could grow: resident memory, open files and sockets, threads."""
        return {
            "megabytes": self.megabytes(),
            "handles": self._costs.num_fds(),
            "threads": self._costs.num_threads(),
        }
