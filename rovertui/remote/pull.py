"""One checkpoint from the server to the models directory, whole or not at all.

The bytes come from ``tail -c +N`` over one channel while a second one runs ``sha256sum``
there; a server without a shell is read by SFTP. They go to ``NAME.onnx.part`` and take their
name only when count and hash agree, so that a broken pull is continued, not repeated.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rovertui.errors import OperatorError
from rovertui.files import TEMPORARY, set_aside, sha256_of, sync_directory
from rovertui.remote import failures
from rovertui.remote.checkpoints import Checkpoint, remote_path
from rovertui.remote.ssh import Execution, Link
from rovertui.reporter import Reporter
from rovertui.text import clean, duration, size

BLOCK = 1 << 20
SPARE = 16 << 20
"""Bytes that stay free on the disk beside the file that is pulled."""

_PATIENCE = 0.5
_HASH_SECONDS = 120.0
_PROGRESS_SECONDS = 0.1


@dataclass(frozen=True)
class Pulled:
    """What a pull has done.

    Attributes:
        path: the model file here.
        bytes: its size.
        sha256: of the bytes on this disk, in hexadecimal.
        seconds: from the call to the verified file.
        resumed_from: bytes that were here from an earlier, broken pull.
        already_here: the same bytes were here; nothing was changed.
        kept_aside: where the file of the same name that was here before lies now.
        verified: ``sha256`` (agreed with the server) or ``size`` (the server cannot hash).
        companions: external-data files pulled with it.
    """

    path: Path
    bytes: int
    sha256: str
    seconds: float
    resumed_from: int = 0
    already_here: bool = False
    kept_aside: Path | None = None
    verified: str = "sha256"
    companions: tuple[Path, ...] = ()


def pull(
    link: Link,
    directory: str,
    checkpoint: Checkpoint,
    into: Path,
    trash: Path,
    reporter: Reporter,
) -> Pulled:
    """Pull a checkpoint's ONNX model, and its external-data files first, to ``into``.

    Args:
        link: connected when needed.
        directory: the checkpoint directory on the server.
        checkpoint: from a listing of that directory.
        into: the models directory; made when missing.
        trash: where a different file of the same name is moved, with the reason beside it.
        reporter: gets progress in bytes; cancelling leaves the partial file for the next pull.

    Raises:
        OperatorError: nothing to pull, the link failed, the disk is full, the file changed.
        Cancelled: the operator asked for it.
    """
    started = time.monotonic()
    if checkpoint.onnx is None:
        raise OperatorError(
            f"{checkpoint.name} was not exported to ONNX on the server; only its .pt is there.",
            hint="Export it there first, or pull another step.",
            code="missing",
        )
    if checkpoint.growing:
        raise OperatorError(
            f"{checkpoint.name} is still being written on the server.",
            hint="Try again in a few seconds.",
            code="growing",
        )
    into.mkdir(parents=True, exist_ok=True)
    companions = []
    for file in checkpoint.companions:
        companions.append(_Transfer(link, directory, file.name, into, trash, reporter).run().path)
    result = _Transfer(link, directory, checkpoint.onnx.name, into, trash, reporter).run()
    return Pulled(
        path=result.path,
        bytes=result.bytes,
        sha256=result.sha256,
        seconds=time.monotonic() - started,
        resumed_from=result.resumed_from,
        already_here=result.already_here,
        kept_aside=result.kept_aside,
        verified=result.verified,
        companions=tuple(companions),
    )


class _Transfer:
    """One file on its way."""

    def __init__(
        self, link: Link, directory: str, name: str, into: Path, trash: Path, reporter: Reporter
    ) -> None:
        if "/" in name or name in (".", "..") or clean(name) != name:
            raise OperatorError(f"{clean(name, 80)!r} is not a file name to be used here.")
        self._link = link
        self._source = remote_path(directory, name)
        self._name = name
        self._path = into / name
        self._part = into / (name + TEMPORARY)
        self._trash = trash
        self._reporter = reporter
        self._digest = hashlib.sha256()
        self._shown = 0.0

    def run(self) -> Pulled:
        started = time.monotonic()
        self._reporter.check()
        length = self._remote_size()
        here = sha256_of(self._path) if self._path.is_file() else ""
        if here and self._path.stat().st_size == length and self._remote_hash() == here:
            self._reporter.log(f"{self._name} is already here, with the same SHA-256.")
            return Pulled(self._path, length, here, time.monotonic() - started, already_here=True)
        with self._open_part() as handle:
            return self._fill(handle, length, here, started)

    def _fill(self, handle: int, length: int, here: str, started: float) -> Pulled:
        resumed = self._take_up(handle, length)
        needed = length - resumed
        free = shutil.disk_usage(self._part.parent).free
        if needed + SPARE > free:
            raise failures.disk_full(str(self._part.parent), needed + SPARE, free)
        remote = self._receive(handle, resumed, length)
        digest = self._digest.hexdigest()
        if remote and remote != digest and resumed:
            # The part was of other bytes: an older file of that name, or damaged.
            self._reporter.log(f"What was here of {self._name} does not fit; starting afresh.")
            resumed = 0
            self._restart(handle)
            remote = self._receive(handle, 0, length)
            digest = self._digest.hexdigest()
        if remote and remote != digest:
            self._restart(handle)
            raise OperatorError(
                f"{self._name} arrived with SHA-256 {digest[:12]}..., "
                f"the server says {remote[:12]}...: it was changed while it was pulled.",
                hint="Pull it again.",
                code="changed",
            )
        if not remote:
            self._reporter.warning(
                f"The server cannot compute a SHA-256: {self._name} is checked by its size only."
            )
        kept = self._publish(handle, digest, here)
        return Pulled(
            path=self._path,
            bytes=length,
            sha256=digest,
            seconds=time.monotonic() - started,
            resumed_from=resumed,
            already_here=here == digest,
            kept_aside=kept,
            verified="sha256" if remote else "size",
        )

    def _remote_size(self) -> int:
        with self._link.telling():
            try:
                return int(self._link.sftp().stat(self._source).st_size or 0)
            except (TimeoutError, ConnectionError):
                raise
            except OSError as error:
                raise failures.remote_file(error, self._link.target, self._source) from error

    @contextlib.contextmanager
    def _open_part(self) -> Iterator[int]:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(self._part, flags, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another pull may have renamed the file between our open and our lock.
            if not os.path.samestat(os.fstat(handle), self._part.stat()):
                raise BlockingIOError
            yield handle
        except (BlockingIOError, FileNotFoundError) as error:
            raise OperatorError(
                f"{self._name} is being pulled by another job.",
                hint="Wait for that one.",
                code="busy",
            ) from error
        finally:
            os.close(handle)

    def _take_up(self, handle: int, length: int) -> int:
        """Hash what an earlier pull left; returns the bytes to go on from."""
        have = os.fstat(handle).st_size
        if have > length:
            self._restart(handle)
            return 0
        os.lseek(handle, 0, os.SEEK_SET)
        while block := os.read(handle, BLOCK):
            self._digest.update(block)
        if have:
            self._reporter.log(f"{self._name}: going on at {size(have)} of {size(length)}.")
        return have

    def _restart(self, handle: int) -> None:
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        self._digest = hashlib.sha256()

    def _receive(self, handle: int, offset: int, length: int) -> str:
        """Fetch the bytes from ``offset`` on; returns the server's hash, empty if it has none."""
        with contextlib.ExitStack() as stack:
            hashing = None
            if self._link.shell is not False:
                hashing = stack.enter_context(self._link.start(self._hash_command()))
            if offset < length:
                self._stream(handle, offset, length)
            return self._hash_of(hashing) if hashing is not None else ""

    def _stream(self, handle: int, offset: int, length: int) -> None:
        sink = _Sink(self, handle, offset, length)
        command = f"tail -c +{offset + 1} -- {shlex.quote(self._source)}"
        with self._link.start(command) as execution:
            if execution is not None:
                execution.waiting(_PATIENCE)
                self._pump(lambda: execution.read(BLOCK), sink)
                if sink.count < length:
                    self._diagnose(execution, sink)
                return
        self._stream_by_sftp(sink)

    def _stream_by_sftp(self, sink: _Sink) -> None:
        with self._link.telling():
            client = self._link.sftp(fresh=True)
            try:
                client.get_channel().settimeout(self._link.server.stall_timeout)
                with client.open(self._source, "rb") as remote:
                    remote.seek(sink.count)
                    remote.prefetch(sink.length)
                    self._pump(lambda: bytes(remote.read(min(BLOCK, sink.missing))), sink)
            except (TimeoutError, ConnectionError):
                raise
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    raise
                raise failures.remote_file(error, self._link.target, self._source) from error
            finally:
                client.close()
            if sink.count < sink.length:
                raise self._changed(sink)

    def _pump(self, read: Callable[[], bytes], sink: _Sink) -> None:
        """Move blocks until the end; silence beyond the link's stall limit is a frozen link."""
        heard = time.monotonic()
        while sink.missing:
            self._reporter.check()
            try:
                block = read()
            except TimeoutError:
                if time.monotonic() - heard > self._link.server.stall_timeout:
                    raise
                continue
            if not block:
                return
            heard = time.monotonic()
            sink.write(block)

    def _diagnose(self, execution: Execution, sink: _Sink) -> None:
        """The stream ended early: a broken link, an unreadable file, or one that shrank."""
        status = execution.status()
        if status == -1 or not self._link.connected:
            raise EOFError
        if status == 127:
            self._stream_by_sftp(sink)
            return
        if status != 0:
            with self._link.telling():
                try:
                    self._link.sftp().open(self._source, "rb").close()
                except (TimeoutError, ConnectionError):
                    raise
                except OSError as error:
                    raise failures.remote_file(error, self._link.target, self._source) from error
            said = clean(execution.errors().decode("utf-8", "replace"), 200)
            raise OperatorError(
                f"{self._link.target}: reading {self._name} failed there: {said or status}."
            )
        raise self._changed(sink)

    def _changed(self, sink: _Sink) -> OperatorError:
        return OperatorError(
            f"{self._name} shrank on the server while it was pulled "
            f"({size(sink.length)} expected, {size(sink.count)} came).",
            hint="Pull it again when the trainer has finished writing it.",
            code="changed",
        )

    def _hash_command(self) -> str:
        return f"sha256sum -- {shlex.quote(self._source)}"

    def _remote_hash(self) -> str:
        with self._link.start(self._hash_command()) as execution:
            return self._hash_of(execution) if execution is not None else ""

    def _hash_of(self, execution: Execution) -> str:
        """The 64 digits of `sha256sum`; empty where there is no such program."""
        text = bytearray()
        give_up = time.monotonic() + _HASH_SECONDS
        execution.waiting(_PATIENCE)
        while len(text) < 1 << 16:
            self._reporter.check()
            try:
                block = execution.read(1 << 12)
            except TimeoutError:
                if time.monotonic() > give_up:
                    raise
                continue
            if not block:
                break
            text += block
        # A name with a backslash makes sha256sum put one before the digits.
        digits = bytes(text).lstrip(b"\\")[:64].decode("ascii", "replace").lower()
        if len(digits) == 64 and all(c in "0123456789abcdef" for c in digits):
            return digits
        if execution.status() == -1:
            raise EOFError
        return ""

    def _publish(self, handle: int, digest: str, here: str) -> Path | None:
        os.fsync(handle)
        if here == digest:
            self._part.unlink()
            self._reporter.log(f"{self._name} is already here, with the same SHA-256.")
            return None
        kept = None
        if here:
            kept = set_aside(
                self._path,
                self._trash,
                f"replaced by other bytes of the same name from the server ({digest})",
            )
            self._reporter.log(f"Another {self._name} was here; it is kept as {kept}.")
        self._part.replace(self._path)
        sync_directory(self._path.parent)
        return kept

    def _note(self, sink: _Sink) -> None:
        now = time.monotonic()
        if now - self._shown < _PROGRESS_SECONDS and sink.missing:
            return
        self._shown = now
        rate = sink.received / max(now - sink.started, 1e-6)
        left = f", {duration(sink.missing / rate)} left" if rate and sink.missing else ""
        text = f"{size(sink.count)} of {size(sink.length)}, {size(rate)}/s{left}"
        self._reporter.progress(sink.count, sink.length, text)


class _Sink:
    """Where received bytes go: the partial file and the running hash."""

    def __init__(self, transfer: Any, handle: int, offset: int, length: int) -> None:
        self._transfer = transfer
        self._handle = handle
        self.count = offset
        self.length = length
        self.received = 0
        self.started = time.monotonic()

    @property
    def missing(self) -> int:
        return self.length - self.count

    def write(self, block: bytes) -> None:
        view = memoryview(block)[: self.missing]
        self._transfer._digest.update(view)
        while view:
            try:
                written = os.write(self._handle, view)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    part = self._transfer._part
                    free = shutil.disk_usage(part.parent).free
                    raise failures.disk_full(str(part), self.missing, free) from error
                raise
            self.count += written
            self.received += written
            view = view[written:]
        self._transfer._note(self)
