"""The daemon's door: a Unix socket for this user alone, calls in, replies and snapshots out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from rovertui import __version__
from rovertui.audit import Caller
from rovertui.errors import OperatorError, in_words
from rovertui.protocol import (
    VERSION,
    Call,
    Failure,
    Hello,
    Message,
    Push,
    Reply,
    encode,
    receive,
)
from rovertui.snapshot import Snapshot
from rovertui.text import clean

log = logging.getLogger(__name__)

_MOST_CLIENTS = 32
_MOST_CALLS = 64
_LONGEST_WORDS = 4000
_SHORTEST_INTERVAL = 0.1
_GOODBYE = 1.0
_CREDENTIALS = struct.Struct("3i")
_FACES = ("screen", "command line", "script")

Handler = Callable[[str, dict[str, Any], Caller], Awaitable[dict[str, Any]]]


class Server:
    """Serves clients of the same user.

    Args:
        handle: answers one call (method, params, caller) with a result or an OperatorError.
        take_snapshot: builds the present snapshot; called at most ten times a second, and
            only while somebody listens.
        on_people: called when the number of clients changes.
    """

    def __init__(
        self, handle: Handler, take_snapshot: Callable[[], Snapshot], on_people: Callable[[], None]
    ) -> None:
        self._handle = handle
        self._take_snapshot = take_snapshot
        self._on_people = on_people
        self._clients: set[_Connection] = set()
        self._serving: set[asyncio.Task[Any]] = set()
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._pusher: asyncio.Task[None] | None = None

    @property
    def people(self) -> int:
        """How many clients listen to snapshots."""
        return sum(client.subscribed for client in self._clients)

    def changed(self) -> None:
        """Something that a snapshot shows is different now."""
        self._changed.set()

    async def start(self, path: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(path))
        finally:
            os.umask(mask)
        self._pusher = asyncio.get_running_loop().create_task(self._push())

    async def stop(self) -> None:
        if self._pusher:
            self._pusher.cancel()
        if self._server:
            self._server.close()
        if self._answering:
            # What ended the daemon, such as new settings, is answered first: it was done.
            await asyncio.wait(self._answering, timeout=_GOODBYE)
        for client in list(self._clients):
            client.close()
        if self._serving:
            await asyncio.wait(self._serving, timeout=_GOODBYE)

    async def _push(self) -> None:
        """Send what is new to whoever has taken the one before."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            listeners = [c for c in self._clients if c.subscribed and c.idle]
            if listeners:
                data = encode(Push(self._take_snapshot()))
                for client in listeners:
                    client.write(data)
            if any(c.subscribed and not c.idle for c in self._clients):
                self._changed.set()
            await asyncio.sleep(_SHORTEST_INTERVAL)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pid, uid = _process_of(writer)
        if uid != os.getuid():
            writer.close()
            return
        if len(self._clients) >= _MOST_CLIENTS:
            full = OperatorError(
                f"The daemon serves {_MOST_CLIENTS} clients already.",
                hint="Close one of them.",
                code="busy",
            )
            writer.write(_failure(0, full))
            writer.close()
            return
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        client = _Connection(writer, Caller(uid, pid=pid))
        self._clients.add(client)
        tasks: set[asyncio.Task[None]] = set()
        try:
            await self._greet(reader, client)
            # Who does not read gets no more answered, and who asks without end waits.
            while (message := await self._next(reader, writer, tasks)) is not None:
                if not isinstance(message, Call):
                    raise OperatorError("Only calls are expected here.", code="protocol")
                task = asyncio.get_running_loop().create_task(self._answer(client, message))
                for among in (tasks, self._answering):
                    among.add(task)
                    task.add_done_callback(among.discard)
        except OperatorError as error:
            client.write(_failure(0, error))
        except (ConnectionError, asyncio.TimeoutError):
            pass
        finally:
            self._clients.discard(client)
            client.close()
            self._on_people()

    async def _next(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tasks: set[Any]
    ) -> Message | None:
        while len(tasks) >= _MOST_CALLS:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await writer.drain()
        return await receive(reader)

    async def _greet(self, reader: asyncio.StreamReader, client: _Connection) -> None:
        client.write(encode(Hello(VERSION, __version__)))
        message = await asyncio.wait_for(receive(reader), 10)
        if message is not None and not isinstance(message, Hello):
            raise OperatorError("The first message must be a greeting.", code="protocol")
        if message is not None and message.face in _FACES:
            client.caller = replace(client.caller, face=message.face)

    async def _answer(self, client: _Connection, call: Call) -> None:
        try:
            if call.method == "subscribe":
                client.subscribed = True
                self._on_people()
                self.changed()
                result: dict[str, Any] = {}
            elif call.method == "snapshot":
                result = msgspec.to_builtins(self._take_snapshot())
            else:
                result = await self._handle(call.method, call.params, client.caller)
            client.write(encode(Reply(call.id, result)))
        except OperatorError as error:
            client.write(_failure(call.id, error))
        except OSError as error:
            log.exception("call %s failed", clean(call.method, 60))
            client.write(_failure(call.id, in_words(error)))
        except Exception as error:
            log.exception("call %s failed", clean(call.method, 60))
            client.write(
                encode(
                    Failure(
                        call.id,
                        f"Something unforeseen went wrong: {type(error).__name__}.",
                        "The daemon's log has the details.",
                        "internal",
                    )
                )
            )


def _failure(number: int, error: OperatorError) -> bytes:
    message, hint = (clean(text, _LONGEST_WORDS) for text in (error.message, error.hint))
    return encode(Failure(number, message, hint, error.code))


class _Connection:
    """One client's writing side, and who it is."""

    def __init__(self, writer: asyncio.StreamWriter, caller: Caller) -> None:
        self.caller = caller
        self._writer = writer
        self.subscribed = False

    @property
    def idle(self) -> bool:
        """Whether everything sent so far is on its way."""
        return self._writer.transport.get_write_buffer_size() == 0

    def write(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    def close(self) -> None:
        self._writer.close()


def _process_of(writer: asyncio.StreamWriter) -> tuple[int, int]:
    """The process at the other end, and its user."""
    sock = writer.get_extra_info("socket")
    data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(data)
    return int(pid), int(uid)
