"""How a person calls this program: ``./run`` in a clone, ``rovertui`` where it is installed.

Every message that names a command begins it with :func:`called`, so that it does what is meant
where it is typed as it stands. ``run`` says the word in the environment, which the daemon and the
worker inherit; a command that was given its workspace adds ``-w`` and that one.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

_VARIABLE = "ROVERTUI_CALLED"


def called() -> str:
    """The program, with the workspace where a person had to name it."""
    return os.environ.get(_VARIABLE) or "rovertui"


PROGRAM = called()
"""What it was called when this process began: alone, where a person began it."""


def called_in(workspace: Path) -> None:
    """Let every command that is named from now on, here and in children, name this workspace."""
    home, words = str(Path.home()), str(workspace)
    inside = words.startswith(f"{home}{os.sep}")
    quoted = f"~{os.sep}{shlex.quote(words[len(home) + 1 :])}" if inside else shlex.quote(words)
    os.environ[_VARIABLE] = f"{PROGRAM} -w {quoted}"
