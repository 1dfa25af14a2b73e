"""The switch: model, sheet and link change as one, by replacing one symbolic link.

::

    models/remote_trained.rknn -> current/model.rknn     the name the node loads; never changes
    models/remote_trained.json -> current/sheet.json     the sheet beside it; never changes
    models/current -> deployed/0007                      the pivot, replaced in one step

Both names lead through the pivot, so they cannot disagree at any instant. Models are copied, not
hard-linked: today's converter writes over ``NAME_int8.rknn`` in place, and a hard link would let
it change what is live.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from rovertui.deployment.entry import (
    MODEL,
    SHEET,
    Entry,
    Outcome,
    directory_name,
    read_entry,
    read_outcome,
    write_entry,
    write_outcome,
)
from rovertui.errors import OperatorError
from rovertui.files import (
    remove_temporaries,
    replace_link,
    sha256_of,
    sync_directory,
    whole,
    write_whole,
)
from rovertui.text import clean

KEPT_BEFORE_LIVE = 5
_CURRENT = "current"
_DEPLOYED = "deployed"
_NUMBER = re.compile(r"\d{4,}")
_MAKING, _GOING = ".making", ".going"
_TAKEN = ("model", "sheet", "entry", "outcome")

Hash = Callable[[Path], str]


@dataclass(frozen=True)
class Standing:
    """What the link leads to now.

    Attributes:
        state: ``empty`` (no link), ``kept`` (model and sheet are those of ``entry``), ``foreign``
            (somebody else changed link, model or sheet), ``broken`` (it leads to no file).
        entry: the entry the pivot names, where it can be read.
        sha256: of the file that the link leads to; empty where there is none.
        text: why it is foreign or broken.
    """

    state: Literal["empty", "kept", "foreign", "broken"]
    entry: Entry | None = None
    sha256: str = ""
    text: str = ""


class Switch:
    """The models directory as far as deployment is concerned.

    Args:
        models: the directory.
        link: the name the node loads, such as ``remote_trained.rknn``.
        hash_file: SHA-256 of a file; a caller that looks often passes one that remembers.
    """

    def __init__(
        self, models: Path, link: str = "remote_trained.rknn", hash_file: Hash = sha256_of
    ) -> None:
        self.models = models
        self.link = models / link
        self.sheet_link = self.link.with_suffix(".json")
        self.deployed = models / _DEPLOYED
        self._pivot = models / _CURRENT
        self._hash = hash_file

    def directory(self, number: int) -> Path:
        return self.deployed / directory_name(number)

    def entries(self) -> list[Entry]:
        """Every kept entry that can be read, oldest first."""
        found = []
        for number in self._numbers():
            try:
                found.append(read_entry(self.directory(number)))
            except OperatorError:
                continue
        return found

    def damaged(self) -> list[str]:
        """A sentence for each kept entry that cannot be read."""
        sentences = []
        for number in self._numbers():
            try:
                read_entry(self.directory(number))
            except OperatorError as error:
                sentences.append(error.sentence())
        return sentences

    def current(self) -> int | None:
        """The number the pivot names; None when there is no pivot or it leads elsewhere."""
        try:
            parent, _, name = str(self._pivot.readlink()).rpartition("/")
        except OSError:
            return None
        return int(name) if parent == _DEPLOYED and _NUMBER.fullmatch(name) else None

    def standing(self) -> Standing:
        """What the link leads to, judged by content, never by name alone."""
        number = self.current()
        entry: Entry | None = None
        trouble = ""
        if number is not None:
            try:
                entry = read_entry(self.directory(number))
            except OperatorError as error:
                trouble = " " + error.sentence()
        if not os.path.lexists(self.link):
            return Standing("empty")
        if not self.link.is_file():
            what = "a directory" if self.link.is_dir() else "nothing"
            leads = clean(os.path.realpath(self.link))
            return Standing("broken", entry, "", f"{self.link.name} leads to {what}: {leads}.")
        try:
            sha256 = self._hash(self.link)
        except OSError as error:
            reason = f"{self.link.name} cannot be read: {error.strerror}."
            return Standing("broken", entry, "", reason)
        if entry is None or entry.sha256 != sha256:
            leads = clean(os.path.relpath(os.path.realpath(self.link), self.models))
            text = f"{self.link.name} was changed by somebody else: it leads to {leads}.{trouble}"
            return Standing("foreign", entry, sha256, text)
        if _bytes(self.sheet_link) != _bytes(self.directory(entry.number) / SHEET):
            text = f"{self.sheet_link.name} was changed by somebody else, the model was not."
            return Standing("foreign", entry, sha256, text)
        return Standing("kept", entry, sha256)

    def next_number(self, *, ours: bool = True) -> int:
        """The number after the last; 0 is only for what was live before the first of ours."""
        numbers = self._numbers()
        return max(numbers) + 1 if numbers else int(ours)

    def prepare(self, entry: Entry, rknn: Path, sheet: bytes | None) -> None:
        """Copy a model and its sheet into an entry of their own; nothing is switched yet.

        Args:
            entry: with a number from :meth:`next_number`.
            rknn: the model; its copy must have ``entry.sha256``.
            sheet: the bytes of its sheet, as they were checked; None where there is none.

        Raises:
            OperatorError: the file changed since it was hashed, or cannot be copied.
        """
        final = self.directory(entry.number)
        making = final.with_name(f".{final.name}{_MAKING}")
        self.sweep()
        try:
            making.mkdir(parents=True)
            name = f"{entry.name}_" if entry.name in _TAKEN else entry.name
            stored = making / f"{name}.rknn"
            with rknn.open("rb") as source, whole(stored, mode=0o444) as target:
                shutil.copyfileobj(source, target)
            if sha256_of(stored) != entry.sha256:
                raise OperatorError(
                    f"{rknn.name}: changed while it was being deployed.",
                    hint="Wait until nothing writes it, then deploy again.",
                )
            (making / MODEL).symlink_to(stored.name)
            if sheet is not None:
                write_whole(making / f"{name}.json", sheet, mode=0o444)
                (making / SHEET).symlink_to(f"{name}.json")
            write_entry(making, entry)
            sync_directory(making)
            making.rename(final)
            sync_directory(self.deployed)
        except OSError as error:
            raise OperatorError(
                f"{final}: the model cannot be copied there: {error.strerror}.",
                hint="What was live is still live.",
            ) from None

    def adopt(self) -> Entry | None:
        """Make what is live an entry, so that a rollback can return to it.

        What the node would load is the same before, while and after; a model that somebody
        else put there is copied first, and so is a sheet in the way.

        Returns:
            The entry that is live now; None when nothing is.

        Raises:
            OperatorError: the link is a directory.
        """
        standing = self.standing()
        if standing.state == "empty":
            return None
        if standing.state == "broken":
            if self.link.is_dir():
                raise OperatorError(
                    f"{self.link}: expected a link or a file, found a directory.",
                    hint="Move it away, then deploy again.",
                )
            return None
        if standing.state == "kept":
            assert standing.entry is not None
            self.switch(standing.entry.number)
            return standing.entry
        entry = self._same(standing.sha256) or self._keep_foreign(standing.sha256)
        self.switch(entry.number)
        return entry

    def switch(self, number: int) -> None:
        """Make an entry live, in one step. What is live now must have been adopted before."""
        directory = self.directory(number)
        if not (directory / MODEL).is_file():
            raise OperatorError(
                f"{directory}: there is no model in it any more.", hint="Deploy another model."
            )
        replace_link(self._pivot, f"{_DEPLOYED}/{directory.name}")
        self._lead(self.sheet_link, SHEET)
        self._lead(self.link, MODEL)

    def clear(self) -> None:
        """Make nothing live: the state before the first deployment."""
        for path, name in ((self.link, MODEL), (self.sheet_link, SHEET)):
            if path.is_symlink() and path.readlink() == Path(_CURRENT, name):
                path.unlink()
        self._pivot.unlink(missing_ok=True)
        sync_directory(self.models)

    def verify(self, number: int) -> Entry:
        """The entry, when its files are still what was deployed.

        Raises:
            OperatorError: it is gone, or its model or sheet was changed since.
        """
        directory = self.directory(number)
        entry = read_entry(directory)
        model = directory / MODEL
        if not model.is_file() or self._hash(model) != entry.sha256:
            raise OperatorError(
                f"{directory}: the model kept there is not the {entry.name} that was deployed.",
                hint="Deploy another model.",
            )
        return entry

    def discard(self, number: int) -> None:
        """Remove an entry that is not live, whole or not at all."""
        if number == self.current():
            raise ValueError(f"entry {number} is live")
        directory = self.directory(number)
        if directory.is_dir():
            going = directory.with_name(f".{directory.name}{_GOING}")
            shutil.rmtree(going, ignore_errors=True)
            directory.rename(going)
            shutil.rmtree(going)

    def prune(self, keep: int = KEPT_BEFORE_LIVE) -> list[Entry]:
        """Remove entries older than the live one, except ``keep`` of them.

        Kept are those that rollbacks lead to, then the newest. An entry that is not ours stays
        in any case as long as its model is nowhere else.
        """
        live = self.current()
        if live is None:
            return []
        by_number = {entry.number: entry for entry in self.entries()}
        kept = {live}
        before = by_number[live].before if live in by_number else None
        while before in by_number and len(kept) <= keep:
            kept.add(before)
            before = by_number[before].before
        newest = [n for n in sorted(by_number, reverse=True) if n < live and n not in kept]
        kept.update(newest[: keep + 1 - len(kept)])
        gone = [
            entry
            for number, entry in by_number.items()
            if number < live and number not in kept and not self._only_copy(entry)
        ]
        for entry in gone:
            self.discard(entry.number)
        return gone

    def outcome(self, number: int) -> Outcome | None:
        return read_outcome(self.directory(number))

    def note(self, number: int, outcome: Outcome) -> None:
        """Keep what was seen of an entry in service."""
        write_outcome(self.directory(number), outcome)

    def sweep(self) -> None:
        """Remove what an interrupted preparation, removal or switch left behind."""
        if self.deployed.is_dir():
            for path in self.deployed.iterdir():
                if path.name.startswith(".") and path.name.endswith((_MAKING, _GOING)):
                    shutil.rmtree(path)
                elif path.is_dir():
                    remove_temporaries(path)
        for path in (self.link, self.sheet_link, self._pivot):
            for left in self.models.glob(f".{path.name}.*.part"):
                left.unlink(missing_ok=True)

    def _numbers(self) -> list[int]:
        if not self.deployed.is_dir():
            return []
        return sorted(
            int(path.name) for path in self.deployed.iterdir() if _NUMBER.fullmatch(path.name)
        )

    def _lead(self, path: Path, name: str) -> None:
        target = f"{_CURRENT}/{name}"
        if path.is_symlink():
            if path.readlink() == Path(target):
                return
        elif path.is_file() and path == self.sheet_link:
            aside = self.deployed / "replaced" / f"{time.strftime('%Y%m%dT%H%M%S')}_{path.name}"
            write_whole(aside, path.read_bytes())
        replace_link(path, target)

    def _same(self, sha256: str) -> Entry | None:
        for entry in reversed(self.entries()):
            model = self.directory(entry.number) / MODEL
            if entry.sha256 == sha256 and model.is_file() and self._hash(model) == sha256:
                return entry
        return None

    def _keep_foreign(self, sha256: str) -> Entry:
        source = Path(os.path.realpath(self.link))
        name = clean(source.stem)
        checkpoint, _, precision = name.rpartition("_")
        known = precision in ("int8", "hybrid", "fp16")
        entry = Entry(
            number=self.next_number(ours=False),
            name=name,
            checkpoint=checkpoint if known else name,
            precision=precision if known else "unknown",
            sha256=sha256,
            when=time.time(),
            before=self.current(),
            ours=False,
            origin=clean(str(source)),
        )
        sheet = next(
            (
                data
                for path in (self.sheet_link, source.with_suffix(".json"))
                if (data := _bytes(path)) is not None and _bound_to(data) == sha256
            ),
            None,
        )
        self.prepare(entry, source, sheet)
        return entry

    def _only_copy(self, entry: Entry) -> bool:
        if entry.ours:
            return False
        origin = Path(entry.origin)
        return not origin.is_file() or self._hash(origin) != entry.sha256


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _bound_to(sheet: bytes) -> str:
    """The hash of the model that a sheet belongs to; empty for what is no sheet."""
    try:
        value = msgspec.json.decode(sheet)
    except msgspec.DecodeError:
        return ""
    return str(value.get("rknn_sha256", "")) if isinstance(value, dict) else ""
