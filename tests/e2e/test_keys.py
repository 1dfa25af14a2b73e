"""The demo by its keys in a real terminal of 80 by 24, left, killed and opened again."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calling import ROOT, rovertui
from tests.terminals import Tmux

pytestmark = [pytest.mark.needs_tmux, pytest.mark.needs_toolkit]
_PASSED_ON = ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "ROVERTUI_TOOLKIT")


class Demo(Tmux):
    """The demo in a tmux of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        super().__init__(place)

    def start(self, size: tuple[int, int] = (80, 24)) -> None:
        kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        settings = " ".join(f"{k}={shlex.quote(v)}" for k, v in kept.items())
        program = f"{sys.executable} -m rovertui -w {self.place}/demo demo"
        self.open(f"env {settings} PYTHONPATH={ROOT} {program}", size)

    def shows(self, pattern: str, seconds: float = 30.0) -> str:
        """Wait until the screen shows ``pattern``; returns what matched."""
        found = re.search(pattern, self.until(pattern, seconds))
        assert found
        return found[0]


@pytest.fixture
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("t"))
    yield made
    made.close()
    rovertui("-w", made.place / "demo", "daemon", "stop").check_returncode()


RECORDING = "CAPTURE ON|COMPLETE"


def test_capture_ship_roll_back_leave_and_come_back(terminal: Demo) -> None:
    terminal.start()
    terminal.shows(r"DRIVE ok.*SIMULATED")
    terminal.shows("press c")
    terminal.press("c")
    terminal.shows(RECORDING)
    terminal.shows(r"[1-9]\d* of \d+ for checking", 60)
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
    terminal.start()
    terminal.shows(r"(REC|SET COMPLETE).*LIVE 1250 hybrid")
    terminal.shows(RECORDING)
    terminal.press("3")
    terminal.shows(r"JOB 1\b")
    terminal.press("L")
    terminal.shows(r"LOG ok")
    terminal.press("g")
    terminal.shows(r"== pull")
    terminal.press("Escape")
    terminal.shows("ON THE V620")
    terminal.press("1")
    terminal.shows(RECORDING)
    terminal.press("c")
    terminal.shows("capture off|CAPTURE OFF")
    terminal.press("q")
    terminal.shows("LEFT 0")
