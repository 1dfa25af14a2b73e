"""What programs that the daemon starts write on their standard error: appended, and bounded."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)

MOST = 4 << 20
_LOOK_EVERY = 60.0


def opened(path: Path) -> IO[bytes]:
    """The log at ``path``, for a program's standard error; a long one begins anew.

    Raises:
        OSError: it cannot be opened.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    shorten(path)
    return path.open("ab")


def shorten(path: Path) -> None:
    """Move the last :data:`MOST` bytes of a log that has more to ``NAME.old.log``.

    Whoever has it open for appending goes on at its new beginning; a line that is written in
    between is lost.
    """
    try:
        length = path.stat().st_size
        if length <= MOST:
            return
        with path.open("rb") as stream, path.with_suffix(".old.log").open("wb") as old:
            stream.seek(length - MOST)
            shutil.copyfileobj(stream, old)
        os.truncate(path, 0)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("%s: cannot be shortened: %s", path, error)


async def kept_short(path: Path) -> None:
    """Shorten it whenever it is too long, until cancelled."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        await asyncio.to_thread(shorten, path)
