"""The samples of another rover, file by file, to a directory of their own here.

Nothing of what is over there is believed: only plain files whose names can be shown are looked
at, and how many and how large they may be is bounded. What an attempt that broke has fetched is
compared by hash and used by the next one.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from rovertui.errors import OperatorError
from rovertui.remote import failures
from rovertui.remote.checkpoints import SETTLED, RemoteFile, list_files
from rovertui.remote.pull import SPARE, fetch
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.text import clean, size


@dataclass(frozen=True)
class Bounds:
    """What a set of samples may be at most: files, bytes of one, bytes of all."""

    count: int
    file: int
    all: int


@dataclass(frozen=True)
class Fetched:
    """What has come: (name over there, file here), and names that were left with the reason."""

    files: list[tuple[str, Path]]
    left: dict[str, str]


class _Share(Reporter):
    """One file of many: its progress is a part of the whole, and what repeats is said once."""

    def __init__(self, outer: Reporter, total: int) -> None:
        super().__init__()
        self.cancelled = outer.cancelled
        self.before = 0
        self.place = ""
        self._outer = outer
        self._total = total
        self._said: set[str] = set()

    def progress(self, done: float, total: float, text: str = "") -> None:
        pace = text.partition(", ")[2].partition(",")[0]
        words = f"{self.place}, {size(self.before + done)} of {size(self._total)}"
        self._outer.progress(self.before + done, self._total, f"{words}, {pace}".rstrip(", "))

    def log(self, text: str) -> None:
        """Which file is gone on with is no news where there are hundreds."""

    def warning(self, text: str) -> None:
        kind = text.partition(":")[0]
        if kind not in self._said:
            self._said.add(kind)
            self._outer.warning(text)


def fetch_samples(
    link: Link, directory: str, folders: tuple[str, ...], into: Path, bounds: Bounds, out: Reporter
) -> Fetched:
    """Fetch the ``.npz`` files of ``directory`` and of its ``folders`` to ``into``.

    Args:
        directory: on the other rover; absolute, or relative to the login directory.
        folders: names of directories in it that may be missing.
        into: kept when this breaks or is cancelled; the next attempt goes on with it.

    Raises:
        OperatorError: the link failed, there is no such directory, or it is more than ``bounds``.
        Cancelled: the operator asked for it.
    """
    found, left = _listed(link, directory, folders)
    total = sum(file.size for _, file in found)
    largest = max((file.size for _, file in found), default=0)
    if len(found) > bounds.count or largest > bounds.file or total > bounds.all:
        raise OperatorError(
            f"{link.target}: {clean(directory, 200)} holds {len(found)} files of {size(total)}, "
            f"the largest {size(largest)}: more than any set has; refused."
        )
    into.mkdir(parents=True, exist_ok=True)
    missing = total - sum(path.stat().st_size for path in into.rglob("*.npz"))
    free = shutil.disk_usage(into).free
    if missing + SPARE > free:
        raise failures.disk_full(str(into), missing + SPARE, free)
    out.log(f"{len(found)} samples there, {size(total)}.")
    share = _Share(out, total)
    files = []
    for number, (folder, file) in enumerate(found, 1):
        share.check()
        share.place = f"{number} of {len(found)}"
        where = f"{directory.rstrip('/') or '/'}/{folder}" if folder else directory
        pulled = fetch(link, where, file.name, into / folder, into / ".replaced", share)
        share.before += file.size
        files.append((f"{folder}/{file.name}" if folder else file.name, pulled.path))
    return Fetched(files, left)


def _listed(
    link: Link, directory: str, folders: tuple[str, ...]
) -> tuple[list[tuple[str, RemoteFile]], dict[str, str]]:
    found: list[tuple[str, RemoteFile]] = []
    left: dict[str, str] = {}
    for folder in ("", *folders):
        try:
            files, now = list_files(link, f"{directory}/{folder}" if folder else directory)
        except OperatorError as error:
            if folder and error.code == "missing":
                continue
            raise
        for file in sorted(files, key=lambda each: each.name):
            if not file.name.endswith(".npz") or file.name.startswith("."):
                continue
            shown = clean(file.name, 120)
            if shown != file.name:
                left[shown] = "a name that cannot be used"
            elif -SETTLED < now - file.mtime < SETTLED:
                left[shown] = "it is being written there now"
            else:
                found.append((folder, file))
    return found, left
