"""The models kept for service: each in a numbered directory, made and removed as a whole."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from rovertui.called import called
from rovertui.conversion.naming import golden_path, is_step, split
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
from rovertui.files import remove_temporaries, sha256_of, sync_directory, whole, write_whole
from rovertui.text import clean

KEPT_BEFORE_LIVE = 5
_NUMBER = re.compile(r"\d{4,}")
_MAKING, _GOING = ".making", ".going"
_TAKEN = ("model", "sheet", "entry", "outcome")
_PINNED = "pinned"

Hash = Callable[[Path], str]


class Shelf:
    """``models/deployed``. Which of its entries is live, it does not know.

    Args:
        root: the directory; it need not exist.
        hash_file: SHA-256 of a file.
    """

    def __init__(self, root: Path, hash_file: Hash = sha256_of) -> None:
        self.root = root
        self._hash = hash_file

    def directory(self, number: int) -> Path:
        return self.root / directory_name(number)

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

    def next_number(self, *, ours: bool = True) -> int:
        """The number after the last; 0 is only for what was live before the first of ours."""
        numbers = self._numbers()
        return max(numbers) + 1 if numbers else int(ours)

    def prepare(
        self, entry: Entry, rknn: Path, sheet: bytes | None, golden: Path | None = None
    ) -> None:
        """Copy a model, its sheet and its golden frames into an entry of their own.

        A copy, not a hard link: today's converter writes over ``NAME_int8.rknn`` in place, and
        would thereby change what is live.

        Args:
            entry: with a number from :meth:`next_number`.
            rknn: the model; its copy must have ``entry.sha256``.
            sheet: the bytes of its sheet, as they were checked; None where there is none.
            golden: frames for a test of the node.

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
            if golden is not None:
                with golden.open("rb") as source, whole(golden_path(stored), mode=0o444) as target:
                    shutil.copyfileobj(source, target)
            write_entry(making, entry)
            sync_directory(making)
            making.rename(final)
            sync_directory(self.root)
        except OSError as error:
            raise OperatorError(
                f"{final}: the model cannot be copied there: {error.strerror}.",
                hint="What was live is still live.",
            ) from None

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

    def remove(self, number: int) -> None:
        """Remove an entry, whole or not at all."""
        directory = self.directory(number)
        if directory.is_dir():
            going = directory.with_name(f".{directory.name}{_GOING}")
            shutil.rmtree(going, ignore_errors=True)
            directory.rename(going)
            shutil.rmtree(going)

    def prune(self, live: int, keep: int = KEPT_BEFORE_LIVE) -> list[Entry]:
        """Remove entries older than the live one, except ``keep`` of them.

        Kept are those that rollbacks lead to, then the newest; pinned ones besides. An entry
        that is not ours stays in any case as long as its model is nowhere else.
        """
        by_number = {entry.number: entry for entry in self.entries()}
        kept = {live}
        before = by_number[live].before if live in by_number else None
        while before in by_number and len(kept) <= keep:
            kept.add(before)
            before = by_number[before].before
        newest = [
            number
            for number in sorted(by_number, reverse=True)
            if number < live and number not in kept and not self.pinned(number)
        ]
        kept.update(newest[: keep + 1 - len(kept)])
        gone = [
            entry
            for number, entry in by_number.items()
            if number < live
            and number not in kept
            and not self.pinned(number)
            and not self._only_copy(entry)
        ]
        for entry in gone:
            self.remove(entry.number)
        return gone

    def find(self, wanted: str) -> int:
        """The newest entry that ``wanted`` means: its number, name, checkpoint or training step.

        A step may be followed by the precision: ``1240_hybrid``.

        Raises:
            OperatorError: none is kept, or it is the number of one and the step of another, or
                the step of several models.
        """
        entries = self.entries()
        numbered = [e for e in entries if wanted.isdecimal() and e.number == int(wanted)]
        step, rung = split(wanted)
        stepped = [e for e in entries if is_step(e.checkpoint, step) and rung in ("", e.precision)]
        exact = wanted[:1] == "0" and wanted in [directory_name(e.number) for e in numbered]
        if numbered and (exact or all(e.name == numbered[0].name for e in stepped)):
            return numbered[0].number
        if not numbered:
            for entry in reversed(entries):
                if wanted == entry.name:
                    return entry.number
            for entry in reversed(entries):
                if wanted == entry.checkpoint:
                    return entry.number
            if len({e.name for e in stepped}) == 1:
                return stepped[-1].number
        if stepped:
            names = [f"number {e.number} is {e.name}" for e in [*numbered, *reversed(stepped)]]
            raise OperatorError(
                f"{clean(wanted, 80)} means several kept models: "
                f"{', '.join(dict.fromkeys(names))}.",
                hint="Give the whole name, or the number with noughts, such as "
                f"{directory_name([*numbered, *stepped][0].number)}.",
                code="ambiguous",
            )
        raise OperatorError(
            f"No model {clean(wanted, 80)!r} is kept here.",
            hint=f"`{called()} history` lists them.",
        )

    def pinned(self, number: int) -> bool:
        """Whether the entry stays however old it gets."""
        return (self.directory(number) / _PINNED).exists()

    def pin(self, number: int, pinned: bool) -> Entry:
        """Let an entry stay for good, or no longer.

        Raises:
            OperatorError: it is not kept.
        """
        entry = read_entry(self.directory(number))
        mark = self.directory(number) / _PINNED
        if pinned:
            write_whole(mark, b"")
        else:
            mark.unlink(missing_ok=True)
            sync_directory(mark.parent)
        return entry

    def with_hash(self, sha256: str) -> Entry | None:
        """The newest entry whose model still has that hash."""
        for entry in reversed(self.entries()):
            model = self.directory(entry.number) / MODEL
            if entry.sha256 == sha256 and model.is_file() and self._hash(model) == sha256:
                return entry
        return None

    def outcome(self, number: int) -> Outcome | None:
        return read_outcome(self.directory(number))

    def note(self, number: int, outcome: Outcome) -> None:
        """Keep what was seen of an entry in service."""
        write_outcome(self.directory(number), outcome)

    def sweep(self) -> None:
        """Remove what an interrupted preparation or removal left behind."""
        if not self.root.is_dir():
            return
        for path in self.root.iterdir():
            if path.name.startswith(".") and path.name.endswith((_MAKING, _GOING)):
                shutil.rmtree(path)
            elif path.is_dir():
                remove_temporaries(path)

    def _numbers(self) -> list[int]:
        if not self.root.is_dir():
            return []
        return sorted(int(path.name) for path in self.root.iterdir() if is_number(path.name))

    def _only_copy(self, entry: Entry) -> bool:
        if entry.ours:
            return False
        origin = Path(entry.origin)
        return not origin.is_file() or self._hash(origin) != entry.sha256


def is_number(name: str) -> bool:
    """Whether ``name`` is that of an entry's directory."""
    return _NUMBER.fullmatch(name) is not None
