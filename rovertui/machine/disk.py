"""Room on the disk, and when it will be full at the present pace."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from rovertui.snapshot import DiskView

_WINDOW_S = 120.0
_NOTICEABLE_BYTES = 1 << 20


class Disk:
    """Watches the file system that ``path`` lies on."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.monotonic,
        statvfs: Callable[[str], os.statvfs_result] = os.statvfs,
    ) -> None:
        self._path = path
        self._clock = clock
        self._statvfs = statvfs
        self._seen: deque[tuple[float, int]] = deque()

    def view(self) -> DiskView | None:
        """Bytes an operator can use, free and in all; seconds until full at two minutes' pace."""
        place = self._path
        while not place.exists() and place != place.parent:
            place = place.parent
        try:
            found = self._statvfs(str(place))
        except OSError:
            return None
        free, now = found.f_bavail * found.f_frsize, self._clock()
        self._seen.append((now, free))
        while self._seen[0][0] < now - _WINDOW_S:
            self._seen.popleft()
        then, before = self._seen[0]
        used = before - free
        full_in = None
        if now - then >= _WINDOW_S / 4 and used > _NOTICEABLE_BYTES:
            full_in = free / (used / (now - then))
        # What is kept back for root counts as neither, as in df: else an empty disk looks used.
        taken = (found.f_blocks - found.f_bfree) * found.f_frsize
        return DiskView(free=free, total=taken + free, full_in=full_in)
