"""The daemon's socket against clients that are broken, slow, many or without end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import time
from collections.abc import Iterator

import psutil
import pytest

from rovertui import protocol
from rovertui.client import Client
from rovertui.errors import OperatorError
from rovertui.protocol import Call, Hello, encode
from rovertui.workspace import Workspace
from tests.daemon.conftest import rig  # noqa: F401
from tests.daemon.rig import Rig
from tests.waiting import until

GREETING = encode(Hello(protocol.VERSION, "test", "script"))


def dialled(workspace: Workspace) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(20)

    def connected() -> bool:
        # The kernel's queue of those who wait to be let in may be full for a moment.
        with contextlib.suppress(BlockingIOError):
            made.connect(str(workspace.socket()))
            return True
        return False

    until(connected)
    return made


def hung_up(sock: socket.socket) -> bool:
    """Read until the daemon closes the connection."""
    with contextlib.suppress(ConnectionError):
        while sock.recv(1 << 16):
            pass
    return True


@pytest.fixture
def served(rig: Rig) -> Iterator[Rig]:  # noqa: F811
    rig.start()
    yield rig


def daemon(rig: Rig) -> psutil.Process:  # noqa: F811
    return psutil.Process(rig.processes[-1].pid)


@pytest.mark.parametrize(
    "bytes_",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", 0xFFFFFFFF),
        struct.pack(">I", 5) + b"\xc1\xc1\xc1\xc1\xc1",
        GREETING + struct.pack(">I", 9) + b"\x91" * 9,
        GREETING + struct.pack(">I", 1 << 20) + b"\x91" * (1 << 20),
        GREETING + encode(protocol.Reply(1, {})),
        GREETING + os.urandom(200_000),
    ],
    ids=range(7),
)
def test_garbage_ends_that_connection_and_nothing_else(served: Rig, bytes_: bytes) -> None:
    with dialled(served.workspace) as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(bytes_)
        assert hung_up(sock)
    assert served.answers()


def test_a_call_with_nonsense_is_refused_and_the_next_is_answered(served: Rig) -> None:
    nonsense = [
        ("do", {"operation": 5}),
        ("do", {"operation": "pull", "params": [1]}),
        ("do", {"operation": "deploy", "params": {"model": {"a": 1}}}),
        ("do", {"operation": "capture.on", "params": {"session": "\0\x1b[2J" * 9}}),
        ("do", {"operation": "pin", "params": {"model": "../../etc"}}),
        ("events", {"job": -1}),
        ("events", {"job": 1 << 62, "start": 0, "count": 0}),
        ("answer", {"question": 1, "value": ["x"]}),
        ("look", {"what": "check", "model": "../../../etc/passwd"}),
        ("\x1b[31m" * 1000, {}),
    ]

    async def ask(client: Client) -> None:
        for method, params in nonsense:
            try:
                await client.call(method, **params)
            except OperatorError as error:
                assert error.sentence().isprintable() and len(error.sentence()) < 5000
                assert error.code != "internal", (method, params)
        assert (await client.now()).version

    served.ask(ask)


def test_half_a_message_does_not_hold_the_door_open(
    served: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(encode(Hello(1, "x"))[:-1])
        with pytest.raises(OperatorError, match="half-way"):
            await protocol.receive(reader)

    monkeypatch.setattr(protocol, "HALF_A_MESSAGE_S", 0.05)
    asyncio.run(read())
    slow = dialled(served.workspace)
    slow.sendall(GREETING + b"\0")
    assert served.answers()
    slow.close()


def test_thousands_of_connections_are_turned_away_and_the_operator_comes_in_after(
    served: Rig,
) -> None:
    before = daemon(served).memory_info().rss
    held = []
    refused = 0
    for _ in range(2000):
        sock = dialled(served.workspace)
        with contextlib.suppress(OSError):
            sock.sendall(GREETING)
        held.append(sock)
        if len(held) > 60:
            held.pop().close()
            refused += 1
    assert refused > 1900

    async def come_in() -> str:
        client = Client(served.workspace)
        try:
            await client.connect()
        except OperatorError as error:
            return error.code
        except ConnectionError:
            return "gone"
        await client.close()
        return "in"

    assert until(lambda: asyncio.run(come_in()) == "busy")
    assert daemon(served).num_fds() < 200
    assert daemon(served).memory_info().rss - before < 64 << 20
    for sock in held:
        sock.close()
    assert until(lambda: asyncio.run(come_in()) == "in")


def test_who_asks_without_end_and_never_reads_costs_no_memory(served: Rig) -> None:
    before = daemon(served).memory_info().rss
    call = encode(Call(1, "snapshot"))
    with dialled(served.workspace) as sock:
        sock.sendall(GREETING)
        sock.settimeout(2)
        sent = 0
        end = time.monotonic() + 8
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < end:
                sent += sock.send(call * 500)
        # The daemon has stopped reading: what is sent stays in the kernel's queue.
        assert served.answers()
        assert daemon(served).memory_info().rss - before < 64 << 20
    assert sent < 64 << 20
    assert until(served.answers)
