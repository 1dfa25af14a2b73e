"""A conversion keeps to the small cores, rests while it is hot, and is cancelled as it rests."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rovertui.config import Config, Conversion
from rovertui.conversion.care import Care, Pauses
from rovertui.conversion.launch import run_worker
from rovertui.errors import Cancelled
from rovertui.machine.read import Root
from rovertui.operations.caring import care
from rovertui.processes import name_of
from rovertui.reporter import Reporter
from rovertui.worker import main
from tests.machine.board import rk3588, write
from tests.waiting import until

Events = list[dict[str, Any]]


class Hand:
    """Time and temperature as the test wants them, and what was said."""

    def __init__(self) -> None:
        self.now = 100.0
        self.celsius: float | None = 60.0
        self.events: Events = []

    def care(self) -> Care:
        return Care(celsius=lambda: self.celsius, pause_above=85.0, resume_below=80.0)

    def said(self) -> list[str]:
        return [event["text"] for event in self.events]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def state(pid: int) -> str:
    """The kernel's letter for what a process does: S sleeps, T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_it_stops_when_hot_and_goes_on_only_when_it_has_cooled_down(
    sleeper: subprocess.Popen[bytes],
) -> None:
    hand = Hand()
    pauses = Pauses(hand.care(), sleeper.pid, Reporter(hand.events.append), lambda: hand.now)

    def at(celsius: float | None, seconds: float = 10.0) -> None:
        hand.now += seconds
        hand.celsius = celsius
        pauses.look()

    at(85.0)
    assert not pauses.resting
    at(86.4)
    until(lambda: state(sleeper.pid) == "T")
    at(82.0)
    at(80.0)
    assert pauses.resting and pauses.seconds == 20.0
    at(79.0)
    until(lambda: state(sleeper.pid) == "S")
    assert not pauses.resting and pauses.seconds == 30.0
    at(84.0)
    assert not pauses.resting and pauses.seconds == 30.0
    assert hand.said() == [
        "paused: 86 °C, goes on below 80 °C",
        "paused: 82 °C, goes on below 80 °C",
        "paused: 80 °C, goes on below 80 °C",
        "goes on: 79 °C",
    ]


def test_a_thermometer_that_falls_silent_stops_nothing(sleeper: subprocess.Popen[bytes]) -> None:
    hand = Hand()
    pauses = Pauses(hand.care(), sleeper.pid, Reporter(hand.events.append), lambda: hand.now)
    for celsius, resting in ((None, False), (90.0, True), (None, False)):
        hand.now, hand.celsius = hand.now + 5, celsius
        pauses.look()
        assert pauses.resting is resting
    until(lambda: state(sleeper.pid) == "S")


def test_0_never_pauses(sleeper: subprocess.Popen[bytes]) -> None:
    hand = Hand()
    pauses = Pauses(Care(celsius=lambda: 120.0), sleeper.pid, Reporter(), lambda: hand.now)
    hand.now += 5
    pauses.look()
    assert not pauses.resting


def program(tmp_path: Path, body: str) -> Path:
    """A stand-in for the toolkit's Python that does ``body``."""
    path = tmp_path / "stand-in"
    path.write_text(f"#!{sys.executable} -IS\nimport json, os, sys, time\n{body}\n")
    path.chmod(0o755)
    (tmp_path / "scratch").mkdir()
    return path


def test_a_worker_that_rested_ends_well_and_its_seconds_are_those_at_work(tmp_path: Path) -> None:
    hand = Hand()
    hand.celsius = 90.0
    python = program(
        tmp_path,
        f"while not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.01)\n"
        "os.write(1, json.dumps({'event': 'result'}).encode() + b'\\n')",
    )
    began = time.monotonic()

    def emit(event: dict[str, Any]) -> None:
        hand.events.append(event)
        if event["kind"] == "pause" and event["on"] and time.monotonic() - began > 1.5:
            (tmp_path / "go").touch()
            hand.celsius = 70.0

    _, seconds = run_worker({}, python, tmp_path / "scratch", Reporter(emit), care=hand.care())
    gone = time.monotonic() - began

    assert [event["on"] for event in hand.events][-1] is False
    assert seconds["check"] < gone - 1.0


