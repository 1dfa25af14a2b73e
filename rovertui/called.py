"""How a person calls this program: ``./run`` in a clone, ``rovertui`` where it is installed.

Every message that names a command begins it with :func:`called`, so that it does what is meant
where it is typed as it stands. ``run`` says the word in the environment; a workspace that is not
the one of the present directory is named with ``-w``. A daemon serves people who called it in
different ways: it, and what it starts, name what does the same from anywhere
(:func:`called_from_anywhere`), and a client puts its own way in that place.
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
    """Let every command that is named from now on, here and in children, name this workspace.

    In that workspace's own directory it is meant without being named.
    """
    if workspace.is_dir() and workspace.samefile("."):
        return
    home, words = str(Path.home()), str(workspace)
    inside = words.startswith(f"{home}{os.sep}")
    quoted = f"~{os.sep}{shlex.quote(words[len(home) + 1 :])}" if inside else shlex.quote(words)
    os.environ[_VARIABLE] = f"{PROGRAM} -w {quoted}"


def from_anywhere(workspace: Path) -> str:
    """What names the program and ``workspace`` (its whole path) whoever reads it, and where."""
    return f"rovertui -w {shlex.quote(str(workspace))}"


def called_from_anywhere(workspace: Path) -> None:
    """Let commands be named so that they are right in every directory, here and in children."""
    os.environ[_VARIABLE] = from_anywhere(workspace)
