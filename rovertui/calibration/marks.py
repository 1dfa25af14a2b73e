"""What people said about a set, beside it: what a site has not, labels, what was imported."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from rovertui.errors import OperatorError
from rovertui.files import private_file, write_whole
from rovertui.reading import Damaged, json_file
from rovertui.text import clean

log = logging.getLogger(__name__)

NAME = "marks.json"
_LONGEST_LABEL = 80


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Attributes:
    unreachable: by site, ``AXIS`` or ``AXIS:BIN`` that cannot be driven there.
    labels: session -> words.
    imported: names of samples that came from elsewhere and are never replaced.
    """

    unreachable: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    imported: list[str] = []

    def at(self, site: str) -> frozenset[str]:
        return frozenset(self.unreachable.get(site, ()))


def load(kept: Path | None) -> Marks:
    """What is known; nothing where nothing was said. What cannot be read is logged."""
    if kept is None:
        return Marks()
    try:
        return json_file(kept / NAME, Marks)
    except FileNotFoundError:
        return Marks()
    except (OSError, Damaged) as error:
        log.warning("%s: cannot be read: %s", kept / NAME, error)
        return Marks()


def change(kept: Path, how: Callable[[Marks], Marks]) -> Marks:
    """Read, change and write under a lock; another process may do the same. Raises OperatorError
    when what is there cannot be read, so that nothing said before is lost, or not be written."""
    try:
        handle = private_file(kept / f"{NAME}.lock")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                before = json_file(kept / NAME, Marks)
            except FileNotFoundError:
                before = Marks()
            after = how(before)
            if after != before:
                write_whole(kept / NAME, msgspec.json.encode(after) + b"\n")
            return after
        finally:
            os.close(handle)
    except (OSError, Damaged) as error:
        raise OperatorError(
            f"{kept / NAME}: cannot be changed: {clean(str(error), 120)}.",
            hint="Repair it, or move it away.",
        ) from None


def mark(kept: Path, site: str, names: list[str], *, unreachable: bool) -> Marks:
    """Say that a site has not these axes or bins, or has them after all."""

    def how(marks: Marks) -> Marks:
        there = dict.fromkeys(marks.unreachable.get(site, ()))
        for name in names:
            if unreachable:
                there[name] = None
            else:
                there.pop(name, None)
        return msgspec.structs.replace(marks, unreachable={**marks.unreachable, site: list(there)})

    return change(kept, how)


def label(kept: Path, session: str, words: str) -> Marks:
    """Name a session for people; no words take the name away."""

    def how(marks: Marks) -> Marks:
        labels = {**marks.labels, session: clean(words, _LONGEST_LABEL)}
        return msgspec.structs.replace(marks, labels={k: v for k, v in labels.items() if v})

    return change(kept, how)


def imported(kept: Path, names: list[str]) -> Marks:
    """Remember samples that came from elsewhere."""

    def how(marks: Marks) -> Marks:
        return msgspec.structs.replace(
            marks, imported=list(dict.fromkeys([*marks.imported, *names]))
        )

    return change(kept, how)
