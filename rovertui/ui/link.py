"""What the screen needs of a connection to the daemon."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from rovertui.snapshot import MessageView, Snapshot


class Client(Protocol):
    """One connection. Its loss raises ConnectionError; a refusal raises OperatorError.

    Attributes:
        after_stop: whether to start the daemon also where it was stopped on purpose.
        started: whether :meth:`connect` had to start one.
    """

    snapshot: Snapshot | None
    after_stop: bool
    started: bool

    async def connect(self) -> None: ...

    async def close(self) -> None: ...

    def snapshots(self) -> AsyncIterator[Snapshot]:
        """What the daemon pushes: each replaces the one before it."""
        ...

    async def do(self, operation: str, **params: Any) -> dict[str, Any]:
        """Have an operation of the catalogue done; ``{"job": id}`` where it is a job."""
        ...

    async def events(self, job: int, start: int, count: int) -> tuple[list[dict[str, Any]], int]:
        """A range of a job's events, and how many there are."""
        ...

    async def look(self, what: str, **params: Any) -> dict[str, Any]:
        """A look that takes a moment and changes nothing, such as ``doctor`` or ``report``."""
        ...

    async def messages(self, *, read: bool = False) -> list[MessageView]:
        """What was said since long, newest first; ``read`` marks the warnings as read."""
        ...

    async def answer(self, question: int, value: str | None) -> None:
        """Answer a question of the daemon; None when the operator gives no answer."""
        ...


ClientFactory = Callable[[], Client]
