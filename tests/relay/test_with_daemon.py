"""The tap under a live daemon: whoever dies, the collector lives."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rovertui import __version__
from rovertui.calibration import sample
from rovertui.config import Capture, Config, Source, Tap
from rovertui.relay import record
from tests.daemon.rig import Rig
from tests.ports import free_port
from tests.waiting import until

from .conftest import V620

Collector = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def rig(tmp_path: Path, v620: V620) -> Iterator[Rig]:
    made = Rig(
        tmp_path,
        Config(
            source=Source(kind="tap"),
            tap=Tap(listen=f"tcp://127.0.0.1:{free_port()}", upstream=v620.address),
            # The machine that tests this may be slow; the gate has tests of its own.
            capture=Capture(rule="interval", interval=0.5, count=500, max_age=5.0),
        ),
    )
    yield made
    made.end()


def relay_of(rig: Rig) -> record.Record | None:
    return record.running(rig.workspace.kept / record.NAME)


def listen(rig: Rig) -> str:
    return rig.workspace.load().tap.listen


def test_packets_become_samples_that_say_they_went_through_jpeg(
    rig: Rig, v620: V620, collector: Collector
) -> None:
    rig.start()
    v620.start()
    rig.until(lambda s: s.relay.state == "up")
    assert "waiting for the collector" in rig.snapshot().relay.text
    collector(listen(rig), 10, 100_000)
    snapshot = rig.until(lambda s: s.stream.state == "live" and s.relay.sent_rate > 0)
    assert snapshot.stream.source == "collector (tap), JPEG"
    assert snapshot.stream.details == {"colours": "went through JPEG"}
    assert snapshot.relay.upstream_state == "up"
    rig.do("capture.on", session="s")
    snapshot = rig.until(lambda s: s.capture.kept >= 3)
    assert not snapshot.simulated
    first = next(iter(sorted(rig.workspace.samples(rig.workspace.load()).glob("*.npz"))))
    arrays, stamp = sample.read(first)
    assert stamp is not None and stamp.source == "collector (tap), JPEG"
    assert arrays["rgb"].shape == (240, 424, 3)
    # The stand-in's upper half is red 200: colours are RGB, not BGR, and close after JPEG.
    assert abs(int(arrays["rgb"][10, 10, 0]) - 200) < 6
    assert arrays["depth"][0, 0] == 6.0


def test_the_relay_outlives_the_daemon_and_is_taken_over(
    rig: Rig, v620: V620, collector: Collector
) -> None:
    daemon = rig.start()
    v620.start()
    first = until(lambda: relay_of(rig))
    running = collector(listen(rig), 10, 100_000)
    rig.until(lambda s: s.relay.received > 3)
    rig.kill()
    daemon.wait(10)
    seen = len(v620.numbers)
    until(lambda: len(v620.numbers) > seen + 15)
    rig.start()
    rig.until(lambda s: s.relay.state == "up" and s.stream.state == "live")
    assert relay_of(rig) == first
    assert running.poll() is None
    rig.do("daemon.stop")
    seen = len(v620.numbers)
    until(lambda: len(v620.numbers) > seen + 15)
    assert running.poll() is None
    assert relay_of(rig) == first


def test_a_killed_relay_is_back_before_the_collector_notices(
    rig: Rig, v620: V620, collector: Collector
) -> None:
    rig.start()
    v620.start()
    first: Any = until(lambda: relay_of(rig))
    # At 10 Hz it has a second, at 4 Hz two and a half, which a busy machine may need.
    running = collector(listen(rig), 4, 100_000)
    rig.until(lambda s: s.relay.received > 3)
    os.kill(first.process.pid, signal.SIGKILL)
    rig.until(lambda s: s.relay.pid not in (0, first.process.pid) and s.relay.received > 3)
    assert running.poll() is None
    snapshot = rig.snapshot()
    assert snapshot.relay.restarts == 1
    assert any("relay ended" in notice for notice in snapshot.notices)


def test_it_is_stopped_only_on_purpose_and_the_consequence_is_named(
    rig: Rig, collector: Collector
) -> None:
    from rovertui.catalogue import BY_ID

    assert "collector ends" in BY_ID["relay.stop"].asks
    rig.start()
    rig.until(lambda s: s.relay.state == "up")
    assert "wanted already" in rig.snapshot().refusals["relay.start"]
    running = collector(listen(rig), 20, 100_000)
    rig.until(lambda s: s.relay.received > 3)
    rig.do("relay.stop")
    rig.until(lambda s: s.relay.state == "stopped" and "relay.stop" in s.refusals)
    assert running.wait(30) == 1
    rig.do("relay.start")
    rig.until(lambda s: s.relay.state == "up")


def test_a_relay_of_another_version_goes_on_and_is_said(rig: Rig) -> None:
    rig.start()
    found: Any = until(lambda: relay_of(rig))
    rig.kill()
    path = rig.workspace.kept / record.NAME
    path.write_bytes(path.read_bytes().replace(__version__.encode(), b"0.0.1"))
    rig.start()
    snapshot = rig.until(lambda s: s.relay.state == "up" and s.notices)
    assert any("version 0.0.1 and goes on" in notice for notice in snapshot.notices)
    assert snapshot.relay.pid == found.process.pid


def test_a_taken_address_is_named_and_asked_for_again(rig: Rig) -> None:
    import zmq

    context: zmq.Context[Any] = zmq.Context()
    holder = context.socket(zmq.PULL)
    holder.bind(listen(rig))
    rig.start()
    snapshot = rig.until(lambda s: s.relay.state == "down")
    assert "address already in use" in snapshot.relay.text
    context.destroy(linger=0)
    rig.until(lambda s: s.relay.state == "up")


def test_one_that_is_down_is_stopped_for_good(rig: Rig) -> None:
    import zmq

    context: zmq.Context[Any] = zmq.Context()
    holder = context.socket(zmq.PULL)
    holder.bind(listen(rig))
    rig.start()
    rig.until(lambda s: s.relay.state == "down")
    assert rig.do("relay.stop")["text"] == "No relay is started any more."
    rig.until(lambda s: s.relay.state == "stopped")
    context.destroy(linger=0)
    rig.kill()
    rig.start()
    snapshot = rig.until(lambda s: s.relay.state == "stopped")
    assert "relay.start" not in snapshot.refusals and relay_of(rig) is None
    assert rig.do("relay.stop")["text"] == "No relay is running."


def sockets(rig: Rig) -> set[str]:
    ours = rig.workspace.socket()
    return {path.suffix for path in ours.parent.glob(f"{ours.stem}.*")}


def test_who_binds_a_socket_takes_it_away_at_an_orderly_end(rig: Rig) -> None:
    daemon = rig.start()
    rig.until(lambda s: s.relay.state == "up")
    until(lambda: sockets(rig) == {".sock", ".tap", ".ctl", ".see"})
    rig.do("relay.stop")
    rig.until(lambda s: s.relay.state == "stopped")
    until(lambda: sockets(rig) == {".sock", ".see"})
    rig.do("daemon.stop")
    daemon.wait(30)
    assert sockets(rig) == set()


def test_a_start_clears_only_the_sockets_that_nobody_serves(rig: Rig) -> None:
    daemon = rig.start()
    first = rig.until(lambda s: s.relay.state == "up").relay.pid
    rig.kill()
    daemon.wait(10)
    left = rig.workspace.socket().with_suffix(".left")
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(left))
    rig.start()
    assert not left.exists()
    assert sockets(rig) >= {".tap", ".ctl"}
    assert rig.until(lambda s: s.relay.state == "up").relay.pid == first
