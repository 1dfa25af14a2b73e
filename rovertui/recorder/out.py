"""Messages to the daemon, written beside the loop so that a slow reader delays no frame."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable

import msgspec

from rovertui.recorder.messages import Message, Numbers

log = logging.getLogger(__name__)


class Out:
    """Writes JSON lines to a descriptor from a thread of its own.

    Events keep their order; of several :class:`Numbers` that wait only the last is written, with
    the changed axes of those it replaces.

    Args:
        on_closed: called once when nobody reads any more.
    """

    def __init__(self, fd: int, on_closed: Callable[[], None]) -> None:
        self._fd = fd
        self._on_closed = on_closed
        self._events: deque[Message] = deque()
        self._numbers: Numbers | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="out", daemon=True)
        self._thread.start()

    def say(self, message: Message) -> None:
        """Have a message written; never waits for the reader."""
        with self._changed:
            if isinstance(message, Numbers):
                if self._numbers is not None:
                    axes = {axis.name: axis for axis in [*self._numbers.axes, *message.axes]}
                    message.axes = list(axes.values())
                    message.coverage = message.coverage or self._numbers.coverage
                self._numbers = message
            else:
                self._events.append(message)
            self._changed.notify()

    def close(self, timeout: float = 2.0) -> None:
        """Write what waits, for at most ``timeout`` seconds."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._events or self._numbers or self._ended):
                    self._changed.wait()
                waiting: list[Message] = [*self._events]
                self._events.clear()
                if self._numbers is not None:
                    waiting.append(self._numbers)
                    self._numbers = None
                if not waiting:
                    return
            data = memoryview(b"".join(msgspec.json.encode(m) + b"\n" for m in waiting))
            try:
                while data:
                    data = data[os.write(self._fd, data) :]
            except OSError as error:
                log.info("nobody listens any more: %s", error)
                self._on_closed()
                return
