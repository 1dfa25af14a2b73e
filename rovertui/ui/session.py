"""Keeps a connection to the daemon: connects, listens, and connects again when it is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rovertui.client import DaemonSilent, DaemonStopped
from rovertui.errors import OperatorError
from rovertui.snapshot import MessageView, Snapshot
from rovertui.ui.link import Client, ClientFactory

LOST = (ConnectionError, OSError, EOFError, asyncio.TimeoutError, DaemonSilent)
GONE = "daemon gone, reconnecting"
SILENT = "daemon does not answer"
_LONGEST_PAUSE = 8.0


@dataclass(frozen=True)
class Absence:
    """Why there is no daemon at present.

    Attributes:
        short: in a few words, for the header.
        text: in a sentence, where there is more to say.
        remedy: what to do about it.
    """

    short: str = GONE
    text: str = ""
    remedy: str = ""


class Session:
    """Keeps up the connection.

    A new client is made for every attempt; attempts are ``pause`` seconds apart, and more where
    each would start a daemon that does not come up.

    Args:
        on_snapshot: gets what the daemon pushes.
        on_gone: told when there is no daemon, and why.
        on_back: told when there is one again after that; whether it had to be started.
    """

    def __init__(
        self,
        factory: ClientFactory,
        on_snapshot: Callable[[Snapshot], None],
        on_gone: Callable[[Absence], None],
        on_back: Callable[[bool], None],
        pause: float = 1.0,
    ) -> None:
        self._factory = factory
        self._on_snapshot = on_snapshot
        self._on_gone = on_gone
        self._on_back = on_back
        self._pause = pause
        self._client: Client | None = None
        self._revive = False
        self._was_gone = False
        self._wake = asyncio.Event()

    def start_daemon(self) -> None:
        """Have the daemon started at once, although it was stopped on purpose."""
        self._revive = True
        self._wake.set()

    async def run(self) -> None:
        """Listen until cancelled."""
        wait = self._pause
        while True:
            client = self._factory()
            client.after_stop = client.after_stop or self._revive
            try:
                await client.connect()
                self._client = client
                self._revive = False
                wait = self._pause
                if self._was_gone:
                    self._was_gone = False
                    self._on_back(client.started)
                async for snapshot in client.snapshots():
                    self._on_snapshot(snapshot)
                self._gone(Absence())
            except DaemonSilent as error:
                self._gone(Absence(SILENT, error.message, error.hint))
            except OperatorError as error:
                self._gone(Absence("no daemon", error.message, error.hint))
                wait = min(wait * 2, _LONGEST_PAUSE)
            except DaemonStopped as error:
                self._gone(
                    Absence(
                        "daemon stopped",
                        str(error),
                        "Start the daemon (in the palette, :) or run any rovertui command.",
                    )
                )
            except LOST:
                self._gone(Absence())
            finally:
                self._client = None
                with contextlib.suppress(*LOST):
                    await client.close()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)
            self._wake.clear()

    def _gone(self, absence: Absence) -> None:
        self._was_gone = True
        self._on_gone(absence)

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
