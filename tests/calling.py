"""The program as a person calls it: a process of its own, its words and its status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
Called = subprocess.CompletedProcess[str]


def rovertui(*words: str | Path, cwd: Path | None = None, by: str = "") -> Called:
    """Call it in ``cwd`` with nobody at its standard input; ``by`` is the name it is called by."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if by:
        environment["ROVERTUI_CALLED"] = by
    return subprocess.run(
        [sys.executable, "-m", "rovertui", *words],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
