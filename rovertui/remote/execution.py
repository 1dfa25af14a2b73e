"""A command that runs on the server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

NOISE_LIMIT = 1 << 18
"""What the start-up files of the login's shell may print before what was asked for."""


@dataclass(frozen=True)
class Completed:
    """What a command on the server wrote, and its exit status (-1: the link broke first)."""

    output: bytes
    errors: bytes
    status: int


class Execution:
    """A command that runs on the server.

    Reads raise `TimeoutError` when nothing comes for a while.

    Args:
        channel: the paramiko channel it was requested on.
        stall: seconds of silence allowed; see `waiting`.
        marker: the line behind which its output begins.
    """

    def __init__(self, channel: Any, stall: float, marker: bytes) -> None:
        self._channel = channel
        self._stall = stall
        self._marker = marker
        self._begun: bool | None = None
        self._ahead = b""

    def begun(self) -> bool:
        """Wait until a shell runs the command; False when none does."""
        if self._begun is None:
            self._channel.settimeout(self._stall)
            self._begun = self._skip_past(self._marker + b"\n")
        return self._begun

    def _skip_past(self, marker: bytes) -> bool:
        seen = b""
        while (at := seen.find(marker)) < 0:
            block = self._channel.recv(1 << 16)
            if not block or len(seen) > NOISE_LIMIT:
                return False
            seen += block
        self._ahead = seen[at + len(marker) :]
        return True

    def read(self, limit: int) -> bytes:
        """Up to ``limit`` bytes of standard output; nothing at its end, or when the link broke."""
        if self._ahead:
            block, self._ahead = self._ahead[:limit], self._ahead[limit:]
            return block
        data: bytes = self._channel.recv(limit)
        return data

    def waiting(self, seconds: float) -> None:
        """Set how long one `read` may wait."""
        self._channel.settimeout(seconds)

    def status(self) -> int:
        """The exit status; -1 when the link broke before it came."""
        deadline = time.monotonic() + self._stall
        while not self._channel.status_event.wait(0.1):
            if time.monotonic() > deadline or self._channel.closed:
                return -1
        return int(self._channel.exit_status)

    def errors(self) -> bytes:
        """What has arrived of standard error, at most 64 KiB."""
        if not self._channel.recv_stderr_ready():
            return b""
        data: bytes = self._channel.recv_stderr(1 << 16)
        return data

    def close(self) -> None:
        self._channel.close()
