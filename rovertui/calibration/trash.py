"""Samples taken out of a set, and put back: nothing is deleted."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rovertui.calibration.index import CHECK, Entry
from rovertui.calibration.sample import BY_HAND, BadSample, opened, written_by_us
from rovertui.errors import OperatorError
from rovertui.files import sync_directory, write_whole
from rovertui.text import clean, size

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


@dataclass(frozen=True)
class Held:
    """What the trash holds.

    Attributes:
        by_hand: how many of ``files`` were kept by hand: they are never deleted.
        deleted: names that made room just now, the oldest first.
    """

    files: int = 0
    bytes: int = 0
    by_hand: int = 0
    deleted: tuple[str, ...] = ()

    def text(self, most: float) -> str:
        """What to know of it, in one line; empty where it is empty."""
        if not self.files:
            return ""
        said = f"trash: {self.files} samples, {size(self.bytes)}"
        if most > 0:
            said += f" of at most {size(most)}"
        if self.by_hand:
            said += f", {self.by_hand} kept by hand"
        if most > 0 and self.bytes > most:
            said += ": over its limit; those kept by hand are never deleted by themselves"
        return said


def held(kept: Path) -> Held:
    """What the trash holds; reads each sample's stamp."""
    found = _files(place(kept))
    hand = sum(_by_hand(path) for _, _, path in found)
    return Held(len(found), sum(taken for _, taken, _ in found), hand)


def bound(kept: Path, most: float) -> Held:
    """Delete the oldest samples until the trash holds at most ``most`` bytes; 0: no limit.

    A sample that a person kept by hand is never deleted, whatever the trash holds: ``by_hand``
    counts those that were left for that reason.
    """
    root = place(kept)
    found = _files(root)
    total, files, by_hand = sum(taken for _, taken, _ in found), len(found), 0
    deleted: list[str] = []
    for _, taken, path in found:
        if not 0 < most < total:
            break
        if _by_hand(path):
            by_hand += 1
            continue
        path.unlink(missing_ok=True)
        path.with_name(path.name + _REASON).unlink(missing_ok=True)
        deleted.append(path.relative_to(root).as_posix())
        total, files = total - taken, files - 1
    return Held(files, total, by_hand, tuple(deleted))


def _files(root: Path) -> list[tuple[float, int, Path]]:
    """Since when each sample is in the trash, its bytes and path; the oldest first."""
    found: list[tuple[float, int, Path]] = []
    for folder in (root, root / CHECK):
        for path in folder.glob("*.npz"):
            # Another process may restore it meanwhile.
            with contextlib.suppress(FileNotFoundError):
                seen = path.stat()
                found.append((_thrown(path, seen.st_mtime), seen.st_size, path))
    return sorted(found)


def _thrown(path: Path, otherwise: float) -> float:
    """When a sample came here: its reason was written then."""
    try:
        return path.with_name(path.name + _REASON).stat().st_mtime
    except OSError:
        return otherwise


def _by_hand(path: Path) -> bool:
    try:
        with opened(path) as sample:
            stamp = sample.stamp()
    except BadSample:
        return False
    return stamp is not None and (stamp.role == "pinned" or stamp.why == BY_HAND)


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
