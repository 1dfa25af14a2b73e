"""The append-only record of what was decided here: who, when, what, and on whose word.

One JSON object a line in ``.rovertui/audit.jsonl``, on disk before what it tells of begins.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import pwd
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rovertui.errors import Cancelled, OperatorError
from rovertui.text import clean

log = logging.getLogger(__name__)

_LONGEST = 300


@dataclass(frozen=True)
class Caller:
    """Who asks: the user behind the socket, and by which face of the program.

    Attributes:
        uid: as the kernel says it.
        face: ``screen``, ``command line``, ``script`` or ``daemon`` (nobody asked).
        pid: the asking process; 0 for the daemon itself.
    """

    uid: int
    face: str = "script"
    pid: int = 0

    @property
    def user(self) -> str:
        """The login's name; the number where it has none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def fields(self) -> dict[str, Any]:
        return {"user": self.user, "uid": self.uid, "client": self.face, "pid": self.pid}


def itself() -> Caller:
    """The daemon, when nobody asked."""
    return Caller(os.getuid(), "daemon")


class Audit:
    """The log of one workspace. Lines may be added from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, caller: Caller, what: str, event: str, **more: Any) -> None:
        """Append one line; it is on disk when this returns.

        Args:
            what: an operation of the catalogue, ``question``, ``recovery`` or ``arrival``.
            event: ``asked``, ``done``, ``failed``, ``cancelled``, ``answered``, ``declined``.
            more: further fields; text in them is made safe to show, empty ones are left out.

        Raises:
            OperatorError: it cannot be written.
        """
        now = time.time()
        line = {
            "time": round(now, 3),
            "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
            **caller.fields(),
            "what": what,
            "event": event,
            **{key: _safe(value) for key, value in more.items() if not _empty(value)},
        }
        data = json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n"
        try:
            self._append(data)
        except OSError as error:
            raise OperatorError(
                f"{self.path}: cannot be written ({error.strerror}), and nothing is done that is "
                "not recorded.",
                hint="Free some space, or correct the owner of that file.",
                code="audit",
            ) from None

    def _append(self, data: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(self.path, flags, 0o600)
        try:
            length = os.fstat(handle).st_size
            # A line that a power cut left half written is not gone on with.
            torn = length > 0 and os.pread(handle, 1, length - 1) != b"\n"
            line = (b"\n" if torn else b"") + data
            if os.write(handle, line) != len(line):
                os.ftruncate(handle, length)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)
        finally:
            os.close(handle)

    def around(
        self, caller: Caller, what: str, known: dict[str, Any], work: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Do ``work`` between a line that it was asked for and a line that says how it ended.

        Args:
            known: fields of both lines.
            work: its result is looked at for what was decided; see :func:`_decided`.
        """
        self.add(caller, what, "asked", **known)
        try:
            result = work()
        except OperatorError as error:
            self._end(caller, what, "failed", known, text=error.message, code=error.code)
            raise
        except Cancelled:
            self._end(caller, what, "cancelled", known)
            raise
        except BaseException as error:
            self._end(caller, what, "failed", known, text=type(error).__name__)
            raise
        self._end(caller, what, "done", known, **_decided(result))
        return result

    def _end(
        self, caller: Caller, what: str, event: str, known: dict[str, Any], **more: Any
    ) -> None:
        """That it was asked for is recorded; its end must not turn what was done into a failure."""
        try:
            self.add(caller, what, event, **{**known, **more})
        except OperatorError as error:
            log.error("%s was %s, which the audit log lacks: %s", what, event, error.message)

    def read(self) -> list[dict[str, Any]]:
        """Every line, oldest first; one that is damaged is shown as ``damaged``."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [_parsed(line) for line in lines if line.strip()]


class Deciders:
    """Who asked for each job, read from the log again only when it has grown."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._length = -1
        self._known: dict[str, str] = {}

    def __call__(self, job: str) -> str:
        """``op, screen``; empty where nobody's asking was recorded."""
        self._look()
        return self._known.get(job, "")

    def _look(self) -> None:
        try:
            length = self._audit.path.stat().st_size
        except OSError:
            length = 0
        if length == self._length:
            return
        self._length = length
        for line in self._audit.read() if length else ():
            if line.get("event") == "asked" and "job" in line:
                words = f"{line.get('user', '?')}, {line.get('client', '?')}"
                self._known[str(line["job"])] = clean(words, 80)


def _decided(result: dict[str, Any]) -> dict[str, Any]:
    """Of an operation's result: which model, how it ended, and what was insisted past."""
    found = result.get("deploy") if isinstance(result.get("deploy"), dict) else result
    assert isinstance(found, dict)
    keys = ("model", "state", "previous", "forced", "stopped", "rover", "entry")
    return {"text": result.get("text", ""), **{key: found.get(key) for key in keys}}


def _empty(value: Any) -> bool:
    """Whether a field says nothing; a number 0 does."""
    return value is False or value in ("", None, [], {})


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value, _LONGEST)
    if isinstance(value, (list, tuple)):
        return [_safe(item) for item in value]
    return value


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    return {"what": "damaged", "event": "", "text": clean(line.decode(errors="replace"), _LONGEST)}
