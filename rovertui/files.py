"""Files written whole or not at all, and never lost without a word."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

TEMPORARY = ".part"


@contextlib.contextmanager
def whole(path: Path, *, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Open a temporary neighbour for writing; on success it takes ``path``'s place.

    The data are flushed before the name changes, and the name before this returns, so that a
    reader, or the next start after a power cut, sees the old file or the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            # A write that fails does not say where; the temporary's name helps nobody.
            error.filename, error.filename2 = str(path), None
        raise
    sync_directory(path.parent)


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write ``data`` to ``path`` whole or not at all."""
    with whole(path, mode=mode) as stream:
        stream.write(data)


def write_json(path: Path, value: Any, *, mode: int = 0o644) -> None:
    """Write ``value`` as readable JSON, whole or not at all."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, text.encode() + b"\n", mode=mode)


def replace_link(link: Path, target: str) -> None:
    """Make ``link`` point at ``target`` in one step; readers never find it missing."""
    link.parent.mkdir(parents=True, exist_ok=True)
    temporary = link.with_name(f".{link.name}.{os.getpid()}{TEMPORARY}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    try:
        temporary.replace(link)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(link.parent)


def sync_directory(directory: Path) -> None:
    """Flush a directory's entries to disk."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def set_aside(path: Path, into: Path, reason: str) -> Path:
    """Move ``path`` into the directory ``into`` and write the reason beside it."""
    into.mkdir(parents=True, exist_ok=True)
    target = into / f"{time.strftime('%Y%m%dT%H%M%S')}_{path.name}"
    number = 1
    while target.exists():
        number += 1
        target = target.with_name(f"{time.strftime('%Y%m%dT%H%M%S')}_{number}_{path.name}")
    shutil.move(str(path), str(target))
    write_whole(target.with_name(target.name + ".reason"), reason.encode() + b"\n")
    return target


def at_home(name: str) -> Path:
    """``name`` with a leading ``~`` as the home it means; one that means none stays as it is."""
    # Path.expanduser raises for a user that does not exist.
    return Path(os.path.expanduser(name))  # noqa: PTH111


def remove_temporaries(directory: Path) -> int:
    """Remove what an interrupted write left in ``directory``; returns how many."""
    if not directory.is_dir():
        return 0
    count = 0
    for entry in directory.iterdir():
        if entry.name.startswith(".") and entry.name.endswith(TEMPORARY):
            entry.unlink(missing_ok=True)
            count += 1
    return count


def private_file(path: Path) -> int:
    """Open ``path`` for reading and writing, only for us; returns the descriptor."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
