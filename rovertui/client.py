"""What screen, CLI and scripts call: one connection to the daemon of a workspace."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from rovertui import __version__
from rovertui.called import called, from_anywhere
from rovertui.errors import OperatorError
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
from rovertui.snapshot import JobView, MessageView, Snapshot
from rovertui.text import clean
from rovertui.workspace import Workspace

_SILENCE_S = 5.0
_LISTEN_EVERY_S = 0.5


class DaemonStopped(ConnectionError):
    """The daemon was stopped on purpose; the message says by whom."""


class DaemonSilent(OperatorError):
    """The daemon is there, and nothing came from it for some seconds: stopped, or stuck."""

    def __init__(self, workspace: Workspace) -> None:
        try:
            number = int(workspace.lock.read_bytes()[:32])
        except (OSError, ValueError):
            who, hint = clean(str(workspace.root)), "End its process (kill -9)"
        else:
            who, hint = f"process {number}", f"`kill -9 {number}` ends it"
        super().__init__(
            f"The daemon ({who}) does not answer: it is there, but stopped or stuck.",
            hint=f"{hint}; the next start cleans up after it.",
            code="no-daemon",
        )


class Client:
    """A connection to the daemon. Every method raises ConnectionError once it is gone, and
    DaemonSilent once nothing has come from it for five seconds.

    Args:
        face: what the audit log calls it: ``screen``, ``command line`` or ``script``.
    """

    def __init__(self, workspace: Workspace, face: str = "script") -> None:
        self.workspace = workspace
        self.face = face
        self.snapshot: Snapshot | None = None
        self.daemon = ""
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._arrived = asyncio.Event()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None
        self._attending: asyncio.Task[None] | None = None
        self._heard = False
        self._lost: Exception = ConnectionError("the daemon is gone")

    async def connect(self) -> None:
        """Open the connection and agree on the protocol.

        Raises:
            ConnectionError: there is no daemon.
            DaemonSilent: there is one, and it does not answer.
            OperatorError: the daemon speaks another protocol.
        """
        self._reader, self._writer = await asyncio.open_unix_connection(sock=self._reached())
        self._writer.write(encode(Hello(VERSION, __version__, self.face)))
        try:
            hello = await asyncio.wait_for(receive(self._reader), _SILENCE_S)
        except asyncio.TimeoutError:
            await self.close()
            raise DaemonSilent(self.workspace) from None
        if not isinstance(hello, Hello):
            await self.close()
            if isinstance(hello, Failure):
                raise hello.error()
            raise ConnectionError("the daemon did not answer")
        self.daemon = hello.program
        if hello.protocol != VERSION:
            await self.close()
            raise OperatorError(
                f"The daemon is version {hello.program} (protocol {hello.protocol}), "
                f"this program is {__version__} (protocol {VERSION}).",
                hint=f"Run `{called()} daemon stop`, then try again.",
                code="protocol",
            )
        loop = asyncio.get_running_loop()
        self._listening = loop.create_task(self._listen())
        self._attending = loop.create_task(self._attend())

    def _reached(self) -> socket.socket:
        """A socket that is connected to the daemon's."""
        path = self.workspace.socket()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            sock.connect(str(path))
        except BlockingIOError:
            # So many wait to be let in that the kernel takes no more of them.
            sock.close()
            raise DaemonSilent(self.workspace) from None
        except OSError as error:
            sock.close()
            raise ConnectionError(f"no daemon at {path}: {error}") from None
        return sock

    @property
    def connected(self) -> bool:
        return self._reader is not None and self._listening is not None

    async def close(self) -> None:
        if self._attending:
            self._attending.cancel()
            self._attending = None
        if self._listening:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
            self._listening = None
        if self._writer:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
            self._writer = None

    async def _listen(self) -> None:
        assert self._reader is not None
        commands = from_anywhere(self.workspace.root), called()
        try:
            while (message := await receive(self._reader, commands)) is not None:
                self._heard = True
                self._take(message)
        except OperatorError:
            pass
        finally:
            self._reader = None
            for future in self._pending.values():
                if not future.done():
                    future.set_exception(self._lost)
            self._pending.clear()
            self._arrived.set()

    async def _attend(self) -> None:
        """Give the connection up where nothing comes; half-way there the daemon is asked.

        Looks are counted, not seconds: while this process is stopped it hears nothing either.
        """
        looks, most = 0, round(_SILENCE_S / _LISTEN_EVERY_S)
        while looks < most and self._reader is not None and self._writer is not None:
            await asyncio.sleep(_LISTEN_EVERY_S)
            looks, self._heard = 0 if self._heard else looks + 1, False
            if looks == most // 2:
                self._writer.write(encode(Call(next(self._numbers), "snapshot", {})))
        if looks == most and self._listening is not None:
            self._lost = DaemonSilent(self.workspace)
            self._listening.cancel()

    def _take(self, message: Message) -> None:
        if isinstance(message, Push):
            self.snapshot = message.snapshot
            self._arrived.set()
        elif isinstance(message, (Reply, Failure)):
            future = self._pending.pop(message.id, None)
            if future is None or future.done():
                return
            if isinstance(message, Reply):
                future.set_result(message.result)
            else:
                future.set_exception(message.error())

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One request and its answer."""
        if self._reader is None or self._writer is None:
            raise self._lost
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        self._writer.write(encode(Call(number, method, params)))
        await self._writer.drain()
        return await future

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        """Each snapshot as it comes; one that was not looked at in time is passed over."""
        await self.call("subscribe")
        before: Snapshot | None = None
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            if self.snapshot is not None and self.snapshot is not before:
                before = self.snapshot
                yield before
            if self._reader is None:
                raise self._lost

    async def until(self, holds: Callable[[Snapshot], bool]) -> Snapshot:
        """The first snapshot that comes of which ``holds`` is true."""
        async for snapshot in self.snapshots():
            if holds(snapshot):
                return snapshot
        raise self._lost

    async def now(self) -> Snapshot:
        """One fresh snapshot."""
        result = await self.call("snapshot")
        self.snapshot = msgspec.convert(result, Snapshot)
        return self.snapshot

    async def do(self, operation: str, **params: Any) -> dict[str, Any]:
        """Have an operation done; ``{"job": number}`` where it runs as a job.

        Raises:
            OperatorError: it was refused, and why.
        """
        return await self.call("do", operation=operation, params=params)

    async def stop(self) -> str:
        """Have the daemon end, and wait until it has hung up; what it says of that."""
        told = await self.do("daemon.stop")
        while self.connected:
            await asyncio.sleep(0.05)
        await self.close()
        if isinstance(self._lost, DaemonSilent):
            raise self._lost
        return str(told.get("text", ""))

    async def events(
        self, job: int, start: int, count: int = 500
    ) -> tuple[list[dict[str, Any]], int]:
        """A range of a job's events, and how many there are."""
        result = await self.call("events", job=job, start=start, count=count)
        return result["events"], result["total"]

    async def answer(self, question: int, value: str | None) -> None:
        """Answer an open question; None declines."""
        await self.call("answer", question=question, value=value)

    async def look(self, what: str, **params: Any) -> dict[str, Any]:
        """A look that changes nothing; :meth:`rovertui.daemon.looks.Looks.look` says what there
        is, what each takes and what it returns.
        """
        return await self.call("look", what=what, **params)

    async def messages(self, *, read: bool = False) -> list[MessageView]:
        """What was said since long, newest first; ``read`` marks the warnings as read."""
        result = await self.call("messages", read=read)
        return msgspec.convert(result["messages"], list[MessageView])

    async def job(self, number: int) -> JobView:
        """One job as it stands."""
        return msgspec.convert(await self.call("job", job=number), JobView)

    async def follow(self, number: int) -> AsyncIterator[dict[str, Any]]:
        """The events of a job from its first to its last, as they come."""
        start = 0
        async for snapshot in self.snapshots():
            ended = all(
                job.state in ("done", "failed", "cancelled", "interrupted")
                for job in snapshot.jobs
                if job.id == number
            )
            while True:
                events, total = await self.events(number, start)
                for event in events:
                    yield event
                start += len(events)
                if start >= total:
                    break
            if ended:
                return


async def serves(workspace: Workspace) -> bool:
    """Whether a daemon serves the workspace; OperatorError where it is one of another version."""
    client = Client(workspace)
    try:
        await client.connect()
    except ConnectionError:
        return False
    await client.close()
    return True
