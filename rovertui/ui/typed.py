"""Keys, one at a time: the next one goes on when the one before has had its effect.

Textual hands a key on while what the key before it brought up, a box or a line to type into,
is still being made: it would be lost, or taken by the screen behind.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.widgets import Input

Typed = events.Key | events.Paste

_READY = 10.0
"""Seconds after which a key goes on although the screen has not become ready."""

_DEALT = 3.0
"""The same for a widget that does not come to an end with a key, or is being removed."""

_LOOK = 0.005


class TypedKeys:
    """The keys that were typed and not yet given on, in their order.

    Args:
        app: whose top screen gets them.
        give: hands one on, as Textual does.
    """

    def __init__(self, app: App[int], give: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._give = give
        self._waiting: deque[Typed] = deque()
        self._giving: asyncio.Task[None] | None = None

    def add(self, event: Typed) -> None:
        """Take what was typed. Call within the application's loop."""
        self._waiting.append(event)
        if self._giving is None or self._giving.done():
            self._giving = asyncio.get_running_loop().create_task(self._give_all())

    @property
    def busy(self) -> bool:
        """Whether a key still waits, or has not had its effect yet."""
        return self._giving is not None and not self._giving.done()

    async def _give_all(self) -> None:
        while self._waiting and not self._app._exit:
            await self._ready()
            target = self._target()
            await self._give(self._waiting.popleft())
            # An effect is a message that wanders up to the application; what it leads to there
            # may be one more.
            await self._dealt_with(target)
            await self._dealt_with(self._target())

    def _target(self) -> MessagePump:
        if not self._app.screen_stack:
            return self._app
        return self._app.screen.focused or self._app.screen

    async def _ready(self) -> None:
        """Wait until the top screen is there, and the line to type into has the keys."""
        for _ in range(int(_READY / _LOOK)):
            if self._is_ready():
                return
            await asyncio.sleep(_LOOK)

    def _is_ready(self) -> bool:
        if not self._app.screen_stack:
            return False
        screen = self._app.screen
        if not screen.is_mounted:
            return False
        return screen.focused is not None or not any(
            line.display and line.is_attached for line in screen.query(Input)
        )

    async def _dealt_with(self, target: MessagePump) -> None:
        """Wait for what is in the queues from ``target`` up to the application."""
        node: MessagePump | None = target
        while node is not None:
            done = asyncio.Event()
            if node.is_running and node.call_later(done.set):
                try:
                    await asyncio.wait_for(done.wait(), _DEALT)
                except asyncio.TimeoutError:
                    return
            node = None if node is self._app else node._parent
