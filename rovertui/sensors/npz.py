"""Arrays out of an ``.npz`` that somebody else wrote, without trusting it.

NumPy and zipfile raise a dozen kinds of error for damaged files, unpack as much as the compressed
bytes make, whatever size was declared, and disagree on which of two members of a name is meant.
"""

from __future__ import annotations

import io
import math
import struct
import tokenize
import zipfile
import zlib
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

LARGEST = 256 << 20
"""Bytes of a file and of what it unpacks to."""

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    tokenize.TokenError,
    ValueError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    MemoryError,
)
"""What reading damaged or hostile members has been seen to raise."""

_ENDING = ".npy"
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Unreadable(Exception):
    """The bytes are no whole ``.npz``; the message says why."""


class Objects(Unreadable):
    """An array of Python objects, which are never loaded."""


def members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The arrays of an archive by name.

    Raises:
        Unreadable: more than :data:`LARGEST`, a packing that NumPy does not write (its
            expansion cannot be bounded), or two members that a reader could take for one array.
    """
    found: dict[str, zipfile.ZipInfo] = {}
    names: set[str] = set()
    total = 0
    for info in archive.infolist():
        name = info.filename.removesuffix(_ENDING)
        if name in names:
            raise Unreadable("it holds the same array twice")
        names.add(name)
        total += info.file_size
        if total > LARGEST:
            raise Unreadable(f"it would unpack to more than {LARGEST >> 20} MB")
        if info.compress_type not in _PLAIN:
            raise Unreadable("it is packed in a way that no program of a rover uses")
        if info.filename.endswith(_ENDING):
            found[name] = info
    return found


def unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member's bytes, never more than it declares, its checksum verified. Raises `BROKEN`."""
    with archive.open(info) as stream:
        # Without a number here, two megabytes could become two gigabytes before they are counted.
        data = stream.read(info.file_size)
    if len(data) != info.file_size:
        raise EOFError("fewer bytes than declared")
    return data


def header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type at the start of a member. Raises `BROKEN`, also for what cannot be held."""
    version = npy.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = npy.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = npy.read_array_header_2_0(stream)
    else:
        raise ValueError(f"npy version {version}")
    if any(not 0 <= side <= LARGEST for side in shape) or math.prod(shape) > LARGEST:
        raise ValueError("a shape that no memory holds")
    if not dtype.itemsize and not dtype.hasobject:
        raise ValueError("values of no size")
    return tuple(int(side) for side in shape), dtype


def array(data: bytes) -> NDArray[Any]:
    """The array in a member's bytes. Raises Objects, or `BROKEN`."""
    shape, dtype = header(io.BytesIO(data))
    if dtype.hasobject:
        raise Objects("it holds Python objects, which are never loaded")
    if math.prod(shape) * dtype.itemsize > len(data):
        raise EOFError("fewer bytes than its shape says")
    found: NDArray[Any] = npy.read_array(io.BytesIO(data), allow_pickle=False)
    return found


def arrays_of(data: bytes) -> dict[str, NDArray[Any]]:
    """Every array of a file's bytes. Raises Unreadable, also for pickled objects."""
    if not data:
        raise Unreadable("it is empty")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: array(unpack(archive, info)) for name, info in members(archive).items()}
    except BROKEN:
        whole = data.startswith(b"PK\x03\x04")
        raise Unreadable("its end is missing" if whole else "it is no .npz file") from None
