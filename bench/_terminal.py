"""A program in a pseudo-terminal: what it writes and when, and what it costs."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import psutil


class Terminal:
    """Runs ``argv`` in a terminal of ``size`` (columns, rows); ``output`` is all it wrote."""

    def __init__(
        self, argv: Sequence[str], size: tuple[int, int], cwd: Path, env: dict[str, str]
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.output = b""

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**os.environ, "TERM": "xterm-256color", **env},
            preexec_fn=take_terminal,
        )
        os.close(slave)
        self._costs = psutil.Process(self._process.pid)

    def read(self, seconds: float) -> bool:
        """Take what is written; False when nothing came in ``seconds``."""
        ready, _, _ = select.select([self._master], [], [], max(seconds, 0.0))
        if ready:
            try:
                self.output += os.read(self._master, 1 << 16)
            except OSError:  # the program has closed the terminal
                return False
        return bool(ready)

    def press(self, key: bytes) -> None:
        """Type a key."""
        os.write(self._master, key)

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

    def close(self) -> None:
        """End it as a terminal that goes away would not: kindly, then surely."""
        self._process.terminate()
        until = time.perf_counter() + 5
        while self._process.poll() is None and time.perf_counter() < until:
            self.read(0.05)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)
