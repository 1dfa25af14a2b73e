"""Samples taken out of a set, and put back: nothing is deleted."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from rovertui.calibration.index import CHECK, Entry
from rovertui.calibration.sample import written_by_us
from rovertui.errors import OperatorError
from rovertui.files import sync_directory, write_whole

_REASON = ".reason"


def place(kept: Path) -> Path:
    """Where a workspace's samples go."""
    return kept / "trash" / "samples"


def put(directory: Path, name: str, kept: Path, reason: str) -> Path:
    """Move the sample ``name`` of a set to the trash, the reason beside it.

    Raises:
        OperatorError: it is not there, not of ours, or cannot be moved.
    """
    path = directory / name
    if not written_by_us(path):
        raise OperatorError(
            f"{name}: it is not there, or rovertui did not write it; it is left alone."
        )
    target = place(kept) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while target.exists():
        number += 1
        target = target.with_name(f"{Path(name).stem}~{number}.npz")
    try:
        path.rename(target)
    except OSError as error:
        raise OperatorError(f"{name}: cannot be moved: {(error.strerror or '').lower()}.") from None
    write_whole(target.with_name(target.name + _REASON), reason.encode() + b"\n")
    sync_directory(path.parent)
    return target


def restore(directory: Path, name: str, kept: Path) -> None:
    """Put a sample back under its own name. Raises OperatorError where that is taken."""
    path, target = place(kept) / name, directory / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except FileExistsError:
        raise OperatorError(f"{name}: there is a sample of that name.") from None
    except OSError as error:
        raise OperatorError(f"{name}: cannot be restored: {error.strerror}.") from None
    path.unlink()
    with contextlib.suppress(FileNotFoundError):
        path.with_name(path.name + _REASON).unlink()
    sync_directory(target.parent)


def discard(
    directory: Path, entries: Iterable[Entry], kept: Path, session: str, reason: str
) -> list[str]:
    """Move all samples of a session that rovertui wrote; the names that went."""
    gone = []
    for entry in entries:
        stamp = entry.verdict.stamp
        if stamp is not None and stamp.session == session:
            put(directory, entry.name, kept, reason)
            gone.append(entry.name)
    return gone


def bring_back(directory: Path, kept: Path, belongs: Callable[[Path], bool]) -> list[str]:
    """Restore everything in the trash that ``belongs``; the names that came back."""
    root = place(kept)
    back = []
    for folder in (root, root / CHECK):
        for path in sorted(folder.glob("*.npz")):
            if belongs(path):
                name = path.relative_to(root).as_posix()
                restore(directory, name, kept)
                back.append(name)
    return back
