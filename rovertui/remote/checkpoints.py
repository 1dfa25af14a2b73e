"""What the training server has: checkpoints by training step.

One command lists the directory (`find -printf`, names ended by NUL, so that no name can be
taken for another line); a server without a shell is listed by SFTP.
"""

from __future__ import annotations

import posixpath
import re
import shlex
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

from rovertui.called import called
from rovertui.errors import OperatorError
from rovertui.remote import failures
from rovertui.remote.ssh import Link
from rovertui.text import clean

SETTLED = 2.0
"""Seconds without a change after which a file counts as written."""

_COMPANION_ENDINGS = (".onnx.data", ".onnx_data", ".data")
_SHOWN_OTHERS = 20
_MOST_FILES = 100_000
_LATEST = 100_000_000_000


@dataclass(frozen=True)
class RemoteFile:
    """A file on the server.

    Attributes:
        name: its name in the checkpoint directory.
        size: bytes.
        mtime: seconds since 1970, by the server's clock.
    """

    name: str
    size: int
    mtime: float


@dataclass(frozen=True)
class Checkpoint:
    """One training step as the server has it.

    Attributes:
        name: without an ending, such as ``ppo_v620_update_50``.
        step: the training step in the name.
        onnx: the exported model, or None when it was not exported.
        pt: the trainer's own file, or None.
        companions: external-data files of the model (by name; the model says which it needs).
        growing: written within the last seconds, or changed since the listing before.
    """

    name: str
    step: int
    onnx: RemoteFile | None = None
    pt: RemoteFile | None = None
    companions: tuple[RemoteFile, ...] = ()
    growing: bool = False

    @property
    def has_onnx(self) -> bool:
        return self.onnx is not None

    @property
    def mtime(self) -> float:
        """When the newest of its files was written, by the server's clock."""
        return max(file.mtime for file in (self.onnx, self.pt) if file is not None)


@dataclass(frozen=True)
class Listing:
    """The checkpoint directory at one moment.

    Attributes:
        directory: as configured.
        checkpoints: newest training step first.
        others: how many other names lie there.
        other_names: the first of them, made safe to show.
        server_time: the server's clock when listed; ours when it has no shell.
    """

    directory: str
    checkpoints: tuple[Checkpoint, ...]
    others: int
    other_names: tuple[str, ...]
    server_time: float

    def age(self, checkpoint: Checkpoint) -> float:
        """Seconds since the checkpoint was written, both by the server's clock."""
        return max(0.0, self.server_time - checkpoint.mtime)


def remote_path(directory: str, name: str = "") -> str:
    """A path the server understands: ``~`` is the login directory, no leading dash."""
    if "\0" in directory:
        raise OperatorError("v620.directory: holds a NUL byte.", code="not-configured")
    if directory == "~" or directory.startswith("~/"):
        directory = directory[2:]
    path = directory if directory.startswith("/") else f"./{directory}"
    return posixpath.join(path, name) if name else path


def list_checkpoints(
    link: Link, directory: str, pattern: str = "ppo_v620_update_*", before: Listing | None = None
) -> Listing:
    """List the checkpoints in ``directory`` on the server.

    Args:
        link: connected when needed.
        directory: absolute, or relative to the login directory.
        pattern: a checkpoint's name without ending; its one ``*`` is the training step.
        before: an earlier listing; a file that differs from it counts as growing.

    Raises:
        OperatorError: the link failed, or the directory is missing or may not be read.
    """
    names, now = list_files(link, directory)
    return arrange(names, directory, pattern, now, before)


def list_files(link: Link, directory: str) -> tuple[list[RemoteFile], float]:
    """The plain files in a directory there, and the server's clock (ours where it has no shell).

    Raises:
        OperatorError: the link failed, or the directory is missing or may not be read.
    """
    path = remote_path(directory)
    found = _by_shell(link, path)
    return found if found is not None else (_by_sftp(link, path), time.time())


def arrange(
    files: Iterable[RemoteFile],
    directory: str,
    pattern: str,
    server_time: float,
    before: Listing | None = None,
) -> Listing:
    """Group files into checkpoints; names that do not fit ``pattern`` are counted, never used."""
    expression = _expression(pattern)
    by_name: dict[str, dict[str, RemoteFile]] = {}
    steps: dict[str, int] = {}
    rest: list[RemoteFile] = []
    for file in files:
        match = expression.fullmatch(file.name)
        if match is None:
            rest.append(file)
            continue
        name = file.name.removesuffix("." + match["ending"])
        by_name.setdefault(name, {})[match["ending"]] = file
        steps[name] = int(match["step"])
    others: list[str] = []
    companions: dict[str, list[RemoteFile]] = {}
    for file in rest:
        owner = _owner(file.name, by_name)
        if owner:
            companions.setdefault(owner, []).append(file)
        else:
            others.append(file.name)
    known = {c.name: c for c in before.checkpoints} if before else {}
    checkpoints = []
    for name, endings in by_name.items():
        checkpoint = Checkpoint(
            name=name,
            step=steps[name],
            onnx=endings.get("onnx"),
            pt=endings.get("pt"),
            companions=tuple(sorted(companions.get(name, []), key=lambda f: f.name)),
        )
        growing = _growing(checkpoint, known.get(name), server_time)
        checkpoints.append(replace(checkpoint, growing=growing))
    checkpoints.sort(key=lambda c: (c.step, c.name), reverse=True)
    shown = tuple(clean(name, 80) for name in sorted(others)[:_SHOWN_OTHERS])
    return Listing(directory, tuple(checkpoints), len(others), shown, server_time)


