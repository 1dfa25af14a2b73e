"""The relay as a process, between a real PUSH sender and a real PULL receiver."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rovertui.relay import record
from tests.ports import free_port
from tests.waiting import until

from .collector import make
from .conftest import V620, Tap


def digest(message: bytes) -> str:
    return hashlib.sha256(message).hexdigest()


def test_every_packet_arrives_unchanged_and_in_order(
    tap: Callable[..., Tap], v620: V620, sender: Callable[[str], Any]
) -> None:
    relay = tap(upstream=v620.start().address)
    until(lambda: relay.state()["upstream_state"] == "up")
    messages = [make(i) for i in range(60)]
    socket = sender(relay.listen)
    for sent, message in enumerate(messages):
        # The V620's own pace: PUSH and PULL have few in flight, the relay drops more.
        until(lambda: len(v620.digests) > sent - 3)  # noqa: B023
        socket.send(message)
    until(lambda: len(v620.digests) == len(messages))
    assert v620.digests == [digest(m) for m in messages]
    state = relay.state()
    assert (state["received"], state["sent"], state["lost"], state["malformed"]) == (60, 60, 0, 0)


def test_the_collector_dies_without_a_receiver_and_lives_with_the_relay(
    tap: Callable[..., Tap], collector: Callable[..., subprocess.Popen[bytes]]
) -> None:
    """The stand-in ends as the real one does; with the V620 off, the relay keeps it alive."""
    alone = collector(f"tcp://127.0.0.1:{free_port()}", 100, 300)
    relay = tap(upstream=f"tcp://127.0.0.1:{free_port()}")
    served = collector(relay.listen, 100, 300)
    _, errors = alone.communicate(timeout=60)
    assert alone.returncode == 1 and b"warn_throttle" in errors
    assert served.wait(60) == 0
    state = until(lambda: (s := relay.state())["received"] == 300 and s)
    assert (state["sent"], state["lost"], state["lost_share"]) == (0, 300, 1.0)
    assert state["upstream_state"] == "down"
    assert state["upstream_reason"] == "nobody listens there"


def test_the_v620_may_be_killed_and_come_back(
    tap: Callable[..., Tap], v620: V620, collector: Callable[..., subprocess.Popen[bytes]]
) -> None:
    relay = tap(upstream=v620.start().address)
    until(lambda: relay.state()["upstream_state"] == "up")
    running = collector(relay.listen, 60, 100_000)
    until(lambda: len(v620.numbers) > 10)
    v620.kill()
    until(lambda: relay.state()["upstream_state"] == "down")
    gone = relay.state()["received"]
    until(lambda: relay.state()["received"] > gone + 20)
    before = len(v620.numbers)
    v620.start()
    until(lambda: len(v620.numbers) > before + 10)
    assert running.poll() is None
    assert v620.numbers == sorted(set(v620.numbers))
    assert relay.state()["upstream_state"] == "up"
    assert relay.state()["connections"] == 2
    assert 0 < relay.state()["lost_share"] < 1


def test_a_subscriber_that_stops_reading_holds_nothing_up(
    tap: Callable[..., Tap], v620: V620, sender: Callable[[str], Any]
) -> None:
    relay = tap(upstream=v620.start().address)
    until(lambda: relay.state()["upstream_state"] == "up")
    context: zmq.Context[Any] = zmq.Context()
    lazy = context.socket(zmq.SUB)
    lazy.set(zmq.RCVHWM, 1)
    lazy.subscribe(b"")
    lazy.connect(f"ipc://{relay.copy}")
    socket = sender(relay.listen)
    message = make(1)
    for _ in range(120):
        socket.send(message)
    state = until(lambda: (s := relay.state())["received"] == 120 and s)
    until(lambda: len(v620.digests) == state["sent"] > 0)
    context.destroy(linger=0)


def test_a_copy_of_each_packet_is_for_the_recorder(
    tap: Callable[..., Tap], sender: Callable[[str], Any]
) -> None:
    relay = tap()
    context: zmq.Context[Any] = zmq.Context()
    copy = context.socket(zmq.SUB)
    copy.subscribe(b"")
    copy.connect(f"ipc://{relay.copy}")
    socket = sender(relay.listen)
    messages = [make(i) for i in range(5)]

    def comes(message: bytes) -> bool:
        socket.send(message)
        return bool(copy.poll(50))

    try:
        until(lambda: comes(messages[0]))
        # What was sent until the first copy came may come late, or be left out: copies never wait.
        while copy.poll(500):
            copy.recv()
        for message in messages * 4:
            socket.send(message)
            assert copy.poll(10_000)
            assert copy.recv() == message
    finally:
        # A context that a failure leaves open would hold up whichever test collects it.
        context.destroy(linger=0)


def test_a_cap_leaves_out_what_is_too_much(
    tap: Callable[..., Tap], v620: V620, collector: Callable[..., subprocess.Popen[bytes]]
) -> None:
    relay = tap(upstream=v620.start().address, cap=len(make(0)) * 20.0)
    until(lambda: relay.state()["upstream_state"] == "up")
    assert collector(relay.listen, 100, 200).wait(60) == 0
    state = until(lambda: (s := relay.state())["received"] == 200 and s)
    assert 20 <= state["sent"] <= 90
    assert state["capped"] == state["lost"] >= 100


def test_a_flood_ends_nothing(
    tap: Callable[..., Tap], v620: V620, sender: Callable[[str], Any]
) -> None:
    relay = tap(upstream=v620.start().address)
    socket = sender(relay.listen)
    message = make(3)
    for _ in range(600):
        socket.send(message)
    state = until(lambda: (s := relay.state())["received"] == 600 and s)
    assert state["sent"] + state["lost"] == 600
    until(lambda: len(v620.digests) == state["sent"])
    assert set(v620.digests) <= {digest(message)}


_GARBAGE = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=60).map(lambda b: len(b).to_bytes(4, "little") + b),
    st.integers(0, 400).map(lambda n: make(7)[:-n] if n else make(7)),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(parts=st.lists(_GARBAGE, min_size=1, max_size=3))
def test_whatever_bytes_come_they_go_on_unchanged_and_end_nothing(
    garbage_rig: tuple[Tap, Any, Any], parts: list[bytes]
) -> None:
    relay, socket, server = garbage_rig
    socket.send_multipart(parts)
    assert server.poll(10_000)
    assert server.recv_multipart() == parts
    assert relay.process.poll() is None


@pytest.fixture
def garbage_rig(tap: Callable[..., Tap], sender: Callable[[str], Any]) -> Any:
    context: zmq.Context[Any] = zmq.Context()
    server = context.socket(zmq.PULL)
    port = server.bind_to_random_port("tcp://127.0.0.1")
    relay = tap(upstream=f"tcp://127.0.0.1:{port}")
    until(lambda: relay.state()["upstream_state"] == "up")
    yield relay, sender(relay.listen), server
    assert relay.state()["malformed"] > 0
    context.destroy(linger=0)


def test_bytes_that_are_not_even_zeromq_end_nothing(
    tap: Callable[..., Tap], sender: Callable[[str], Any]
) -> None:
    import socket as sockets

    relay = tap()
    host, port = relay.listen.removeprefix("tcp://").split(":")
    for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 200, b""):
        with sockets.create_connection((host, int(port))) as connection:
            connection.sendall(junk)
    sender(relay.listen).send(make(0))
    until(lambda: relay.state()["received"] == 1)


def test_questions_that_make_no_sense_are_answered_and_end_nothing(tap: Callable[..., Tap]) -> None:
    relay = tap()
    for request in ({}, {"do": "dance"}, {"do": "cap", "rate": "x"}, {"do": "upstream"}):
        assert relay.control.ask(request) is None
    assert relay.control.ask({"do": "upstream", "address": "nonsense"}) is not None
    assert "nonsense" in relay.state()["upstream_reason"] or relay.state()["upstream"] == ""


def test_it_goes_where_it_is_told_without_letting_go_of_the_collector(
    tap: Callable[..., Tap], v620: V620, collector: Callable[..., subprocess.Popen[bytes]]
) -> None:
    relay = tap()
    running = collector(relay.listen, 50, 100_000)
    until(lambda: relay.state()["received"] > 5)
    assert relay.state()["upstream_state"] == "unset"
    relay.control.ask({"do": "upstream", "address": v620.start().address})
    until(lambda: len(v620.numbers) > 5)
    assert running.poll() is None


def test_only_a_wish_or_a_kill_ends_it(tap: Callable[..., Tap]) -> None:
    relay = tap()
    for number in (signal.SIGHUP, signal.SIGINT):
        os.kill(relay.process.pid, number)
    assert relay.state()["received"] == 0
    relay.control.ask({"do": "stop"})
    assert relay.process.wait(10) == 0
    assert not relay.path.exists()


def test_what_is_taken_already_is_said_in_one_line(tap: Callable[..., Tap], short: Path) -> None:
    relay = tap()
    other = short / "other"
    other.mkdir()
    from .conftest import python

    second = python(
        *("-m", "rovertui.relay", "--record", str(other / record.NAME)),
        *("--listen", relay.listen, "--copy", str(other / "c"), "--control", str(other / "k")),
    )
    _, errors = second.communicate(timeout=20)
    assert second.returncode == 1
    assert b"packets cannot be taken here: address already in use" in errors
    assert b"Traceback" not in errors
    third = python(
        *("-m", "rovertui.relay", "--record", str(relay.path), "--listen", "tcp://127.0.0.1:1"),
        *("--copy", str(other / "c"), "--control", str(other / "k")),
    )
    _, errors = third.communicate(timeout=20)
    assert b"Another relay runs" in errors
    assert relay.state()["received"] == 0
