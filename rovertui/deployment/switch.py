"""The switch: model, sheet and link change as one, by replacing one symbolic link.

::

    models/remote_trained.rknn -> current/model.rknn     the name the node loads; never changes
    models/remote_trained.json -> current/sheet.json     the sheet beside it; never changes
    models/current -> deployed/0007                      the pivot, replaced in one step

Both names lead through the pivot, so they cannot disagree at any instant.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rovertui.config import RUNGS
from rovertui.conversion.sheet import LARGEST
from rovertui.deployment.entry import MODEL, SHEET, Entry, read_entry
from rovertui.deployment.shelf import Hash, Shelf, is_number
from rovertui.errors import OperatorError
from rovertui.files import replace_link, sha256_of, sync_directory, write_whole
from rovertui.reading import Damaged, contents, mapping
from rovertui.text import clean

_CURRENT = "current"
_DEPLOYED = "deployed"


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

    @property
    def name(self) -> str:
        """Of the kept model that is in service; empty where there is none."""
        return self.entry.name if self.entry and self.state == "kept" else ""


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
        self.shelf = Shelf(models / _DEPLOYED, hash_file)
        self._pivot = models / _CURRENT
        self._hash = hash_file

    def current(self) -> int | None:
        """The number the pivot names; None when there is no pivot or it leads elsewhere."""
        try:
            parent, _, name = str(self._pivot.readlink()).rpartition("/")
        except OSError:
            return None
        return int(name) if parent == _DEPLOYED and is_number(name) else None

    def turn(self) -> tuple[tuple[int, int] | None, ...]:
        """Other than before as soon as anybody has made link or pivot anew, whereto ever."""
        return _identity(self.link), _identity(self._pivot)

    def standing(self) -> Standing:
        """What the link leads to, judged by content, never by name alone."""
        number = self.current()
        entry: Entry | None = None
        trouble = ""
        if number is not None:
            try:
                entry = read_entry(self.shelf.directory(number))
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
        if _bytes(self.sheet_link) != _bytes(self.shelf.directory(entry.number) / SHEET):
            text = f"{self.sheet_link.name} was changed by somebody else, the model was not."
            return Standing("foreign", entry, sha256, text)
        return Standing("kept", entry, sha256)

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
        entry = self.shelf.with_hash(standing.sha256) or self._keep_foreign(standing.sha256)
        self.switch(entry.number)
        return entry

    def switch(self, number: int) -> None:
        """Make an entry live, in one step. What is live now must have been adopted before."""
        directory = self.shelf.directory(number)
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

    def discard(self, number: int) -> None:
        """Remove an entry that is not live."""
        if number == self.current():
            raise ValueError(f"entry {number} is live")
        self.shelf.remove(number)

    def prune(self) -> list[Entry]:
        """Remove what :meth:`Shelf.prune` does not keep of what is older than the live entry."""
        live = self.current()
        return [] if live is None else self.shelf.prune(live)

    def sweep(self) -> None:
        """Remove what an interrupted preparation, removal or switch left behind."""
        self.shelf.sweep()
        for path in (self.link, self.sheet_link, self._pivot):
            for left in self.models.glob(f".{path.name}.*.part"):
                left.unlink(missing_ok=True)

    def _lead(self, path: Path, name: str) -> None:
        target = f"{_CURRENT}/{name}"
        if path.is_symlink():
            if path.readlink() == Path(target):
                return
        elif path.is_file() and path == self.sheet_link:
            aside = self.shelf.root / "replaced" / f"{time.strftime('%Y%m%dT%H%M%S')}_{path.name}"
            write_whole(aside, path.read_bytes())
        replace_link(path, target)

    def _keep_foreign(self, sha256: str) -> Entry:
        source = Path(os.path.realpath(self.link))
        name = clean(source.stem)
        checkpoint, _, precision = name.rpartition("_")
        known = precision in RUNGS
        entry = Entry(
            number=self.shelf.next_number(ours=False),
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
        self.shelf.prepare(entry, source, sheet)
        return entry


def _bytes(path: Path) -> bytes | None:
    try:
        return contents(path, LARGEST)
    except OSError:
        return None


def _bound_to(sheet: bytes) -> str:
    """The hash of the model that a sheet belongs to; empty for what is no sheet."""
    try:
        return str(mapping(sheet).get("rknn_sha256", ""))
    except Damaged:
        return ""


def _identity(link: Path) -> tuple[int, int] | None:
    try:
        found = link.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
