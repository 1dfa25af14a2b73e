"""A `sh` on the server that is kept open, so that slow start-up files cost their time once.

Commands go to its standard input, one at a time. What a command wrote ends with a line that
holds a random word and the exit status: no output can be taken for it.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

NOISE_LIMIT = 1 << 18
"""What the start-up files of the login's shell may print before the first command's output."""

COMMAND = "exec sh"
"""What the login's shell is asked to run."""


@dataclass(frozen=True)
class Completed:
    """What a command on the server wrote, and its exit status (-1: the link broke first)."""

    output: bytes
    errors: bytes
    status: int


class Shell:
    """One kept shell.

    Args:
        channel: the paramiko channel on which it was started.
        stall: seconds of silence allowed.
    """

    def __init__(self, channel: Any, stall: float) -> None:
        self.channel = channel
        self.stall = stall
        self.busy = False
        number = os.urandom(12).hex()
        self._word = f"rovertui-{number}"
        self._begun: bool | None = None
        self.ahead = b""
        # A server that answers with SFTP whatever is asked takes this for a damaged message and
        # hangs up, instead of waiting for one. One that only echoes keeps the quotes.
        self._send(f"echo rovertui-''{number}\n")

    @property
    def usable(self) -> bool:
        """Whether it can take a command now."""
        return not self.busy and not self.channel.closed and self._begun is not False

    def begun(self) -> bool:
        """Wait until it runs; False when the server gives no shell."""
        if self._begun is None:
            self.channel.settimeout(self.stall)
            self._begun = self._skip_past(self._word.encode() + b"\n")
        return self._begun

    def _skip_past(self, marker: bytes) -> bool:
        seen = b""
        while (at := seen.find(marker)) < 0:
            block = self.channel.recv(1 << 16)
            if not block or len(seen) > NOISE_LIMIT:
                return False
            seen += block
        self.ahead = seen[at + len(marker) :]
        return True

    def ask(self, command: str) -> Execution:
        """Have one command run. It must not read its standard input."""
        self.busy = True
        while self.channel.recv_stderr_ready():
            self.channel.recv_stderr(1 << 16)
        self.channel.settimeout(self.stall)
        # A line break, not a semicolon: the command may end in one of its own.
        self._send(f"{command}\nprintf '\\n{self._word} %d\\n' $?\n")
        return Execution(self, b"\n" + self._word.encode() + b" ")

    def _send(self, text: str) -> None:
        try:
            self.channel.sendall(text.encode("utf-8", "surrogateescape"))
        except TimeoutError:
            raise
        except OSError:
            # It has hung up: whoever reads next finds the end, and what was said before it.
            self.channel.close()

    def close(self) -> None:
        self.channel.close()


class Execution:
    """A command that runs in a kept shell. Reads raise `TimeoutError` after a silence."""

    def __init__(self, shell: Shell, end: bytes) -> None:
        self._shell = shell
        self._end = end
        self._held = b""
        self._status: int | None = None

    def begun(self) -> bool:
        """Wait until the shell runs; False when there is none."""
        return self._shell.begun()

    def waiting(self, seconds: float) -> None:
        """Set how long one `read` may wait."""
        self._shell.channel.settimeout(seconds)

    def read(self, limit: int) -> bytes:
        """Up to about ``limit`` bytes of standard output; nothing at its end, or at a broken link.

        Call :meth:`begun` first.
        """
        while self._status is None:
            block = self._take(limit)
            if not block:
                self._status = -1
                return self._held
            data = self._held + block if self._held else block
            at = data.find(self._end)
            if at >= 0:
                self._finish(data[at + len(self._end) :])
                data = data[:at]
                self._held = b""
                return data
            keep = _overlap(data, self._end)
            self._held = data[len(data) - keep :] if keep else b""
            if len(data) > keep:
                return data[: len(data) - keep] if keep else data
        return b""

    def _take(self, limit: int) -> bytes:
        ahead, self._shell.ahead = self._shell.ahead, b""
        if ahead:
            return ahead
        data: bytes = self._shell.channel.recv(limit)
        return data

    def _finish(self, rest: bytes) -> None:
        """Read the status behind the end mark."""
        deadline = time.monotonic() + self._shell.stall
        while b"\n" not in rest:
            try:
                block = self._take(1 << 12)
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise
                continue
            if not block:
                self._status = -1
                return
            rest += block
            if len(rest) > NOISE_LIMIT:
                # Nothing may come between the end mark and its line's end: this is no shell.
                self._status = -1
                self._shell.close()
                return
        digits, _, self._shell.ahead = rest.partition(b"\n")
        self._status = int(digits[:9]) if digits.isdigit() else 1
        self._shell.busy = False

    def status(self) -> int:
        """The exit status, once everything was read; -1 when the link broke before it came."""
        return -1 if self._status is None else self._status

    def errors(self) -> bytes:
        """What has arrived of standard error, at most 64 KiB."""
        if not self._shell.channel.recv_stderr_ready():
            return b""
        data: bytes = self._shell.channel.recv_stderr(1 << 16)
        return data

    def close(self) -> None:
        """Leave it; a command that has not ended goes down with its shell."""
        if self._shell.busy:
            self._shell.close()


def _overlap(data: bytes, end: bytes) -> int:
    """How many of the last bytes of ``data`` may be the beginning of ``end``."""
    at = data.find(end[:1], max(0, len(data) - len(end) + 1))
    while at >= 0:
        if end.startswith(data[at:]):
            return len(data) - at
        at = data.find(end[:1], at + 1)
    return 0
