"""Moving sets between machines: a tar.gz that plain ``tar`` reads and writes.

What comes from outside is hostile until proved otherwise: only regular files are looked at, their
names are never used as paths, sizes are bounded as data arrive, and every sample is examined
(never unpickled) before the first one joins the set.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from rovertui.calibration import marks, numbering
from rovertui.calibration.examine import examine
from rovertui.calibration.gate import no_room
from rovertui.calibration.index import CHECK, Entry, Index, index_path
from rovertui.calibration.report import load_entries
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.files import sha256_of, whole
from rovertui.text import clean

TOP = "calibration_data"
MANIFEST = "manifest.json"
FORMAT = 1

FILE_MOST = 256 << 20
ALL_MOST = 32 << 30
COUNT_MOST = 100_000
_BETWEEN_MOST = 4 << 20
_BLOCK = 1 << 20
_NOTHING: Mapping[str, str] = {}
_BROKEN = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, OSError, ValueError)


@dataclass
class Imported:
    """What an import did.

    Attributes:
        added: new names, ``left_out``: name in the archive -> why.
    """

    added: list[str] = field(default_factory=list)
    duplicates: int = 0
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        words = f"{len(self.added)} samples added"
        if self.duplicates:
            words += f", {self.duplicates} were here already"
        return words + (f", {len(self.left_out)} left out" if self.left_out else "")


def export(directory: Path, target: Path, config: Config, kept: Path | None = None) -> int:
    """Pack all samples that can be read; how many. ``tar -xzf`` makes ``calibration_data/`` of it.

    Raises:
        OperatorError: nothing to pack, the target exists, or it cannot be written.
    """
    if not target.parent.is_dir():
        raise OperatorError(f"{target}: there is no directory {target.parent}.")
    if target.exists():
        raise OperatorError(f"{target}: there is a file already; nothing is overwritten.")
    entries = [e for e in load_entries(directory, config, kept) if e.verdict.state != "bad"]
    if not entries:
        raise OperatorError(f"{directory}: there is no sample to export.")
    listed: list[dict[str, Any]] = []
    try:
        with whole(target) as stream, tarfile.open(fileobj=stream, mode="w:gz") as archive:
            for entry in entries:
                # A recorder may have replaced it since the set was listed.
                with contextlib.suppress(FileNotFoundError):
                    data = (directory / entry.name).read_bytes()
                    _put(archive, entry.name, data, (directory / entry.name).stat().st_mtime)
                    listed.append(_described(entry, data))
            manifest = json.dumps({"format": FORMAT, "files": listed}, indent=1).encode()
            _put(archive, MANIFEST, manifest, time.time())
    except OSError as error:
        raise OperatorError(f"{target}: cannot be written: {error.strerror}.") from None
    return len(listed)


def _put(archive: tarfile.TarFile, name: str, data: bytes, modified: float) -> None:
    info = tarfile.TarInfo(f"{TOP}/{name}")
    info.size, info.mtime = len(data), int(modified)
    archive.addfile(info, io.BytesIO(data))


def _described(entry: Entry, data: bytes) -> dict[str, Any]:
    stamp = entry.verdict.stamp
    return {
        "name": entry.name,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "schema": entry.verdict.schema,
        "role": entry.role,
        "session": stamp.session if stamp else "",
    }


def take_in(archive: Path, directory: Path, config: Config, kept: Path) -> Imported:
    """Add the samples of an archive to a set, under new numbers; exact copies are dropped.

    Nothing is added when anything about the archive is wrong. A sample that is broken, of
    another schema, or not what the archive's manifest says, is left out and named.

    Raises:
        OperatorError: it cannot be read, or holds what no set of samples holds.
    """
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept, prefix="import-") as name:
        try:
            staged, promised = _unpack(archive, Path(name))
        except _BROKEN as error:
            raise OperatorError(
                f"{clean(str(archive))}: cannot be read as a tar.gz: {clean(str(error), 120)}."
            ) from None
        if not staged:
            raise OperatorError(f"{clean(str(archive))}: holds no .npz file.")
        return add(staged, directory, config, kept, promised)


class _Metered(io.RawIOBase):
    """Ends reading where more comes than there may: headers of tar are read into memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.left = _BETWEEN_MOST

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(min(size, _BLOCK) if size >= 0 else _BLOCK)
        self.left -= len(data)
        if self.left < 0:
            raise OperatorError("The archive unpacks to more than it says: refused.")
        return data


