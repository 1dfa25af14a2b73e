"""A stand-in for the daemon: it shows the snapshots it is given, and remembers what it is asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from rovertui.snapshot import MessageView, Snapshot

from .looks import check, doctor, feed, picture, report
from .scenes import busy


class StandIn:
    """Plays the daemon. Tests change ``snapshot`` and call :meth:`push`; ``done`` has all calls."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.snapshot = snapshot or busy()
        self.log: list[dict[str, Any]] = []
        self.done: list[tuple[str, dict[str, Any]]] = []
        self.reply: dict[str, Any] = {}
        self.answers: list[tuple[int, str | None]] = []
        self.fetched: list[tuple[int, int, int]] = []
        self.answers_looks = asyncio.Event()
        self.answers_looks.set()
        self.samples: dict[str, list[dict[str, Any]]] = {"set": [], "trash": []}
        self.pictured: list[dict[str, Any]] = []
        self.failure: Exception | None = None
        self.looked: list[tuple[str, dict[str, Any]]] = []
        self.found: dict[str, dict[str, Any]] = {
            "report": report(),
            "check": check(),
            "feed": feed(),
            "doctor": doctor(),
        }
        self.messages: list[MessageView] = []
        self.up = True
        self.crashed = False
        self.absence: Exception | None = None
        self.connections = 0
        self.taken = 0
        """The number of the last snapshot that a screen has dealt with."""
        self.news = asyncio.Event()

    def client(self) -> StandInClient:
        return StandInClient(self)

    def push(self, snapshot: Snapshot | None = None) -> None:
        self.snapshot = snapshot or self.snapshot
        self.snapshot.sequence += 1
        news, self.news = self.news, asyncio.Event()
        news.set()

    def drop(self) -> None:
        """The daemon dies."""
        self.up = False
        self.push()


class StandInClient:
    """One connection to the stand-in, with the interface of the real client."""

    def __init__(self, daemon: StandIn) -> None:
        self._daemon = daemon
        self.snapshot: Snapshot | None = None
        self.after_stop = False
        self.started = False

    async def connect(self) -> None:
        if self._daemon.absence is not None and not self.after_stop:
            raise self._daemon.absence
        if not self._daemon.up and not self.after_stop:
            raise ConnectionRefusedError("stand-in is down")
        self.started = not self._daemon.up or self._daemon.crashed
        self._daemon.up, self._daemon.crashed, self._daemon.absence = True, False, None
        self._daemon.connections += 1

    async def close(self) -> None:
        pass

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        while True:
            if not self._daemon.up:
                raise ConnectionResetError("stand-in went down")
            self.snapshot = self._daemon.snapshot
            news, sequence = self._daemon.news, self.snapshot.sequence
            yield self.snapshot
            self._daemon.taken = sequence
            await news.wait()

    async def do(self, operation: str, **params: Any) -> dict[str, Any]:
        if not self._daemon.up:
            raise ConnectionResetError("stand-in is down")
        if self._daemon.failure is not None:
            raise self._daemon.failure
        self._daemon.done.append((operation, params))
        return self._daemon.reply

    async def events(self, job: int, start: int, count: int) -> tuple[list[dict[str, Any]], int]:
        self._daemon.fetched.append((job, start, count))
        return self._daemon.log[start : start + count], len(self._daemon.log)

    async def look(self, what: str, **params: Any) -> dict[str, Any]:
        if what == "picture":
            self._daemon.pictured.append(params)
            return picture(params["width"], params["height"])
        if not self._daemon.up:
            raise ConnectionResetError("stand-in is down")
        self._daemon.looked.append((what, params))
        await self._daemon.answers_looks.wait()
        if self._daemon.failure is not None:
            raise self._daemon.failure
        return self._samples(params) if what == "samples" else self._daemon.found[what]

    def _samples(self, params: dict[str, Any]) -> dict[str, Any]:
        every = self._daemon.samples[params["where"]]
        found = [row for row in every if params["words"] in str(row)]
        place = next((i for i, row in enumerate(found) if row["name"] == params["name"]), None)
        start = params["start"] if place is None else max(0, place - params["count"] // 2)
        return {
            "rows": found[start : start + params["count"]],
            "start": start,
            "total": len(found),
            "all": len(every),
            "bytes": sum(row["bytes"] for row in every),
            "most": 1e9 if params["where"] == "trash" else 0.0,
            "place": place,
            "sessions": Counter(row["session"] for row in every),
        }

    async def messages(self, *, read: bool = False) -> list[MessageView]:
        if not self._daemon.up:
            raise ConnectionResetError("stand-in is down")
        if read:
            self._daemon.snapshot.unread = 0
        return list(reversed(self._daemon.messages))

    async def answer(self, question: int, value: str | None) -> None:
        self._daemon.answers.append((question, value))
        self._daemon.snapshot.questions = [
            q for q in self._daemon.snapshot.questions if q.id != question
        ]
        self._daemon.push()
