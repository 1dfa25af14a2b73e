"""Copies a screen as text: to the terminal's clipboard, and to a file that is there for sure."""

from __future__ import annotations

from pathlib import Path

from rovertui.files import write_whole
from rovertui.text import clean

FILE = Path(".rovertui") / "copied.txt"


def copy(text: str, workspace: str) -> tuple[str, str]:
    """Write ``text`` to the workspace's file; what is to be said of it, and its style.

    The clipboard's sequence (OSC 52) is not answered: a terminal that ignores it says nothing,
    so the file is always written as well.
    """
    place = Path(workspace) / FILE
    count = len(text.splitlines())
    try:
        if not place.parent.is_dir():
            raise FileNotFoundError(2, "No such directory", str(place.parent))
        write_whole(place, (text + "\n").encode("utf-8", "replace"), mode=0o600)
    except OSError as error:
        said = clean(error.strerror or str(error))
        return f"Copied {count} lines to the clipboard; {clean(str(FILE))}: {said}.", "warn"
    return f"Copied {count} lines: clipboard, and {FILE}", "good"
