"""The demo by its keys in a real terminal of 80 by 24, left, killed and opened again."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.conftest import until

pytestmark = [pytest.mark.needs_tmux, pytest.mark.needs_toolkit]
ROOT = Path(__file__).parents[2]
_PASSED_ON = ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "ROVERTUI_TOOLKIT")


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.name = f"rovertui-test-{os.getpid()}"

    def tmux(self, *words: str) -> str:
        return subprocess.run(
            ["tmux", "-L", self.name, "-f", "/dev/null", *words],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def open(self, size: tuple[int, int] = (80, 24)) -> None:
        kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        settings = " ".join(f"{k}={shlex.quote(v)}" for k, v in kept.items())
        program = f"{sys.executable} -m rovertui -w {self.place} demo"
        command = (
            f"env {settings} PYTHONPATH={ROOT} LANG=C.UTF-8 {program}; echo LEFT $?; sleep 600"
        )
        self.tmux("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), command)

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def shows(self, pattern: str, seconds: float = 30.0) -> str:
        """Wait until the screen shows ``pattern``; returns what matched."""
        found: list[str] = []

        def look() -> bool:
            match = re.search(pattern, self.screen())
            found[:] = [match[0]] if match else []
            return bool(match)

        try:
            until(look, seconds)
        except AssertionError:
            raise AssertionError(f"{pattern!r} not on the screen:\n{self.screen()}") from None
        return found[0]

    def close(self) -> None:
        """End the terminal under the program, and wait until tmux itself has gone."""

        def gone() -> bool:
            ended = ["tmux", "-L", self.name, "kill-server"]
            return subprocess.run(ended, capture_output=True, check=False).returncode != 0

        until(gone)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path / "demo")
    yield made
    made.close()
    subprocess.run(
        [sys.executable, "-m", "rovertui", "-w", made.place, "daemon", "stop"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )


def test_capture_ship_roll_back_leave_and_come_back(terminal: Terminal) -> None:
    terminal.open()
    terminal.shows(r"DRIVE ok.*SIMULATED")
    terminal.shows("press c")
    terminal.press("c")
    terminal.shows("CAPTURE ON")
    terminal.shows(r"[1-9] for checking", 60)
    terminal.shows(r"LAST .*calibration_\d{4}")

    terminal.press("P")
    terminal.shows("still")
    terminal.press("3")
    terminal.shows("ON THE V620")
    terminal.press("x")
    question = terminal.shows(r"(?s)Ship.*demo-rover")
    assert "1250" in question
    terminal.press("y")
    terminal.shows(r"LIVE 1250 hybrid seen", 120)
    terminal.shows("WEAK")

    terminal.press("j", "k", "L")
    terminal.shows(r"LOG ok")
    terminal.shows(r"done: ")
    terminal.press("g")
    terminal.shows(r"== pull")
    terminal.press("Escape")
    terminal.shows("ON THE V620")

    terminal.close()
    terminal.open()
    terminal.shows(r"REC.*LIVE 1250 hybrid")
    terminal.shows("CAPTURE ON")
    terminal.press("3")
    terminal.shows(r"JOB 1\b")
    terminal.press("L")
    terminal.shows(r"LOG ok")
    terminal.press("g")
    terminal.shows(r"== pull")
    terminal.press("Escape")
    terminal.shows("ON THE V620")
    terminal.press("1")
    terminal.shows("CAPTURE ON")
    terminal.press("c")
    terminal.shows("CAPTURE OFF")
    terminal.press("q")
    terminal.shows("LEFT 0")
