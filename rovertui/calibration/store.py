"""A calibration set on disk: new samples, what is there, and what of it can be used."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from rovertui.calibration import numbering, sample, trash
from rovertui.calibration.examine import Verdict
from rovertui.calibration.histogram import Histogram, count
from rovertui.calibration.index import CHECK, Entry, Index, index_path
from rovertui.calibration.sample import Stamp
from rovertui.called import called
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.files import set_aside
from rovertui.schema import Axis, Schema
from rovertui.text import clean

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many files of a set can be used, and in words why the others cannot.

    Attributes:
        bad: the first bad file with what is wrong with it, and how many there are besides.
        apart: samples for checking of drives that no sample for calibration is of.
    """

    usable: int
    checking: int
    unusable: str
    bad: str = ""
    apart: int = 0

    def sentence(self) -> str:
        """``17 usable, 83 of another schema``."""
        return f"{self.usable} usable" + (f", {self.unusable}" if self.unusable else "")

    def named(self, directory: Path) -> str:
        """``1 bad (calibration_data/calibration_0017.npz: its end is missing)``."""
        where = f" ({clean(directory.name, 60)}/{self.bad})" if self.bad else ""
        return f"{self.unusable}{where}"


class SampleStore:
    """The set of a workspace. Not for two threads at once.

    Args:
        directory: where the samples lie; made with the first one.
        config: its schemas; new samples are stamped with ``capture.schema``.
        kept: the workspace's ``.rovertui``, for index and quarantine; None keeps neither.
        simulated: whether the samples to be counted are a simulation's; the two never mix.

    Attributes:
        said: what an operator should know of the trash; empty where there is nothing.
    """

    def __init__(
        self, directory: Path, config: Config, kept: Path | None, *, simulated: bool
    ) -> None:
        self.directory = directory
        self.schema_name = config.capture.schema
        self.schema = config.schema
        self.simulated = simulated
        self.config = config
        self._kept = kept
        self._trash_most = config.capture.trash_most
        self.said = ""
        self._index = Index(
            directory, config.schemas, index_path(kept, directory) if kept else None
        )

    @property
    def entries(self) -> list[Entry]:
        return list(self._index.entries.values())

    def refresh(self) -> bool:
        """Look at the directory again; whether anything changed.

        Raises:
            OperatorError: the directory cannot be read.
        """
        try:
            return self._index.refresh()
        except OSError as error:
            raise OperatorError(
                f"{self.directory}: cannot be read: {(error.strerror or str(error)).lower()}.",
                hint="Check its owner and permissions.",
            ) from None

    def tidy(self) -> list[str]:
        """Once at the start: remove half-written files, set broken ones of ours aside.

        What another program wrote is only reported, whatever is wrong with it. Returns what was
        done, in words.
        """
        self.refresh()
        said = []
        removed = sum(
            numbering.remove_left_overs(folder)
            for folder in (self.directory, self.directory / CHECK)
        )
        if removed:
            said.append(f"{removed} half-written {_plural(removed, 'file')} removed")
        for entry in self.entries:
            path = self.directory / entry.name
            broken = entry.verdict.reason in ("unreadable", "truncated")
            if self._kept and broken and sample.written_by_us(path):
                moved = set_aside(path, self._kept / "quarantine", entry.verdict.problem)
                said.append(f"{entry.name} set aside as {moved.name}: {entry.verdict.problem}")
        self.refresh()
        self.save()
        for sentence in said:
            log.warning("%s: %s", self.directory, sentence)
        return said

    def add(
        self, arrays: Mapping[str, NDArray[Any]], stamp: Stamp, features: dict[str, float]
    ) -> Entry:
        """Write a new sample under a number that was never used.

        Args:
            arrays: of the store's schema; others are not written.
            features: of these arrays, for the index.

        Raises:
            OperatorError: it could not be written; nothing is left of it.
        """
        wanted = {name: arrays[name] for name in self.schema.arrays}

        def fill(stream: IO[bytes]) -> None:
            sample.write(stream, wanted, stamp)

        folder = self.directory / CHECK if stamp.role == "check" else self.directory
        path, written = numbering.create(folder, self._index.last_number + 1, fill)
        verdict = Verdict(state="usable", schema=stamp.schema, stamp=stamp, features=features)
        return self._index.put(path.relative_to(self.directory).as_posix(), written, verdict)

    def save(self) -> None:
        """Keep the index."""
        self._index.save()

    def tally(self) -> Tally:
        """Count by the store's schema and kind."""
        return tally(self.entries, self.schema_name, simulated=self.simulated)

    def good(self) -> tuple[Entry, ...]:
        """Usable files of the store's schema and kind, for either role."""
        return tuple(e for e in self.entries if usable(e, self.schema_name, self.simulated))

    @property
    def kept(self) -> Path | None:
        return self._kept

    def discard(self, name: str, reason: str) -> None:
        """Move a sample of ours to the trash. Raises OperatorError."""
        if self._kept is None:
            raise OperatorError(f"{name}: there is no trash for this set.")
        trash.put(self.directory, name, self._kept, reason)
        held = trash.bound(self._kept, self._trash_most)
        if held.deleted:
            log.info("deleted from the trash, which is full: %s", ", ".join(held.deleted))
        over = held.bytes > self._trash_most > 0
        self.said = held.text(self._trash_most) if over else ""

    def restore(self, name: str) -> None:
        """Put a sample back from the trash. Raises OperatorError."""
        if self._kept is not None:
            trash.restore(self.directory, name, self._kept)

    def histograms(self) -> tuple[Histogram, ...]:
        """One for each axis of the schema, over the samples for calibration."""
        chosen = [e for e in self.entries if usable(e, self.schema_name, self.simulated)]
        return histograms(self.schema, (e for e in chosen if e.role != "check"))


