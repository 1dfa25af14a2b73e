"""The relay from the command line, by the program itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rovertui.config import Config, Source, Tap
from tests.daemon.rig import Rig
from tests.ports import free_port


def test_a_start_that_is_refused_says_why_and_ends_with_1(tmp_path: Path) -> None:
    listen = f"tcp://0.0.0.0:{free_port()}"
    rig = Rig(tmp_path, Config(source=Source(kind="tap"), tap=Tap(listen=listen)))
    rig.start()
    try:
        for _ in range(2):
            refused = rig.run("relay", "start")
            assert refused.returncode == 1 and refused.stdout == ""
            assert f"{listen}, which other machines can reach. Use" in refused.stderr
        assert rig.run("relay").stdout.startswith("down: ")
        assert rig.run("configure", "tap.cap=0").returncode == 1, "it names the address too"
        assert rig.run("configure", "screen.bell=true").returncode == 0
    finally:
        rig.end()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    listen = f"tcp://127.0.0.1:{free_port()}"
    made = Rig(tmp_path, Config(source=Source(kind="tap"), tap=Tap(listen=listen)))
    made.start()
    made.until(lambda s: s.relay.state == "up")
    yield made
    made.end()


def test_stopping_asks_for_a_yes_and_names_the_consequence(rig: Rig) -> None:
    assert "waiting for the collector" in rig.run("relay").stdout
    asked = rig.run("relay", "stop")
    assert asked.returncode == 2 and "The collector ends" in asked.stderr
    assert rig.snapshot().relay.state == "up"
    stopped = rig.run("relay", "stop", "--yes", "--json")
    assert json.loads(stopped.stdout)["state"] == "stopped"
    assert rig.run("relay", "start").stdout.startswith("up: ")


def test_the_end_of_the_daemon_says_that_the_relay_goes_on_and_how_it_is_ended(rig: Rig) -> None:
    pid = rig.snapshot().relay.pid
    stopped = rig.run("daemon", "stop").stdout
    assert stopped.startswith(f"Stopped. The relay goes on (process {pid})")
    assert "`rovertui relay stop`, then `rovertui daemon stop` again." in stopped
    assert psutil.pid_exists(pid)
    assert rig.run("relay", "stop", "--yes").returncode == 0
    assert rig.run("daemon", "stop").stdout == "Stopped.\n"
