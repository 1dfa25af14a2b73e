"""The screen in a real terminal: signals, a terminal that goes away, tmux."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "tests.ui.stand_in"]


class Terminal:
    """The stand-in's screen in a pseudo-terminal of 80x24."""

    def __init__(self, *, controlling: bool = True, **environment: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.output = b""

        def take_terminal() -> None:
            os.setsid()
            if controlling:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            PROGRAM,
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", **environment},
            preexec_fn=take_terminal,
        )

    def read(self) -> bool:
        """Take what has been written; False when nothing came for a moment."""
        ready, _, _ = select.select([self.master], [], [], 0.05)
        if ready:
            self.output += os.read(self.master, 65536)
        return bool(ready)

    def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            gone = not self.read() and self.process.poll() is not None
            if not condition():
                assert not gone and time.monotonic() < end, self.output[-2000:]

    def seen(self, text: bytes) -> Callable[[], bool]:
        return lambda: text in self.output

    def ended(self) -> bool:
        return self.process.poll() is not None

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for end in (self.master, self.slave):
            try:
                os.close(end)
            except OSError:
                continue


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_ends_it_and_leaves_the_terminal_sane(
    terminal: Terminal, number: int, code: int
) -> None:
    terminal.until(terminal.seen(b"CAPTURE"))
    assert termios.tcgetattr(terminal.slave) != terminal.before
    terminal.process.send_signal(number)
    terminal.until(terminal.ended)
    while terminal.read():
        pass
    assert terminal.process.returncode == code
    assert termios.tcgetattr(terminal.slave) == terminal.before
    assert terminal.output.rfind(b"\x1b[?25h") > terminal.output.rfind(b"\x1b[?25l")
    assert terminal.output.rfind(b"\x1b[?1049l") > terminal.output.rfind(b"\x1b[?1049h")
    assert b"Traceback" not in terminal.output


def test_q_leaves_with_zero_and_the_mouse_was_never_taken(terminal: Terminal) -> None:
    terminal.until(terminal.seen(b"CAPTURE"))
    os.write(terminal.master, b"q")
    terminal.until(terminal.ended)
    assert terminal.process.returncode == 0
    assert not re.search(rb"\x1b\[\?100[0-36]h", terminal.output)


@pytest.mark.parametrize("controlling", [True, False], ids=["hung up", "no hang-up is sent"])
def test_a_closed_terminal_leaves_no_process_behind(controlling: bool) -> None:
    terminal = Terminal(controlling=controlling)
    try:
        terminal.until(terminal.seen(b"CAPTURE"))
        os.close(terminal.slave)
        os.close(terminal.master)
        terminal.process.wait(20)
        assert terminal.process.returncode == 129
    finally:
        terminal.close()


def test_without_colours_it_still_says_everything() -> None:
    terminal = Terminal(NO_COLOR="1")
    try:
        terminal.until(terminal.seen(b"CAPTURE"))
        terminal.until(terminal.seen(b"SIMULATED"))
        colours = re.findall(rb"\x1b\[[0-9;]*38;(?:5;(\d+)|2;(\d+);(\d+);(\d+))", terminal.output)
        for _, red, green, blue in colours:
            assert red == green == blue
    finally:
        terminal.close()


class Tmux:
    def __init__(self, directory: Path) -> None:
        self.socket = str(directory / "tmux")

    def run(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self.socket, *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    def screen(self) -> str:
        return self.run("capture-pane", "-p", "-t", "rover")

    def until(self, pattern: str) -> str:
        end = time.monotonic() + 30
        while not re.search(pattern, shown := self.screen()):
            assert time.monotonic() < end, shown
            time.sleep(0.05)
        return shown

    def press(self, *keys: str) -> None:
        self.run("send-keys", "-t", "rover", *keys)


@pytest.fixture
def tmux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not here: apt-get install tmux")
    made = Tmux(tmp_path_factory.mktemp("t"))
    command = f"cd {ROOT} && {' '.join(PROGRAM)} --fast; echo left with $?; sleep 60"
    made.run("-f", "/dev/null", "new-session", "-d", "-s", "rover", "-x", "80", "-y", "24", command)
    yield made
    subprocess.run(["tmux", "-S", made.socket, "kill-server"], check=False, capture_output=True)


@pytest.mark.needs_tmux
def test_a_shipment_by_keys_in_tmux(tmux: Tmux) -> None:
    tmux.until("press c to record")
    tmux.press("c")
    tmux.until(r"CAPTURE ON[\s\S]*LAST +(now|\d+ s ago) +calibration_0001")
    tmux.press("3")
    tmux.until("ON THE V620")
    tmux.press("x")
    tmux.until("y or enter: yes")
    tmux.press("y")
    tmux.until(r"[▶>] \w+ +\S+ +\d+%")
    shown = tmux.until("ship done: 1260 hybrid is live, seen.")
    assert "LIVE 1260 hybrid seen" in shown and "WITHIN LIMITS" in shown
    tmux.press("q")
    tmux.until("left with 0")


@pytest.mark.needs_tmux
def test_a_storm_of_resizes(tmux: Tmux) -> None:
    tmux.until("press c to record")
    for _ in range(4):
        for width, height in ((40, 12), (200, 60), (15, 4), (120, 40)):
            tmux.run("resize-window", "-t", "rover", "-x", str(width), "-y", str(height))
    tmux.run("resize-window", "-t", "rover", "-x", "80", "-y", "24")
    tmux.until(r"press c to record[\s\S]*\? keys")
    tmux.press("q")
    tmux.until("left with 0")