def usable(entry: Entry, schema: str, simulated: bool) -> bool:
    """Whether a file is a good sample of this schema and kind, for either role."""
    verdict = entry.verdict
    return verdict.state == "usable" and verdict.schema == schema and entry.simulated is simulated


def tally(entries: Iterable[Entry], schema: str, *, simulated: bool) -> Tally:
    """Count files; every file is in exactly one of the figures."""
    counts: Counter[str] = Counter()
    drives: set[str] = set()
    checked: Counter[str] = Counter()
    bad: list[Entry] = []
    for entry in entries:
        if usable(entry, schema, simulated):
            counts["checking" if entry.role == "check" else "usable"] += 1
            drive = entry.session
            if entry.role == "check":
                checked[drive] += 1
            else:
                drives.add(drive)
        elif entry.verdict.state == "bad":
            counts["bad"] += 1
            bad.append(entry)
        elif entry.verdict.state == "usable" and entry.verdict.schema == schema:
            counts["kind"] += 1
        else:
            counts["schema"] += 1
    kind = "real" if simulated else "simulated"
    words = (("schema", "of another schema"), ("kind", kind), ("bad", "bad"))
    parts = [f"{counts[key]} {word}" for key, word in words if counts[key]]
    # Frames without a drive may be of any.
    known = "" not in drives
    apart = sum(n for drive, n in checked.items() if known and drive and drive not in drives)
    return Tally(counts["usable"], counts["checking"], ", ".join(parts), _first(bad), apart)


def _first(bad: list[Entry]) -> str:
    if not bad:
        return ""
    first = min(bad, key=lambda entry: entry.name)
    more = f"; {len(bad) - 1} more: `{called()} dataset verify`" if len(bad) > 1 else ""
    return f"{clean(first.name, 60)}: {first.verdict.problem}{more}"


def histograms(schema: Schema, entries: Iterable[Entry]) -> tuple[Histogram, ...]:
    """One histogram an axis over the features of usable files."""
    features = [entry.verdict.features for entry in entries]
    return tuple(
        count(axis, (values[axis.of] for values in features if axis.of in values))
        for axis in schema.axes
    )


def axis_record(axis: Axis, histogram: Histogram) -> dict[str, Any]:
    """An axis as plain data, with the names of ``snapshot.AxisView``."""
    return {
        "name": axis.name,
        "unit": axis.unit,
        "low": axis.low,
        "high": axis.high,
        "scale": axis.scale,
        "counts": list(histogram.counts),
        "outside": histogram.outside,
    }


def _plural(number: int, word: str) -> str:
    return word if number == 1 else f"{word}s"
