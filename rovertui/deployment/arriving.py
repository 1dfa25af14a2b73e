"""ONNX files that come into the models directory, and whether they are there as a whole."""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rovertui.files import sha256_of

SETTLED = 3.0
"""Seconds without a change after which a file that nobody writes counts as whole."""
_WEIGHTS = (".onnx.data", ".onnx_data", ".data", ".weights", ".bin")
_SETTLED_UNSEEN = 15.0
"""The same where it cannot be known who writes, such as a file of another user."""


@dataclass(frozen=True)
class Arrived:
    """A model that is new here, or other than before.

    Attributes:
        name: of the checkpoint.
        bytes: with the files of weights beside it.
        replaced: whether there was another one of that name.
    """

    name: str
    bytes: int
    replaced: bool


class Arrivals:
    """Looks at the models directory again and again. For one thread at a time.

    Args:
        known: what identifies each model that is no news, by name; None: all that is there now.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        models: Path,
        known: dict[str, str] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._models = models
        self._clock = clock
        self._first = known is None
        self.known = dict(known or {})
        self._stats: dict[str, str] = {}
        self._since: dict[str, tuple[str, float]] = {}

    def look(self) -> list[Arrived]:
        """What has arrived since the last look and is whole, by name; each is told once."""
        found = _found(self._models)
        for gone in self.known.keys() - found.keys():
            del self.known[gone]
        self._since = {name: value for name, value in self._since.items() if name in found}
        news = []
        for name, parts in sorted(found.items()):
            arrived = self._look_at(name, parts)
            if arrived is not None and not self._first:
                news.append(arrived)
        if all(name in self.known for name in found):
            self._first = False
        return news

    def _look_at(self, name: str, parts: list[Path]) -> Arrived | None:
        try:
            stats = _stats(parts)
            if self._stats.get(name) == stats and name in self.known:
                return None
            seen, since = self._since.get(name, ("", 0.0))
            if seen != stats:
                self._since[name] = (stats, self._clock())
                if not self._first:
                    return None
                since = self._clock()
            if not self._first and not self._whole(parts, self._clock() - since):
                return None
            identity = _identity(parts)
            size = sum(part.stat().st_size for part in parts)
            if _stats(parts) != stats:
                return None
        except OSError:
            return None
        self._stats[name] = stats
        self._since.pop(name, None)
        before = self.known.get(name)
        self.known[name] = identity
        if before == identity:
            return None
        return Arrived(name, size, replaced=before is not None)

    @staticmethod
    def _whole(parts: list[Path], seconds: float) -> bool:
        if seconds < SETTLED or not all(part.stat().st_size for part in parts):
            return False
        written = [being_written(part) for part in parts]
        return not any(written) and (None not in written or seconds >= _SETTLED_UNSEEN)


def being_written(path: Path) -> bool | None:
    """Whether any process has the file open for writing; None where the kernel does not say.

    A copy over a slow line may pause for longer than any patience; its file stays open.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        # A writer that comes while the lease is held is told by a signal, which is ignored.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(handle)
    return False


def _found(models: Path) -> dict[str, list[Path]]:
    """Models by name, each with the files beside it that carry its name and may hold weights."""
    if not models.is_dir():
        return {}
    files = sorted(
        path
        for path in models.iterdir()
        if path.name[0] != "." and not path.is_symlink() and path.is_file()
    )
    found = {path.stem: [path] for path in files if path.suffix == ".onnx"}
    for path in files:
        for ending in _WEIGHTS:
            owner = path.name.removesuffix(ending)
            if owner != path.name and owner in found:
                found[owner].append(path)
                break
    return found


def _stats(parts: list[Path]) -> str:
    found = [(part.name, part.stat()) for part in parts]
    return repr([(name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in found])


def _identity(parts: list[Path]) -> str:
    hashes = [sha256_of(part) for part in parts]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
