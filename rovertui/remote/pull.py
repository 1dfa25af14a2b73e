"""One checkpoint from the server to the models directory, whole or not at all.

Bytes go to ``NAME.onnx.part`` and get their name only when count and hash agree with the
server's; a pull that broke is gone on with by the next one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import time
from collections import deque
from pathlib import Path

from rovertui.errors import OperatorError
from rovertui.files import set_aside, sha256_of, sync_directory
from rovertui.remote import failures
from rovertui.remote.checkpoints import Checkpoint
from rovertui.remote.intake import Intake
from rovertui.remote.partial import Partial
from rovertui.remote.retry import persistently
from rovertui.remote.source import Source
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.text import duration, size

SPARE = 16 << 20
"""Bytes that stay free on the disk beside the file that is pulled."""

_PROGRESS_SECONDS = 0.1
_RATE_SECONDS = 3.0


@dataclasses.dataclass(frozen=True)
class Pulled:
    """What a pull has done.

    Attributes:
        path: the model file here.
        bytes: its size.
        sha256: of the bytes that arrived, in hexadecimal.
        seconds: from the call to the verified file.
        resumed_from: bytes that were here from an earlier, broken pull and were used.
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

    A link that breaks or freezes is made anew, with pauses that grow, and the pull goes on where
    it was; the reporter says so.

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

    def one(name: str) -> Pulled:
        return fetch(link, directory, name, into, trash, reporter)

    companions = tuple(one(file.name).path for file in checkpoint.companions)
    result = one(checkpoint.onnx.name)
    return dataclasses.replace(result, seconds=time.monotonic() - started, companions=companions)


def fetch(
    link: Link, directory: str, name: str, into: Path, trash: Path, reporter: Reporter
) -> Pulled:
    """Pull one file of a directory on the server, as :func:`pull` does each of its own."""
    source = Source(link, directory, name, reporter.check)
    into.mkdir(parents=True, exist_ok=True)
    part = Partial.path_for(into / name)
    return persistently(
        lambda: _pull_file(source, into / name, trash, reporter),
        lambda: part.stat().st_size if part.exists() else 0,
        reporter,
    )


def _pull_file(source: Source, path: Path, trash: Path, reporter: Reporter) -> Pulled:
    reporter.check()
    length = source.size()
    here = sha256_of(path) if path.is_file() else ""
    if here and path.stat().st_size == length and source.sha256() == here:
        reporter.log(f"{source.name} is already here, with the same SHA-256.")
        return Pulled(path, length, here, 0.0, already_here=True)
    with Partial.beside(path) as part:
        resumed = part.take_up(length)
        if resumed:
            reporter.log(f"{source.name}: going on at {size(resumed)} of {size(length)}.")
        _require_space(part.path, length - resumed)
        remote = _fetch(source, part, length, reporter)
        if resumed and remote not in ("", part.sha256()):
            # What was here belongs to an older file of that name, or is damaged.
            reporter.log(f"What was here of {source.name} does not fit; starting afresh.")
            resumed = 0
            part.restart()
            remote = _fetch(source, part, length, reporter)
        digest = part.sha256()
        if remote not in ("", digest):
            part.restart()
            raise OperatorError(
                f"{source.name} arrived with SHA-256 {digest[:12]}..., the server says "
                f"{remote[:12]}...: it was changed while it was pulled.",
                hint="Pull it again.",
                code="changed",
            )
        if not remote:
            reporter.warning(
                f"The server cannot compute a SHA-256: {source.name} is checked by size only."
            )
        kept = _publish(part, path, trash, here, reporter)
    return Pulled(
        path=path,
        bytes=length,
        sha256=digest,
        seconds=0.0,
        resumed_from=resumed,
        already_here=here == digest,
        kept_aside=kept,
        verified="sha256" if remote else "size",
    )


def _require_space(part: Path, needed: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if needed + SPARE > free:
        raise failures.disk_full(str(part.parent), needed + SPARE, free)


def _fetch(source: Source, part: Partial, length: int, reporter: Reporter) -> str:
    """Append what is missing, on disk; returns the server's hash, empty where it has none."""
    pace = _Pace(length, part.length, reporter)
    with source.hashing() as finish:
        with (
            Intake(part) as intake,
            contextlib.closing(source.blocks(part.length, length)) as blocks,
        ):
            for block in blocks:
                intake.put(block)
                pace.more(len(block))
        # The disk is busy here while the server still hashes.
        part.sync()
        return finish()


class _Pace:
    """Tells how far a file has come, how fast it comes now, and how long the rest will take."""

    def __init__(self, length: int, start: int, reporter: Reporter) -> None:
        self._length = length
        self._count = start
        self._reporter = reporter
        now = time.monotonic()
        self._shown = now
        self._marks = deque([(now, start)])

    def more(self, count: int) -> None:
        self._count += count
        now = time.monotonic()
        if now - self._shown < _PROGRESS_SECONDS and self._count < self._length:
            return
        self._shown = now
        self._marks.append((now, self._count))
        while len(self._marks) > 2 and now - self._marks[1][0] > _RATE_SECONDS:
            self._marks.popleft()
        since, before = self._marks[0]
        rate = (self._count - before) / max(now - since, 1e-6)
        remaining = self._length - self._count
        left = f", {duration(remaining / rate)} left" if remaining else ""
        text = f"{size(self._count)} of {size(self._length)}, {size(rate)}/s{left}"
        self._reporter.progress(self._count, self._length, text)


def _publish(part: Partial, path: Path, trash: Path, here: str, reporter: Reporter) -> Path | None:
    if here == part.sha256():
        part.path.unlink()
        reporter.log(f"{path.name} is already here, with the same SHA-256.")
        return None
    kept = None
    if here:
        reason = f"replaced by other bytes of the same name from the server ({part.sha256()})"
        kept = set_aside(path, trash, reason)
        reporter.log(f"Another {path.name} was here; it is kept as {kept}.")
    part.path.replace(path)
    sync_directory(path.parent)
    return kept
