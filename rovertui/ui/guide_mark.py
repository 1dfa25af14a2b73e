"""Where the guide was left, kept in the workspace: whether a start begins with it, and where."""

from __future__ import annotations

import json
from pathlib import Path

from rovertui.files import write_json
from rovertui.snapshot import Snapshot
from rovertui.text import clean

_MARK = Path(".rovertui") / "guide.json"


def is_wanted(folder: Path, snapshot: Snapshot) -> bool:
    """Whether a start is the first one: nothing is set, nothing is here, nobody left the guide."""
    if snapshot.simulated or snapshot.stream.state != "none" or snapshot.server.state != "unset":
        return False
    if snapshot.models or snapshot.capture.kept or snapshot.capture.checking:
        return False
    return not _read(folder).get("left", False)


def step_left(folder: Path) -> object:
    """The step at which it was left, as it was written; None where it was not."""
    return _read(folder).get("step")


def leave(folder: Path, step: str) -> str:
    """Keep where the operator is; what kept that from being written, or nothing."""
    try:
        if not (folder / _MARK).parent.is_dir():
            return f"{_MARK.parent} is gone"
        write_json(folder / _MARK, {"step": step, "left": True})
    except OSError as error:
        return clean(error.strerror or str(error))
    return ""


def _read(folder: Path) -> dict[str, object]:
    try:
        found = json.loads((folder / _MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