def pick(listing: Listing, wanted: str = "") -> Checkpoint:
    """The checkpoint called ``wanted`` (name, file name or step), or the newest with an ONNX.

    Raises:
        OperatorError: there is none, or the step is that of several.
    """
    shown = clean(listing.directory, 200)
    if not wanted:
        for checkpoint in listing.checkpoints:
            if checkpoint.has_onnx and not checkpoint.growing:
                return checkpoint
        raise OperatorError(
            f"The server has no finished ONNX checkpoint in {shown} "
            f"({len(listing.checkpoints)} checkpoints, {listing.others} other files).",
            hint="Wait for the next export, or correct v620.directory and v620.pattern.",
            code="missing",
        )
    name = wanted.removesuffix(".onnx").removesuffix(".pt")
    found = [checkpoint for checkpoint in listing.checkpoints if checkpoint.name == name]
    if not found and name.isdecimal():
        found = [checkpoint for checkpoint in listing.checkpoints if checkpoint.step == int(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise OperatorError(
            f"{clean(wanted, 80)} is the step of {len(found)} checkpoints in {shown}: "
            f"{', '.join(clean(checkpoint.name, 80) for checkpoint in found[:6])}.",
            hint="Give the whole name.",
            code="ambiguous",
        )
    raise OperatorError(
        f"The server has no checkpoint {clean(wanted, 80)} in {shown}.",
        hint=f"`{called()} models` lists what it has.",
        code="missing",
    )


def _expression(pattern: str) -> re.Pattern[str]:
    prefix, star, suffix = pattern.partition("*")
    if not star or "*" in suffix or "/" in pattern:
        raise OperatorError(
            f"v620.pattern: expected a file name with exactly one *, found {clean(pattern)!r}.",
            code="not-configured",
        )
    return re.compile(
        f"{re.escape(prefix)}(?P<step>[0-9]{{1,15}}){re.escape(suffix)}[.](?P<ending>onnx|pt)"
    )


def _owner(name: str, checkpoints: Iterable[str]) -> str:
    for ending in _COMPANION_ENDINGS:
        if name.endswith(ending):
            owner = name.removesuffix(ending)
            return owner if owner in checkpoints else ""
    return ""


def _growing(checkpoint: Checkpoint, before: Checkpoint | None, now: float) -> bool:
    model = [file for file in (checkpoint.onnx, *checkpoint.companions) if file is not None]
    files = model or [file for file in (checkpoint.pt,) if file is not None]
    if any(-SETTLED < now - file.mtime < SETTLED for file in files):
        return True
    if before is None:
        return False
    earlier = {f.name: f for f in (before.onnx, before.pt, *before.companions) if f is not None}
    return any(file.name in earlier and earlier[file.name] != file for file in files)


def _by_shell(link: Link, path: str) -> tuple[list[RemoteFile], float] | None:
    """The directory's files by `find`, and the server's time; None where that does not work."""
    done = link.run(
        f"date +%s.%N; find -L {shlex.quote(path)} -mindepth 1 -maxdepth 1 -type f "
        r"-printf '%s %T@ %f\0'"
    )
    if done is None:
        return None
    clock, _, records = done.output.partition(b"\n")
    if done.status != 0 and not records:
        return None
    try:
        files = [read_record(record) for record in records.split(b"\0")[:-1]]
    except ValueError:
        return None
    return files, read_clock(clock)


def read_record(record: bytes) -> RemoteFile:
    """One file of the listing. Raises ValueError, also for sizes and times that no disk has."""
    size, mtime, name = record.split(b" ", 2)
    file = RemoteFile(name.decode("utf-8", "surrogateescape"), int(size), float(mtime))
    if not 0 <= file.size < 1 << 63 or not abs(file.mtime) < _LATEST:
        raise ValueError("no size or no time")
    return file


def read_clock(text: bytes) -> float:
    """The server's time, in seconds since 1970; ours where it says none."""
    # A date that knows no nanoseconds prints a letter for them: whole seconds are good enough.
    seconds, _, fraction = text.decode("ascii", "replace").strip().partition(".")
    if not seconds.isdecimal() or len(seconds) > len(str(_LATEST)):
        return time.time()
    return float(f"{seconds}.{fraction[:9]}") if fraction.isdecimal() else float(seconds)


def _by_sftp(link: Link, path: str) -> list[RemoteFile]:
    with link.telling():
        sftp = link.sftp()
        try:
            entries = list(islice(sftp.listdir_iter(path), _MOST_FILES))
        except UnicodeDecodeError as error:
            link.close()
            raise OperatorError(
                f"{link.target}: a file name in {clean(path, 200)} is not UTF-8, so the directory "
                "cannot be listed by SFTP.",
                hint="Rename that file there, or allow a shell for this login.",
            ) from error
        except (TimeoutError, ConnectionError):
            raise
        except OSError as error:
            raise failures.remote_file(error, link.target, path) from error
        files = []
        for entry in entries:
            if entry.st_mode is not None and stat.S_ISLNK(entry.st_mode):
                try:
                    target = sftp.stat(posixpath.join(path, entry.filename))
                except FileNotFoundError:
                    continue
                entry.st_mode, entry.st_size = target.st_mode, target.st_size
                entry.st_mtime = target.st_mtime
            if entry.st_mode is None or stat.S_ISREG(entry.st_mode):
                files.append(
                    RemoteFile(entry.filename, int(entry.st_size or 0), float(entry.st_mtime or 0))
                )
        return files
