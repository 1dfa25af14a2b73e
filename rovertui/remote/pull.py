"""One checkpoint from the server to the models directory, whole or not at all.

Bytes go to ``NAME.onnx.part`` and get their name only when count and hash agree with the
server's; a pull that broke is gone on with by the next one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from rovertui.errors import OperatorError
from rovertui.files import set_aside, sha256_of, sync_directory
from rovertui.remote import failures
from rovertui.remote.checkpoints import Checkpoint
from rovertui.remote.partial import Partial
from rovertui.remote.source import Source
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.text import duration, size

SPARE = 16 << 20
"""Bytes that stay free on the disk beside the file that is pulled."""

_PROGRESS_SECONDS = 0.1


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

    def one(name: str) -> Pulled:
        source = Source(link, directory, name, reporter.check)
        return _pull_file(source, into / name, trash, reporter)

    companions = tuple(one(file.name).path for file in checkpoint.companions)
    result = one(checkpoint.onnx.name)
    return dataclasses.replace(result, seconds=time.monotonic() - started, companions=companions)


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
    show = _progress(length, part.length, reporter)
    with source.hashing() as finish:
        with contextlib.closing(source.blocks(part.length, length)) as blocks:
            for block in blocks:
                part.append(block)
                show(part.length)
        # The disk is busy here while the server still hashes.
        part.sync()
        return finish()


def _progress(length: int, start: int, reporter: Reporter) -> Callable[[int], None]:
    started = shown = time.monotonic()

    def show(count: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown < _PROGRESS_SECONDS and count < length:
            return
        shown = now
        rate = (count - start) / max(now - started, 1e-6)
        left = f", {duration((length - count) / rate)} left" if count < length else ""
        reporter.progress(count, length, f"{size(count)} of {size(length)}, {size(rate)}/s{left}")

    return show


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
