"""Both directions of a channel on which :mod:`.agent` was started, polled from one thread."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from rovertui.conversion import agent
from rovertui.conversion.hearing import Heard, Hearing
from rovertui.conversion.progress import Lines, Said, parse
from rovertui.errors import OperatorError
from rovertui.reporter import Reporter
from rovertui.text import clean

_SILENCE = 10.0
_BEAT = 1.0
_TICK = 0.05
_BLOCK = 1 << 18
_LONGEST_LINE = 64 << 20
_LONGEST_NOISE = 1 << 18


@dataclass
class Talk:
    """Both directions of the channel, polled from one thread."""

    channel: Any
    reporter: Reporter
    _rest: bytes = b""
    _said: bytes = b""
    _lines: Lines = field(default_factory=Lines)
    _heard: float = field(default_factory=time.monotonic)
    _beat: float = field(default_factory=time.monotonic)

    def send(self, data: bytes) -> None:
        """Send all of it; what is refused there is told by what it says, not here."""
        view = memoryview(data)
        self.channel.settimeout(_TICK)
        since = time.monotonic()
        while view:
            self.reporter.check()
            try:
                sent = self.channel.send(view[:_BLOCK])
            except TimeoutError:
                if time.monotonic() - since > _SILENCE:
                    raise
                continue
            except OSError:
                return
            if not sent:
                return
            view = view[sent:]
            since = time.monotonic()
        self._heard = time.monotonic()

    def _block(self) -> bytes:
        """Some bytes of standard output; none at its end.

        Raises:
            TimeoutError: nothing was heard for too long.
        """
        while True:
            self.reporter.check()
            now = time.monotonic()
            if now - self._beat > _BEAT:
                self._beat = now
                self._sign()
            self._errors()
            try:
                block: bytes = self.channel.recv(1 << 16)
            except TimeoutError:
                if now - self._heard > _SILENCE:
                    raise
                continue
            self._heard = time.monotonic()
            return block

    def _sign(self) -> None:
        """A sign of life, without which the worker there is ended."""
        try:
            self.channel.send(b"\n")
        except OSError:
            # Closed, or no room now: what is read tells which.
            return

    def _errors(self) -> None:
        while self.channel.recv_stderr_ready():
            self._said += self.channel.recv_stderr(1 << 16)

    def _line(self) -> bytes:
        """One line of standard output without its end; EOFError when there is none."""
        while b"\n" not in self._rest:
            block = self._block()
            if not block or len(self._rest) > _LONGEST_LINE:
                raise EOFError
            self._rest += block
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def expect(self, event: str, no_start: Callable[[str], OperatorError]) -> dict[str, Any]:
        """The first event, behind whatever the login's start-up files print."""
        seen = 0
        last = b""
        try:
            while (line := self._line()) != agent.BEGIN.encode():
                seen += len(line)
                last = line or last
                if seen > _LONGEST_NOISE:
                    raise EOFError
            found = _event(self._line())
        except EOFError:
            self._errors()
            words = (self._said.strip().splitlines() or [last])[-1]
            raise no_start(clean(words.decode(errors="replace"), 200)) from None
        self._said = b""
        if found and found.get("event") == event:
            return found
        message = clean(str((found or {}).get("message", "")), 300)
        raise OperatorError(message or "The other machine answered nonsense.", code="system")

    def listen(self, hearing: Hearing, heard: Heard) -> dict[str, Any]:
        """Pass on what the worker says until it has ended."""
        while True:
            line = self._line()
            for said in self._toolkit():
                hearing.take("said", said)
            event = _event(line)
            kind = event.get("event") if event else None
            if event is not None and kind == "ended":
                if not event.get("files"):
                    self._last_words(hearing)
                hearing.close()
                return event
            if heard.fatal:
                return {}
            if event is None:
                hearing.take("said", Said("log", clean(line.decode(errors="replace"))))
            elif kind != "alive":
                hearing.take("event", event)

    def _last_words(self, hearing: Hearing) -> None:
        """The two streams have no order of their own: wait for the end of both."""
        while self._block():
            continue
        for said in self._toolkit():
            hearing.take("said", said)

    def _toolkit(self) -> Iterator[Said]:
        self._errors()
        block, self._said = self._said, b""
        for line in self._lines.feed(block):
            if said := parse(line):
                yield said

    def bytes(self, length: int) -> Iterator[bytes]:
        """The next ``length`` bytes of standard output."""
        while length:
            if not self._rest:
                self._rest = self._block()
                if not self._rest:
                    raise EOFError
            block, self._rest = self._rest[:length], self._rest[length:]
            length -= len(block)
            yield block


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
