"""Which program holds a device: asked before a camera is touched, which would break the other."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rovertui.text import clean


def holders(pattern: str, proc: Path = Path("/proc")) -> list[str]:
    """Programs, ours left out, that have a file open whose path matches ``pattern``.

    Each as ``name (pid)``. Programs of other users are seen only by root.
    """
    wanted = re.compile(pattern)
    found = []
    for entry in proc.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            opened = [str(link.readlink()) for link in (entry / "fd").iterdir()]
            if any(wanted.fullmatch(path) for path in opened):
                name = clean((entry / "comm").read_text(errors="replace").strip(), 40)
                found.append(f"{name} ({entry.name})")
        except OSError:
            continue
    return sorted(found)
