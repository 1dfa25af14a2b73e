"""Files and messages that somebody else may have written: bounded, and refused one way.

What decoders raise is many things (a name that is no UTF-8, a nesting too deep, a number of five
thousand digits), and a name in a directory can be a pipe or a device that never ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

T = TypeVar("T")

MOST = 64 << 20
"""Bytes; no record, sheet, index or log that is read whole comes near it."""


class Damaged(ValueError):
    """The bytes are not what they should be; the message says why."""


@contextlib.contextmanager
def opened(path: Path, most: int) -> Iterator[IO[bytes]]:
    """A regular file of at most ``most`` bytes, open for reading.

    Raises:
        OSError: missing, not readable, not a regular file, or larger.
    """
    # A pipe would otherwise keep whoever opens it waiting for a writer.
    handle = os.open(os.fspath(path), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as stream:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if found.st_size > most:
            raise OSError(errno.EFBIG, f"larger than {most >> 20} MB", str(path))
        yield stream


def contents(path: Path, most: int = MOST) -> bytes:
    """The bytes of a regular file. Raises OSError as :func:`opened`."""
    with opened(path, most) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"larger than {most >> 20} MB", str(path))
    return data


def from_json(data: bytes, kind: type[T]) -> T:
    """The value in ``data``. Raises Damaged."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError) as error:
        raise Damaged(_said(error)) from None


def from_msgpack(data: bytes, kind: type[T]) -> T:
    """The value in ``data``. Raises Damaged."""
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError) as error:
        raise Damaged(_said(error)) from None


def json_file(path: Path, kind: type[T], most: int = MOST) -> T:
    """The value in a file. Raises OSError as :func:`contents`, or Damaged."""
    return from_json(contents(path, most), kind)


def _said(error: Exception) -> str:
    # A message may quote a key as it stands.
    text = str(error).encode(errors="replace").decode()[:300]
    return "".join(char if char.isprintable() else "?" for char in text)


def mapping(data: bytes) -> dict[str, Any]:
    """A JSON object. Raises Damaged."""
    return from_json(data, dict[str, Any])
