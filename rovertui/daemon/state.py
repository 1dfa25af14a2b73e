"""What the operator wanted last, kept so that a new daemon goes on with it."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from rovertui.files import set_aside, write_whole
from rovertui.reading import Damaged, json_file

log = logging.getLogger(__name__)


class Wanted(msgspec.Struct, kw_only=True):
    """Wishes that outlive the daemon."""

    capture: bool = False
    session: str = ""
    checking: bool = False
    parked: bool = False
    relay: bool = True

    def recording(self) -> dict[str, object]:
        """What the recorder is told of it."""
        wanted = {"on": self.capture, "session": self.session, "checking": self.checking}
        return {"do": "capture", **wanted}


def load(path: Path, quarantine: Path) -> tuple[Wanted, str]:
    """What was wanted, and a sentence when the file could not be read (it is set aside)."""
    try:
        return json_file(path, Wanted), ""
    except FileNotFoundError:
        return Wanted(), ""
    except (OSError, Damaged) as error:
        kept = set_aside(path, quarantine, f"not readable as state: {error}")
        log.warning("state set aside as %s: %s", kept, error)
        return Wanted(), f"What was wanted before could not be read; capture is off ({kept.name})."


def save(path: Path, wanted: Wanted) -> None:
    write_whole(path, msgspec.json.encode(wanted) + b"\n")
