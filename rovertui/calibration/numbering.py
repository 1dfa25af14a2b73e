"""Numbered sample files that are created once, whole, and never in place of another file."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from rovertui.errors import OperatorError
from rovertui.files import TEMPORARY, sync_directory

_NAME = re.compile(r"calibration_(\d{4,12})\.npz")
_LEFT_OVER = re.compile(r"\.calibration_\w+" + re.escape(TEMPORARY))
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


def file_name(number: int) -> str:
    """``calibration_0007.npz``; four digits, more when needed."""
    return f"calibration_{number:04d}.npz"


def number_of(name: str) -> int | None:
    """The number in a sample's file name; None for other names."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def short(name: str) -> str:
    """``check/0049`` of ``check/calibration_0049.npz``."""
    return name.replace("calibration_", "").removesuffix(".npz")


def full(name: str) -> str:
    """The file that :func:`short` names; anything else as it is."""
    folder, slash, number = name.rpartition("/")
    if not re.fullmatch(r"[0-9]{1,12}", number):
        return name
    return f"{folder}{slash}{file_name(int(number))}"


def create(
    folder: Path, number: int, fill: Callable[[IO[bytes]], None]
) -> tuple[Path, os.stat_result]:
    """Write a new sample under ``number``, or the next one that no file has.

    The data are on disk before the name exists, and the name is given by a hard link, which
    fails where another program took it meanwhile: nothing is ever replaced, and no reader sees
    half a file.

    Returns:
        The path, and the state of exactly the file that was written.

    Raises:
        OperatorError: the directory cannot be written, or the disk is full.
    """
    try:
        return _create(folder, number, fill)
    except FileNotFoundError:
        # The collector removes the whole directory when it starts; once more, in a new one.
        try:
            return _create(folder, number, fill)
        except OSError as error:
            raise _words(folder, error) from error
    except OSError as error:
        raise _words(folder, error) from error


def _create(
    folder: Path, number: int, fill: Callable[[IO[bytes]], None]
) -> tuple[Path, os.stat_result]:
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".calibration_", suffix=TEMPORARY)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            fill(stream)
            stream.flush()
            os.fchmod(stream.fileno(), 0o644)
            os.fsync(stream.fileno())
            written = os.fstat(stream.fileno())
        while True:
            target = folder / file_name(number)
            try:
                os.link(temporary, target)
                break
            except FileExistsError:
                number += 1
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(folder)
    return target, written


def _words(folder: Path, error: OSError) -> OperatorError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return OperatorError(f"{folder}: no room for a sample.", hint="Free some disk space.")
    if error.errno in _NO_LINKS and error.filename2:
        return OperatorError(
            f"{folder}: this file system has no hard links, so that no sample can be named "
            "without the danger of replacing another.",
            hint="Set capture.directory to a place on a Linux file system such as ext4.",
        )
    why = (error.strerror or str(error)).lower()
    return OperatorError(
        f"{folder}: a sample cannot be written: {why}.", hint="Check its owner and permissions."
    )


def remove_left_overs(folder: Path) -> int:
    """Remove what interrupted writes of :func:`create` left; returns how many."""
    count = 0
    if folder.is_dir():
        for entry in folder.iterdir():
            if _LEFT_OVER.fullmatch(entry.name):
                entry.unlink(missing_ok=True)
                count += 1
    return count
