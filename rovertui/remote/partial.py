"""The partial file of a pull: locked, hashed while it grows, kept when the pull breaks."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from rovertui.errors import OperatorError
from rovertui.files import TEMPORARY
from rovertui.remote import failures

_BLOCK = 1 << 20
_FLUSH = 8 << 20


class Partial:
    """An open, locked ``NAME.part``.

    Attributes:
        path: where it lies, beside the file it becomes.
        length: bytes in it.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self.length = 0
        self._flushed = 0
        self._handle = handle
        self._digest = hashlib.sha256()

    @staticmethod
    def path_for(path: Path) -> Path:
        """Where the partial file of ``path`` lies."""
        return path.with_name(path.name + TEMPORARY)

    @classmethod
    @contextlib.contextmanager
    def beside(cls, path: Path) -> Iterator[Partial]:
        """Open the partial file that becomes ``path``.

        Raises:
            OperatorError: another job pulls the same file.
        """
        part = cls.path_for(path)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(part, flags, 0o644)
        try:
            if not _locked(handle, part):
                raise OperatorError(
                    f"{path.name} is being pulled by another job.",
                    hint="Wait for that one.",
                    code="busy",
                )
            yield cls(part, handle)
        finally:
            os.close(handle)

    def take_up(self, expected: int) -> int:
        """Hash what an earlier pull left; returns how many bytes can be gone on from."""
        self.restart(keep=os.fstat(self._handle).st_size <= expected)
        while block := os.read(self._handle, _BLOCK):
            self._digest.update(block)
            self.length += len(block)
        return self.length

    def restart(self, *, keep: bool = False) -> None:
        """Forget what was hashed; and, unless ``keep``, what is in the file."""
        if not keep:
            os.ftruncate(self._handle, 0)
        os.lseek(self._handle, 0, os.SEEK_SET)
        self._digest = hashlib.sha256()
        self.length = self._flushed = 0

    def append(self, block: bytes) -> None:
        """Write and hash ``block``.

        Raises:
            OperatorError: the disk is full.
        """
        view = memoryview(block)
        while view:
            try:
                written = os.write(self._handle, view)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                free = shutil.disk_usage(self.path.parent).free
                raise failures.disk_full(str(self.path), len(view), free) from error
            self._digest.update(view[:written])
            self.length += written
            view = view[written:]
        if self.length - self._flushed >= _FLUSH:
            # The disk begins now with what `sync` waits for in the end.
            os.posix_fadvise(
                self._handle,
                self._flushed,
                self.length - self._flushed,
                os.POSIX_FADV_DONTNEED,
            )
            self._flushed = self.length

    def sha256(self) -> str:
        return self._digest.hexdigest()

    def sync(self) -> None:
        os.fsync(self._handle)


def _locked(handle: int, part: Path) -> bool:
    """Lock it; False when another pull holds it, or renamed it between our open and our lock."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(handle), part.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