def test_cancelled_while_it_rests_nothing_of_it_is_left(tmp_path: Path) -> None:
    hand = Hand()
    hand.celsius = 90.0
    python = program(tmp_path, "time.sleep(600)")
    numbers: list[int] = []

    def emit(event: dict[str, Any]) -> None:
        until(lambda: state(numbers[0]) == "T")
        threading.Timer(0.05, reporter.cancelled.set).start()

    reporter = Reporter(emit)
    with pytest.raises(Cancelled):
        run_worker(
            {},
            python,
            tmp_path / "scratch",
            reporter,
            lambda pid, ticks: numbers.append(pid),
            care=hand.care(),
        )

    assert name_of(numbers[0]) is None


def capacities(root: Path, *values: int) -> None:
    for number, value in enumerate(values):
        write(root, f"sys/devices/system/cpu/cpu{number}/cpu_capacity", f"{value}\n")


def test_on_an_rk3588_it_runs_on_the_small_cores_and_reads_the_chips_heat(tmp_path: Path) -> None:
    tree = rk3588(tmp_path)
    capacities(tree, 530, 530, 530, 530, 1024, 1024, 1024, 1024)
    write(tree, "sys/class/thermal/thermal_zone9/type", "battery\n")
    write(tree, "sys/class/thermal/thermal_zone9/temp", "99000\n")

    found = care(Config(), Root(tree))

    assert found.cores == (0, 1, 2, 3) and found.celsius() == 72.5
    assert (found.pause_above, found.resume_below) == (85.0, 80.0)
    every = Config(conversion=Conversion(cores="all"))
    assert care(every, Root(tree)).cores == ()


@pytest.mark.parametrize("values", [(), (1024, 1024, 1024)])
def test_where_cores_are_alike_or_not_described_all_are_used(
    tmp_path: Path, values: tuple[int, ...]
) -> None:
    capacities(tmp_path, *values)

    found = care(Config(), Root(tmp_path))

    assert found.cores == () and found.celsius() is None


ON_CORE = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("main", {path!r})
main = importlib.util.module_from_spec(spec)
spec.loader.exec_module(main)
class Channel:
    def log(self, text): print(text)
main._run_on(sys.argv[1], Channel())
print(sorted(os.sched_getaffinity(0)))
"""


def run_on(cores: str) -> str:
    program = ON_CORE.format(path=str(Path(main.__file__)))
    command = [sys.executable, "-I", "-c", program, cores]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_worker_takes_the_cores_it_is_given_or_says_why_not() -> None:
    mine = sorted(os.sched_getaffinity(0))

    assert run_on(str(mine[0])) == f"[{mine[0]}]\n"
    said = run_on("100000")
    assert "runs on every processor" in said and said.endswith(f"{mine}\n")


def test_the_worker_is_told_its_cores(tmp_path: Path) -> None:
    python = program(
        tmp_path,
        "os.write(1, json.dumps({'event': 'result', 'argv': sys.argv}).encode() + b'\\n')",
    )

    result, _ = run_worker({}, python, tmp_path / "scratch", Reporter(), care=Care(cores=(0, 1, 2)))

    words: list[str] = result["argv"]
    assert words[words.index("--cores") + 1] == "0,1,2"


STARTER = """
import sys
from pathlib import Path
from rovertui.conversion.care import Care
from rovertui.conversion.launch import run_worker
from rovertui.reporter import Reporter
run_worker({}, Path(sys.argv[1]), Path(sys.argv[2]), Reporter(),
           lambda pid, ticks: print(pid, flush=True),
           care=Care(celsius=lambda: 90.0, pause_above=85.0, resume_below=80.0))
"""


def test_kill_9_of_the_daemon_ends_a_worker_that_rests(tmp_path: Path) -> None:
    python = program(tmp_path, "time.sleep(600)")
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(python), str(tmp_path / "scratch")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(main.__file__).parents[2])},
    )
    assert parent.stdout
    number = int(parent.stdout.readline())
    named = name_of(number)
    until(lambda: state(number) == "T", 20)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    until(lambda: name_of(number) != named, 20)
