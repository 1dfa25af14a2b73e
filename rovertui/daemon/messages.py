"""What an operator would want to read again: said once, kept with its time, bounded.

One JSON object a line in ``.rovertui/messages.jsonl``, so that a new daemon still has them.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from rovertui.files import write_whole
from rovertui.reading import Damaged, contents, from_json
from rovertui.snapshot import MessageLevel, MessageView
from rovertui.text import clean

log = logging.getLogger(__name__)

_KEPT = 200
_LINES = 1000
_SHOWN_NOTICES = 8
_LONGEST = 400
_LOUD = ("warn", "bad")


class _Line(msgspec.Struct, omit_defaults=True):
    """A message, or (``read``) that all before it were read."""

    when: float = 0.0
    text: str = ""
    level: MessageLevel = ""
    read: bool = False


class Messages:
    """The messages of one workspace, the newest last. For the event loop's thread alone.

    Attributes:
        total: how many were ever said, repeated ones too: it changes with each.
        unread: warnings that nobody has read yet.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._kept: deque[MessageView] = deque(maxlen=_KEPT)
        self._notices: deque[str] = deque(maxlen=_SHOWN_NOTICES)
        self._lines = 0
        self.total = 0
        self.unread = 0
        self._load()

    def notice(self, text: str) -> None:
        """A warning that is also shown on the screens until others take its place."""
        self._notices.append(text)
        self.say(text, "warn")

    def notices(self) -> list[str]:
        return list(self._notices)

    def say(self, text: str, level: MessageLevel = "") -> None:
        """Keep ``text``; the same words again only raise the count of the message before."""
        line = _Line(when=round(self._clock(), 3), text=clean(text, _LONGEST), level=level)
        self._take(line)
        self._append(line)

    def read(self) -> list[MessageView]:
        """All that are kept, newest first."""
        return list(reversed(self._kept))

    def mark_read(self) -> None:
        if self.unread:
            self.unread = 0
            self._append(_Line(read=True))

    def _take(self, line: _Line) -> None:
        if line.read:
            self.unread = 0
            return
        self.total += 1
        loud = line.level in _LOUD
        last = self._kept[-1] if self._kept else None
        if last is not None and (last.text, last.level) == (line.text, line.level):
            last.count += 1
            last.when = line.when
            self.unread = max(self.unread, 1) if loud else self.unread
            return
        self._kept.append(MessageView(when=line.when, text=line.text, level=line.level))
        self.unread += loud

    def _append(self, line: _Line) -> None:
        """A message that cannot be kept on disk is still shown; the daemon's log says why."""
        try:
            if self._lines >= _LINES:
                self._rewrite()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as stream:
                stream.write(msgspec.json.encode(line) + b"\n")
            self._lines += 1
        except OSError as error:
            log.warning("messages cannot be kept: %s", error)

    def _rewrite(self) -> None:
        lines = [
            msgspec.json.encode(_Line(when=kept.when, text=kept.text, level=kept.level))
            for kept in self._kept
        ]
        if not self.unread:
            lines.append(msgspec.json.encode(_Line(read=True)))
        write_whole(self._path, b"".join(line + b"\n" for line in lines))
        self._lines = len(lines)

    def _load(self) -> None:
        try:
            lines = contents(self._path).splitlines()
        except OSError:
            return
        self._lines = len(lines)
        for raw in lines[-_LINES:]:
            try:
                self._take(from_json(raw, _Line))
            except Damaged:
                log.warning("a line of %s cannot be read", self._path.name)
