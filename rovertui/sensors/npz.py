"""Arrays out of an ``.npz`` that somebody else wrote, without trusting it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST = 256 << 20
"""Bytes that no sample unpacks to."""

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    MemoryError,
    OverflowError,
)
"""What zipfile and NumPy raise on bytes that are no whole archive of arrays."""


class Unreadable(Exception):
    """The bytes are no whole ``.npz``; the message says why."""


def arrays_of(data: bytes) -> dict[str, NDArray[Any]]:
    """Every array of a file's bytes. Raises Unreadable, also for pickled objects."""
    if not data:
        raise Unreadable("it is empty")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > LARGEST:
                raise Unreadable(f"it would unpack to more than {LARGEST >> 20} MB")
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            return {name: np.asarray(found[name]) for name in found.files}
    except BROKEN:
        whole = data.startswith(b"PK\x03\x04")
        raise Unreadable("its end is missing" if whole else "it is no .npz file") from None
