"""Which files of another program were taken over, by content, so that none is taken twice."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import msgspec

from rovertui.files import write_whole
from rovertui.reading import Damaged, json_file

log = logging.getLogger(__name__)

NAME = "taken.json"
_LONGEST = 20_000


class Taken:
    """SHA-256 of the last contents, oldest first; on disk with each new one. For any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            found = json_file(path, list[str])
        except FileNotFoundError:
            found = []
        except (OSError, Damaged) as error:
            log.warning("%s: cannot be read; files may be taken over again: %s", path, error)
            found = []
        self._known = dict.fromkeys(found)

    def __contains__(self, digest: str) -> bool:
        return digest in self._known

    def __len__(self) -> int:
        return len(self._known)

    def add(self, digest: str) -> None:
        with self._lock:
            self._known[digest] = None
            while len(self._known) > _LONGEST:
                del self._known[next(iter(self._known))]
            try:
                write_whole(self._path, msgspec.json.encode(list(self._known)))
            except OSError as error:
                log.warning("%s: cannot be written: %s", self._path, error)