def _unpack(archive: Path, into: Path) -> tuple[list[tuple[str, Path]], dict[str, str]]:
    """Regular .npz files, each under a number of its own, with the hashes that were promised."""
    staged: list[tuple[str, Path]] = []
    promised: dict[str, str] = {}
    total = 0
    with archive.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        plain = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if packed else raw)
        metered = _Metered(plain)
        with tarfile.open(fileobj=metered, mode="r|") as tar:
            for count, member in enumerate(tar):
                metered.left = max(member.size, 0) + _BETWEEN_MOST
                name = _safe(member)
                total += member.size
                if count >= COUNT_MOST or member.size > FILE_MOST or total > ALL_MOST:
                    raise OperatorError(f"{name}: more or larger files than any set has: refused.")
                if member.isdir():
                    continue
                content = tar.extractfile(member)
                assert content is not None
                if PurePosixPath(name).name == MANIFEST and member.size <= _BETWEEN_MOST:
                    promised = _promises(content.read())
                elif name.endswith(".npz") and not PurePosixPath(name).name.startswith("."):
                    problem = no_room(into)
                    if problem:
                        raise OperatorError(problem)
                    path = into / f"{len(staged)}.npz"
                    with path.open("wb") as stream:
                        shutil.copyfileobj(content, stream, _BLOCK)
                    staged.append((name, path))
                metered.left = _BETWEEN_MOST
    return staged, promised


def _safe(member: tarfile.TarInfo) -> str:
    """The member's name in words. Raises OperatorError for what no set holds."""
    name = clean(member.name, 200)
    parts = PurePosixPath(member.name).parts
    if member.name.startswith("/") or ".." in parts or "\0" in member.name:
        raise OperatorError(f"{name}: leads out of its directory: the archive is refused.")
    if not (member.isfile() or member.isdir()):
        raise OperatorError(f"{name}: a link or a device: the archive is refused.")
    return name


def _promises(data: bytes) -> dict[str, str]:
    try:
        files = json.loads(data)["files"]
        return {str(f["name"]): str(f["sha256"]) for f in files}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise OperatorError("manifest.json: cannot be read: the archive is refused.") from None


def add(
    staged: list[tuple[str, Path]],
    directory: Path,
    config: Config,
    kept: Path,
    promised: Mapping[str, str] = _NOTHING,
) -> Imported:
    """Add files that came from outside to a set: examined, under new numbers, no copy twice.

    Args:
        staged: (name there, file here); a name in a directory ``check`` is for checking.
        promised: name -> SHA-256 that its manifest says; others are taken as they are.
    """
    directory = directory.absolute()
    index = Index(directory, config.schemas, index_path(kept, directory))
    index.refresh()
    there: dict[int, list[str]] = {}
    for entry in index.entries.values():
        there.setdefault(entry.bytes, []).append(entry.name)
    known: dict[int, set[str]] = {}
    done = Imported()
    for name, path in staged:
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        inside = name.partition("/")[2] if name.startswith(f"{TOP}/") else name
        if promised.get(inside, digest) != digest:
            done.left_out[name] = "not the file that the manifest promises"
            continue
        verdict = examine(path, config.schemas)
        if verdict.state != "usable":
            done.left_out[name] = verdict.problem
            continue
        if len(data) not in known:
            same = there.get(len(data), ())
            known[len(data)] = {sha256_of(directory / each) for each in same}
        if digest in known[len(data)]:
            done.duplicates += 1
            continue
        known[len(data)].add(digest)
        stamp = verdict.stamp
        checks = PurePosixPath(name).parent.name == CHECK or (stamp and stamp.role == "check")
        folder = directory / CHECK if checks else directory
        new, written = numbering.create(folder, index.last_number + 1, _writer(data))
        added = new.relative_to(directory).as_posix()
        index.put(added, written, verdict)
        done.added.append(added)
    index.save()
    marks.imported(kept, done.added)
    return done


def _writer(data: bytes) -> Callable[[IO[bytes]], None]:
    def fill(stream: IO[bytes]) -> None:
        stream.write(data)

    return fill
