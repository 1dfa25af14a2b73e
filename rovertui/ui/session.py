"""Keeps a connection to the daemon: connects, listens, and connects again when it is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from rovertui.errors import OperatorError
from rovertui.snapshot import MessageView, Snapshot
from rovertui.ui.link import Client, ClientFactory

LOST = (ConnectionError, OSError, EOFError, asyncio.TimeoutError)
GONE = "daemon gone, reconnecting"


class Session:
    """Calls ``on_snapshot`` for what the daemon pushes and ``on_gone`` when there is no daemon.

    A new client is made for every attempt; attempts are ``pause`` seconds apart.
    """

    def __init__(
        self,
        factory: ClientFactory,
        on_snapshot: Callable[[Snapshot], None],
        on_gone: Callable[[str], None],
        pause: float = 1.0,
    ) -> None:
        self._factory = factory
        self._on_snapshot = on_snapshot
        self._on_gone = on_gone
        self._pause = pause
        self._client: Client | None = None

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            client = self._factory()
            try:
                await client.connect()
                self._client = client
                async for snapshot in client.snapshots():
                    self._on_snapshot(snapshot)
                self._on_gone(GONE)
            except OperatorError as error:
                self._on_gone(error.sentence())
            except LOST:
                self._on_gone(GONE)
            finally:
                self._client = None
                with contextlib.suppress(*LOST):
                    await client.close()
            await asyncio.sleep(self._pause)

    def _connected(self) -> Client:
        if self._client is None:
            raise ConnectionError(GONE)
        return self._client

    async def do(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        return await self._connected().do(operation, **params)

    async def events(self, job: int, start: int, count: int) -> tuple[list[dict[str, Any]], int]:
        return await self._connected().events(job, start, count)

    async def look(self, what: str, params: dict[str, Any]) -> dict[str, Any]:
        return await self._connected().look(what, **params)

    async def messages(self, read: bool) -> list[MessageView]:
        return await self._connected().messages(read=read)

    async def answer(self, question: int, value: str | None) -> None:
        await self._connected().answer(question, value)
