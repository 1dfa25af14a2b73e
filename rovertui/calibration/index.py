"""What is known of each file of a set, so that a large set opens without reading its arrays."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from rovertui.calibration.examine import Verdict, examine
from rovertui.calibration.numbering import number_of
from rovertui.calibration.sample import Role, written_by_us
from rovertui.files import write_whole
from rovertui.reading import Damaged, contents, from_msgpack
from rovertui.schema import Schema

log = logging.getLogger(__name__)

CHECK = "check"
_VERSION = 2
_LARGEST_NUMBER = 999_999


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file: ``name`` relative to the set, its size and time when it was read, the verdict."""

    name: str
    bytes: int
    mtime_ns: int
    verdict: Verdict

    @property
    def role(self) -> Role:
        """For checking when stamped so or lying in ``check/``; else as stamped, or calibration."""
        stamp = self.verdict.stamp
        if self.name.startswith(f"{CHECK}/") or (stamp and stamp.role == "check"):
            return "check"
        return stamp.role if stamp else "calibration"

    @property
    def session(self) -> str:
        """The drive that it is of; empty where the file does not say."""
        return self.verdict.stamp.session if self.verdict.stamp else ""

    @property
    def simulated(self) -> bool:
        return bool(self.verdict.stamp and self.verdict.stamp.simulated)


class _Kept(msgspec.Struct, kw_only=True):
    version: int
    directory: str
    schemas: str
    last_number: int
    entries: list[Entry]


class Index:
    """The files of one directory and of its ``check/``, read again only when they changed.

    Args:
        directory: the set; it need not exist.
        schemas: those of ``config.toml``; an index made with others is made again.
        path: where to keep it, or None to keep it nowhere.
    """

    def __init__(
        self, directory: Path, schemas: Mapping[str, Schema], path: Path | None = None
    ) -> None:
        self.directory = directory
        self.schemas = schemas
        self.path = path
        self.entries: dict[str, Entry] = {}
        self.last_number = -1
        self._fingerprint = hashlib.sha256(msgspec.json.encode(schemas)).hexdigest()
        self._dirty = False
        self._load()

    def _load(self) -> None:
        if self.path is None:
            return
        try:
            kept = from_msgpack(contents(self.path), _Kept)
        except FileNotFoundError:
            return
        except (OSError, Damaged) as error:
            log.warning("%s: cannot be read and is made again: %s", self.path, error)
            return
        if kept.directory != str(self.directory):
            return
        self.last_number = kept.last_number
        if kept.schemas == self._fingerprint and kept.version == _VERSION:
            self.entries = {entry.name: entry for entry in kept.entries}

    def refresh(self) -> bool:
        """Look at the directory again; whether anything changed. Raises OSError."""
        before = self.entries
        after: dict[str, Entry] = {}
        changed = False
        for name, found in self._files():
            entry = before.get(name)
            if entry is None or entry.bytes != found.st_size or entry.mtime_ns != found.st_mtime_ns:
                entry = self._examine(name, found)
                changed = True
            after[name] = entry
        changed = changed or len(after) != len(before)
        self.entries = after
        self._dirty = self._dirty or changed
        return changed

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        for folder, prefix in ((self.directory, ""), (self.directory / CHECK, f"{CHECK}/")):
            try:
                listing = os.scandir(folder)
            except FileNotFoundError:
                continue
            with listing:
                for entry in listing:
                    if not entry.name.endswith(".npz") or entry.name.startswith("."):
                        continue
                    found = _stat(entry)
                    if found is not None:
                        yield prefix + entry.name, found

    def _examine(self, name: str, found: os.stat_result) -> Entry:
        path = self.directory / name
        verdict = _bad_name(name) or examine(path, self.schemas)
        # Garbage may be called 9999; numbers go on after samples. `create` replaces nothing.
        if verdict.state != "bad" or written_by_us(path):
            self._count(name, _LARGEST_NUMBER)
        return Entry(name=name, bytes=found.st_size, mtime_ns=found.st_mtime_ns, verdict=verdict)

    def put(self, name: str, found: os.stat_result, verdict: Verdict) -> Entry:
        """Note a file that was just written, without reading it."""
        entry = Entry(name=name, bytes=found.st_size, mtime_ns=found.st_mtime_ns, verdict=verdict)
        self.entries = {**self.entries, name: entry}
        self._count(name)
        self._dirty = True
        return entry

    def _count(self, name: str, largest: float = math.inf) -> None:
        number = number_of(Path(name).name)
        if number is not None and number <= largest:
            self.last_number = max(self.last_number, number)

    def save(self) -> None:
        """Keep what is known, when it changed. A failure is logged: the index can be made again."""
        if self.path is None or not self._dirty:
            return
        kept = _Kept(
            version=_VERSION,
            directory=str(self.directory),
            schemas=self._fingerprint,
            last_number=self.last_number,
            entries=[entry for entry in self.entries.values() if not _bad_name(entry.name)],
        )
        try:
            write_whole(self.path, msgspec.msgpack.encode(kept))
            self._dirty = False
        except OSError as error:
            log.warning("%s: the index could not be kept: %s", self.path, error)


def _stat(entry: os.DirEntry[str]) -> os.stat_result | None:
    """None when it is gone; of a link that leads nowhere its own, so that it is named."""
    for follow in (True, False):
        with contextlib.suppress(OSError):
            return entry.stat(follow_symlinks=follow)
    return None


def _bad_name(name: str) -> Verdict | None:
    """A name that is no UTF-8 can be kept in no index, sheet or report."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return Verdict(state="bad", reason="unreadable", problem="its name is not UTF-8")
    return None


def index_path(kept: Path, directory: Path) -> Path:
    """Where the index of ``directory`` lies in a workspace's ``.rovertui``."""
    name = hashlib.sha256(os.fsencode(directory.absolute())).hexdigest()[:16]
    return kept / "index" / f"{name}.msgpack"
