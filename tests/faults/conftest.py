"""A small disk of its own, to be filled up."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui.calibration.gate import DISK_FREE_BYTES

PAGE = 4096
_ROOM = int(DISK_FREE_BYTES) + (64 << 20)


class Disk:
    """A file system in memory with room for ``_ROOM`` bytes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ballast = root / "ballast"

    def fill(self, leave: int = 0) -> None:
        """Leave room for ``leave`` bytes (whole pages) and not one more."""
        self._ballast.touch()
        while True:
            found, size = os.statvfs(self.root), self._ballast.stat().st_size
            wanted = size + found.f_bavail * found.f_frsize - leave
            if wanted <= size:
                os.truncate(self._ballast, max(0, wanted))
                return
            # Somebody else may have written since the reading.
            with self._ballast.open("r+b") as stream, contextlib.suppress(OSError):
                os.posix_fallocate(stream.fileno(), size, wanted - size)
                return

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A mounted tmpfs; only root may mount."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_ROOM},mode=0700", "none", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = f"no small disk can be mounted: {done.stderr.strip()} (run it as root)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    yield Disk(place)
    subprocess.run(["umount", "-l", str(place)], check=True)
