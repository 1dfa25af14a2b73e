"""The screen in a real terminal: signals, a terminal that goes away, tmux."""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui import config_file
from rovertui.config import Config, Source
from tests.calling import ROOT, rovertui
from tests.terminals import PseudoTerminal, Tmux

_LOOKS = re.compile(rb"\x1b\[([0-9;]*)m")
PROGRAM = [sys.executable, "-m", "tests.ui.scripted"]


def opened(*options: str, controlling: bool = True, **environment: str) -> PseudoTerminal:
    """The stand-in's screen in a pseudo-terminal of 80x24."""
    argv = [*PROGRAM, *options]
    return PseudoTerminal(argv, (80, 24), ROOT, environment, controlling=controlling)


@pytest.fixture
def terminal() -> Iterator[PseudoTerminal]:
    made = opened()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_ends_it_and_leaves_the_terminal_sane(
    terminal: PseudoTerminal, number: int, code: int
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


def test_q_leaves_with_zero_and_the_mouse_was_never_taken(terminal: PseudoTerminal) -> None:
    terminal.until(terminal.seen(b"CAPTURE"))
    terminal.press(b"q")
    terminal.until(terminal.ended)
    assert terminal.process.returncode == 0
    assert not re.search(rb"\x1b\[\?100[0-36]h", terminal.output)


@pytest.mark.parametrize("controlling", [True, False], ids=["hung up", "no hang-up is sent"])
def test_a_closed_terminal_leaves_no_process_behind(controlling: bool) -> None:
    terminal = opened(controlling=controlling)
    try:
        terminal.until(terminal.seen(b"CAPTURE"))
        terminal.hang_up()
        terminal.process.wait(20)
        assert terminal.process.returncode == 129
    finally:
        terminal.close()


def test_without_colours_it_still_says_everything() -> None:
    terminal = opened(NO_COLOR="1")
    try:
        terminal.until(terminal.seen(b"CAPTURE"))
        terminal.until(terminal.seen(b"SIMULATED"))
        terminal.press(b"x")
        terminal.until(terminal.seen(b" or enter: yes"))
        codes = {int(n) for each in _LOOKS.findall(terminal.output) for n in each.split(b";") if n}
        assert 1 in codes, "what is bold is told from what is not"
        assert not codes & {*range(30, 39), *range(40, 49), *range(90, 98), *range(100, 108)}
    finally:
        terminal.close()


@pytest.fixture
def tmux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tmux]:
    made = Tmux(tmp_path_factory.mktemp("t"))
    made.open(f"cd {ROOT} && {' '.join(PROGRAM)} --fast")
    yield made
    made.close()


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
    tmux.until("LEFT 0")


@pytest.mark.needs_tmux
def test_a_storm_of_resizes(tmux: Tmux) -> None:
    tmux.until("press c to record")
    for _ in range(4):
        for width, height in ((40, 12), (200, 60), (15, 4), (120, 40)):
            tmux.resize(width, height)
    tmux.resize(80, 24)
    tmux.until(r"press c to record[\s\S]*\? keys")
    tmux.press("q")
    tmux.until("LEFT 0")


def test_stopped_and_continued_it_goes_on_where_it_was(terminal: PseudoTerminal) -> None:
    terminal.until(terminal.seen(b"CAPTURE"))
    terminal.process.send_signal(signal.SIGSTOP)
    terminal.press(b"3")
    os.waitpid(terminal.process.pid, os.WUNTRACED)
    while terminal.read():
        pass
    start = len(terminal.output)
    terminal.process.send_signal(signal.SIGCONT)
    terminal.until(terminal.seen(b"MODELS", start))
    terminal.press(b"q")
    terminal.until(terminal.ended)
    assert terminal.process.returncode == 0
    assert termios.tcgetattr(terminal.slave) == terminal.before


def test_stopped_and_continued_at_any_moment_it_answers(terminal: PseudoTerminal) -> None:
    terminal.until(terminal.seen(b"CAPTURE"))
    for number in range(8):
        terminal.press(b"1234"[number % 4 :][:1])
        terminal.process.send_signal(signal.SIGSTOP)
        os.waitpid(terminal.process.pid, os.WUNTRACED)
        # The second one comes while the first is being dealt with.
        terminal.process.send_signal(signal.SIGCONT)
        terminal.read()
        terminal.process.send_signal(signal.SIGCONT)
        terminal.read()
    terminal.press(b"1")
    start = len(terminal.output)
    terminal.press(b"3")
    terminal.until(terminal.seen(b"MODELS", start))
    terminal.press(b"q")
    terminal.until(terminal.ended)
    assert terminal.process.returncode == 0


def test_what_is_typed_before_it_is_there_is_not_lost() -> None:
    terminal = opened()
    try:
        terminal.press(b"3L")
        terminal.until(terminal.seen(b" LOG "))
    finally:
        terminal.close()


@pytest.mark.needs_tmux
def test_a_dead_daemon_is_said_and_found_again_and_two_screens_see_each_other(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """On a real daemon: what one screen does the other shows, also after a kill -9."""
    place = tmp_path_factory.mktemp("t")
    config_file.create(place / "w/config.toml", Config(source=Source(kind="simulated", speed=5.0)))
    command = f"cd {ROOT} && {sys.executable} -m rovertui -w {place}/w"
    screens = [Tmux(place / name) for name in "ab"]
    try:
        for screen in screens:
            Path(screen.socket).parent.mkdir()
            screen.open(command)
            screen.until("CAPTURE OFF")
        screens[0].press("c")
        screens[1].until("CAPTURE ON")
        daemon = int((place / "w/.rovertui/daemon.lock").read_text())
        os.kill(daemon, signal.SIGKILL)
        for screen in screens:
            screen.until(r"Connected again|ended unasked")
            screen.until("CAPTURE ON")
        screens[1].press("c")
        screens[0].until("CAPTURE OFF")
        rovertui("-w", place / "w", "daemon", "stop").check_returncode()
        for screen in screens:
            screen.until(r"stopped by .* \(command line\)")
            screen.press("q")
            screen.until("LEFT 0")
    finally:
        for screen in screens:
            screen.close()
        rovertui("-w", place / "w", "daemon", "stop").check_returncode()
