"""What each session lacked, kept beside the set: such a session is not used unsaid."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from rovertui.files import write_whole
from rovertui.reading import Damaged, json_file

log = logging.getLogger(__name__)

NAME = "sessions.json"


class Session(msgspec.Struct, kw_only=True):
    """One session's source, and the sensors that were not connected in it."""

    source: str
    dead: list[str] = []


def load(kept: Path) -> dict[str, Session]:
    """Sessions by name; what cannot be read is empty, and logged."""
    try:
        return json_file(kept / NAME, dict[str, Session])
    except FileNotFoundError:
        return {}
    except (OSError, Damaged) as error:
        log.warning("%s: cannot be read: %s", kept / NAME, error)
        return {}


class Sessions:
    """Notes dead sensors of the session that records; written when something is new."""

    def __init__(self, kept: Path | None) -> None:
        self._kept = kept
        self._known = load(kept) if kept else {}

    def note(self, session: str, source: str, dead: list[str]) -> list[str]:
        """Remember; returns what is new in this session."""
        found = self._known.get(session)
        new = [words for words in dead if found is None or words not in found.dead]
        if not session or (found is not None and not new):
            return []
        known = found or Session(source=source)
        self._known[session] = Session(source=known.source, dead=[*known.dead, *new])
        if self._kept is not None:
            try:
                write_whole(self._kept / NAME, msgspec.json.encode(self._known) + b"\n")
            except OSError as error:
                log.warning("sessions could not be kept: %s", error)
        return new
