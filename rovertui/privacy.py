"""What no other user of this machine may read or replace, and what leaves no trace in a crash."""

from __future__ import annotations

import contextlib
import os
import resource
import stat
import traceback
from pathlib import Path

from rovertui.text import clean


def narrow() -> None:
    """From now on, here and in children: nobody else may write what we make, no core is dumped.

    A login's umask may be 0; a core holds keys and passphrases.
    """
    os.umask(os.umask(0o022) | 0o022)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def shut(directory: Path) -> None:
    """Make ``directory`` where it is missing; shut it to others where it is ours."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = directory.stat()
    if found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) & 0o077:
        directory.chmod(0o700)


def kept_failure(error: BaseException, path: Path) -> str:
    """A failure in a few words; the traceback, without any value, goes to ``path``."""
    said = f"{type(error).__name__}: {clean(str(error), 200)}"
    try:
        shut(path.parent)
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        path.write_text("".join(lines), encoding="utf-8", errors="replace")
        path.chmod(0o600)
    except OSError:
        return said
    return f"{said} (all of it is in {path})"
