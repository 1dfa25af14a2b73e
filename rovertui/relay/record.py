"""Which relay runs, on disk, for the daemon that comes after."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rovertui.files import write_whole
from rovertui.processes import ProcessName, is_running
from rovertui.reading import Damaged, json_file

NAME = "relay.json"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A running relay: its lasting name, its version and where it can be asked."""

    process: ProcessName
    version: str
    listen: str
    copy: str
    control: str


def save(path: Path, record: Record) -> None:
    write_whole(path, msgspec.json.encode(record))


def running(path: Path) -> Record | None:
    """The relay that still runs, or None."""
    try:
        record = json_file(path, Record)
    except (OSError, Damaged):
        return None
    return record if is_running(record.process) else None
