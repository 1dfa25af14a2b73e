"""Files whole or not at all, and commands with a time limit; as `rovertui.files` and `commands`."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

Value = dict[str, Any]


class Refusal(Exception):
    """One sentence; nothing was changed, or what was live is live again."""


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, data: bytes) -> None:
    """A file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with temporary.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync(path.parent)


def lead(path: Path, target: str) -> None:
    """A link replaced in one step."""
    if path.is_symlink() and str(path.readlink()) == target:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(path)
    sync(path.parent)


def load(path: Path) -> Value | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            value = json.loads(stream.read(1 << 22))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def run(words: list[str], limit: float, directory: str) -> tuple[int | None, str]:
    """Exit status (None: not started or out of time) and output of a command."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            cwd=directory or None,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer within {limit:g} s"
    except OSError as error:
        return None, f"{words[0]}: {error.strerror}"
    return done.returncode, done.stdout.decode(errors="replace")[-4000:]
