"""One model that is, was or will be live: its directory under ``models/deployed``.

``deployed/0007`` holds ``NAME_PRECISION.rknn``, ``NAME_PRECISION.json`` (its sheet) and
``NAME_PRECISION.golden.npz`` (frames for a test of the node, where there are any), the names
``model.rknn`` and ``sheet.json`` that lead to the first two, ``entry.json`` (written once) and
``outcome.json`` (what was seen of it in service; the newest replaces the one before).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from rovertui.errors import OperatorError
from rovertui.files import write_whole
from rovertui.reading import Damaged, json_file

MODEL = "model.rknn"
SHEET = "sheet.json"
OutcomeState = Literal["seen", "believed", "next start"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What was put into service, and on whose word.

    Attributes:
        number: of the directory; never used twice.
        name: file name without ending, ``CHECKPOINT_PRECISION``.
        sha256: of the RKNN file, in hexadecimal.
        when: seconds since 1970.
        job: the job that deployed it.
        before: number of the entry that was live then, None when there was none.
        ours: False for a model that somebody else had put into service.
        origin: where an entry that is not ours was found; empty for ours.
        forced: the checks that were failed and insisted past.
        motion: what was known of the rover's motion at the switch.
        motion_accepted: whether an operator accepted a motion other than standing still.
        simulated: whether the model was calibrated on simulated data.
    """

    number: int
    name: str
    checkpoint: str
    precision: str
    sha256: str
    when: float
    job: str = ""
    before: int | None = None
    ours: bool = True
    origin: str = ""
    forced: list[str] = []
    motion: str = "unknown"
    motion_accepted: bool = False
    simulated: bool = False

    @property
    def label(self) -> str:
        """The entry in a sentence: its name, and that it is not ours where that is so."""
        return self.name if self.ours else f"{self.name} (not ours)"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a deployment ended: rule 1's three good ends, in words as well.

    ``job`` is what put the entry into service then; a rollback's is not the entry's own.
    """

    state: OutcomeState
    text: str
    when: float
    warning: bool = False
    job: str = ""


def directory_name(number: int) -> str:
    return f"{number:04d}"


def read_entry(directory: Path) -> Entry:
    """The entry kept in ``directory``.

    Raises:
        OperatorError: there is none, or it is damaged.
    """
    path = directory / "entry.json"
    try:
        entry = json_file(path, Entry)
    except OSError as error:
        raise OperatorError(f"{path}: cannot be read: {error.strerror}.") from None
    except Damaged as error:
        raise OperatorError(f"{path}: is not the record of a deployment: {error}.") from None
    if directory_name(entry.number) != directory.name:
        raise OperatorError(
            f"{path}: expected the record of entry {directory.name}, found {entry.number}."
        )
    return entry


def write_entry(directory: Path, entry: Entry) -> None:
    _write(directory / "entry.json", entry)


def read_outcome(directory: Path) -> Outcome | None:
    """What was last seen of this entry in service; None when it never got that far."""
    try:
        return json_file(directory / "outcome.json", Outcome)
    except (OSError, Damaged):
        return None


def write_outcome(directory: Path, outcome: Outcome) -> None:
    _write(directory / "outcome.json", outcome)


def _write(path: Path, value: msgspec.Struct) -> None:
    write_whole(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
