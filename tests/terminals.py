"""Programs in real terminals: a pseudo-terminal that is read, and a tmux that is looked at."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class PseudoTerminal:
    """Runs ``argv`` in a terminal of ``size`` (columns, rows); ``output`` is all it wrote.

    Args:
        controlling: whether it is the program's controlling terminal, so that losing it sends
            SIGHUP.
    """

    def __init__(
        self,
        argv: Sequence[str],
        size: tuple[int, int],
        cwd: Path,
        env: Mapping[str, str],
        *,
        controlling: bool = True,
    ) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(size)
        self.before = termios.tcgetattr(self.slave)
        self.output = b""

        def take_terminal() -> None:
            os.setsid()
            if controlling:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            argv,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            cwd=cwd,
            env={**os.environ, "TERM": "xterm-256color", **env},
            preexec_fn=take_terminal,
        )

    def resize(self, size: tuple[int, int]) -> None:
        """Change columns and rows; the program is told by the kernel."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def read(self, seconds: float = 0.05) -> bool:
        """Take what is written; False when nothing came in ``seconds``."""
        ready, _, _ = select.select([self.master], [], [], max(seconds, 0.0))
        if ready:
            try:
                self.output += os.read(self.master, 1 << 16)
            except OSError:  # the program has closed the terminal
                return False
        return bool(ready)

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Read until ``condition`` holds; AssertionError when the program ends or time is up."""
        end = time.monotonic() + seconds
        while not condition():
            gone = not self.read() and self.ended()
            if not condition():
                assert not gone and time.monotonic() < end, self.output[-2000:]

    def seen(self, text: bytes, start: int = 0) -> Callable[[], bool]:
        """Whether ``text`` was written after the first ``start`` bytes."""
        return lambda: text in self.output[start:]

    def ended(self) -> bool:
        return self.process.poll() is not None

    def hang_up(self) -> None:
        """The terminal goes away."""
        for end in (self.master, self.slave):
            try:
                os.close(end)
            except OSError:
                continue

    def close(self, seconds: float = 0.0) -> None:
        """End the program, kindly within ``seconds``, then surely; and the terminal."""
        if seconds and not self.ended():
            self.process.terminate()
            until = time.monotonic() + seconds
            while not self.ended() and time.monotonic() < until:
                self.read()
        if not self.ended():
            self.process.kill()
        self.process.wait()
        self.hang_up()


class Tmux:
    """A tmux server of its own with one window; its socket lies in ``place``."""

    def __init__(self, place: Path) -> None:
        self.socket = str(place / "tmux")

    def run(self, *words: str) -> str:
        return subprocess.run(
            ["tmux", "-S", self.socket, "-f", "/dev/null", *words],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def open(self, command: str, size: tuple[int, int] = (80, 24)) -> None:
        """Run a shell's command in the window; what it ended with stands there as LEFT."""
        width, height = map(str, size)
        command = f"LANG=C.UTF-8; export LANG; {command}; echo LEFT $?; sleep 600"
        self.run("new-session", "-d", "-x", width, "-y", height, command)

    def resize(self, width: int, height: int) -> None:
        self.run("resize-window", "-x", str(width), "-y", str(height))

    def screen(self) -> str:
        return self.run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    def until(self, pattern: str, seconds: float = 30.0) -> str:
        """Wait until the screen shows ``pattern``; returns the screen."""
        end = time.monotonic() + seconds
        while not re.search(pattern, shown := self.screen()):
            assert time.monotonic() < end, f"{pattern!r} not on the screen:\n{shown}"
            time.sleep(0.05)
        return shown

    def close(self) -> None:
        """End the terminal under the program, and wait until tmux itself has gone."""
        end = time.monotonic() + 20
        ended = ["tmux", "-S", self.socket, "kill-server"]
        while subprocess.run(ended, capture_output=True, check=False).returncode == 0:
            assert time.monotonic() < end, "tmux does not end"
            time.sleep(0.02)
