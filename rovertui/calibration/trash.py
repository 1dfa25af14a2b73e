"""Samples taken out of a set, and put back: nothing is deleted."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from rovertui.calibration.index import CHECK, Entry
from rovertui.calibration.sample import written_by_us
from rovertui.errors import OperatorError
from rovertui.files import sync_directory, write_whole
from rovertui.text import clean

_REASON = ".reason"
_AGAIN = re.compile(r"~\d+\.npz$")


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


def reasons(kept: Path) -> dict[str, str]:
    """Why each sample is there, by its name in the trash; nothing for one without a reason."""
    root = place(kept)
    found = {}
    for folder in (root, root / CHECK):
        for path in folder.glob(f"*.npz{_REASON}"):
            name = path.relative_to(root).as_posix().removesuffix(_REASON)
            with contextlib.suppress(OSError):
                found[name] = clean(path.read_text(errors="replace").strip(), 200)
    return found


def restore(directory: Path, name: str, kept: Path) -> str:
    """Put a sample back under its own name, which is returned: without the ``~2`` that a second
    one of that name has in the trash. Raises OperatorError where it is taken, or not there."""
    path, own = place(kept) / name, _AGAIN.sub(".npz", name)
    target = directory / own
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except FileExistsError:
        raise OperatorError(f"{own}: there is a sample of that name.") from None
    except FileNotFoundError:
        raise OperatorError(f"{name}: it is not in the trash.") from None
    except OSError as error:
        raise OperatorError(f"{name}: cannot be restored: {error.strerror}.") from None
    path.unlink()
    with contextlib.suppress(FileNotFoundError):
        path.with_name(path.name + _REASON).unlink()
    sync_directory(target.parent)
    return own


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
                back.append(restore(directory, name, kept))
    return back
