"""Which files a conversion calibrates on, and on which its result is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rovertui.calibration import sessions
from rovertui.calibration.index import Entry
from rovertui.calibration.k_centre import covering
from rovertui.calibration.report import load_entries, prevailing_kind
from rovertui.calibration.roles import block_of
from rovertui.calibration.space import Space
from rovertui.calibration.store import tally, usable
from rovertui.calibration.unconnected import judge
from rovertui.config import Config
from rovertui.files import sha256_of
from rovertui.schema import Schema
from rovertui.text import clean


@dataclass(frozen=True, slots=True)
class ChosenFile:
    """One chosen sample. ``block`` and ``stamp`` are None, ``session`` empty, when unstamped.

    ``features`` are those of :class:`rovertui.calibration.features.Features`.
    """

    path: Path
    sha256: str
    session: str
    block: int | None
    stamp: float | None
    simulated: bool
    features: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    camera: str = ""
    site: str = ""
    taken: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Files of one role, one schema, one kind, in order of session and time.

    Attributes:
        simulated: whether they come from a simulation; False for an empty choice.
        text: what of the set was usable and what was left out, in words.
        notes: what an operator must know of sensors that were not connected, a sentence each.
        doubted: array -> why its numbers may mean something else than the schema says.
    """

    files: tuple[ChosenFile, ...]
    schema: str
    simulated: bool
    text: str
    notes: tuple[str, ...] = ()
    doubted: Mapping[str, str] = field(default_factory=dict)


def calibration_files(
    directory: Path,
    config: Config,
    *,
    schema: str | None = None,
    limit: int | None = None,
    kept: Path | None = None,
    simulated: bool = False,
) -> Choice:
    """The samples to calibrate on: never one that is stamped ``check`` or lies in ``check/``.

    With a ``limit`` they are those that cover all of them best (k-centre on features, ends of
    ranges first, what was kept by hand in any case); the same set gives the same choice.
    ``simulated`` is the kind that is meant where a set holds both.

    Raises:
        OperatorError: there is no such directory.
    """
    return _choose(directory, config, schema, limit, kept, simulated, check=False)


def check_files(
    directory: Path,
    config: Config,
    *,
    schema: str | None = None,
    limit: int | None = None,
    kept: Path | None = None,
    simulated: bool = False,
) -> Choice:
    """The samples to check on: only those that are stamped ``check`` or lie in ``check/``.

    Arguments and errors as for :func:`calibration_files`.
    """
    return _choose(directory, config, schema, limit, kept, simulated, check=True)


def _choose(
    directory: Path,
    config: Config,
    schema: str | None,
    limit: int | None,
    kept: Path | None,
    expected: bool,
    *,
    check: bool,
) -> Choice:
    directory = directory.absolute()
    entries = load_entries(directory, config, kept)
    name = schema or config.capture.schema
    simulated = prevailing_kind(entries, name, expected or config.simulated)
    good = [e for e in entries if usable(e, name, simulated)]
    unconnected = judge(good, sessions.load(kept) if kept else {})
    fit = [e for e in good if e.session not in unconnected.left_out]
    mine = sorted((e for e in fit if (e.role == "check") is check), key=_when)
    there = len(mine)
    if limit is not None and there > limit:
        places = _covering(mine, config.schemas[name], limit)
        mine = [mine[place] for place in sorted(places)]
    files = tuple(_chosen(directory, entry, config.capture.block) for entry in mine)
    counted = tally(entries, name, simulated=simulated)
    text = f"{counted.sentence()}, {counted.checking} for checking"
    if len(mine) < there:
        text += f"; {len(mine)} that cover the {there} are used"
    if len(fit) < len(good):
        text += f"; {len(good) - len(fit)} left out: a sensor was not connected"
    doubted = _doubted(entries, mine, name, config.schemas[name])
    return Choice(files, name, simulated and bool(files), text, unconnected.notes, doubted)


def _doubted(
    entries: Sequence[Entry], chosen: Sequence[Entry], name: str, schema: Schema
) -> dict[str, str]:
    """Arrays of unstamped files that in others of the same shapes hold what they cannot.

    Another generation's numbers may lie within the ranges in one file and outside in the next.
    """
    unstamped = sum(entry.verdict.stamp is None for entry in chosen)
    found: dict[str, list[Entry]] = {}
    for entry in entries if unstamped else ():
        verdict = entry.verdict
        if verdict.stamp is None and (verdict.schema, verdict.reason) == (name, "range"):
            array = next(a for a in schema.arrays if verdict.problem.startswith((f"{a}.", f"{a}:")))
            found.setdefault(array, []).append(entry)
    return {
        array: f"{array}: {len(bad)} unstamped files of these shapes hold what {name} cannot "
        f"({clean(bad[0].name, 80)}: {bad[0].verdict.problem}). Do the numbers of the {unstamped} "
        f"unstamped files that are used mean what {name} says?"
        for array, bad in found.items()
    }


def _covering(entries: list[Entry], schema: Schema, limit: int) -> list[int]:
    """Which entries: those kept by hand first, then what covers all."""
    points = Space(schema).matrix(entry.verdict.features for entry in entries)
    pinned = [place for place, entry in enumerate(entries) if entry.role == "pinned"]
    return covering(points, limit, pinned[:limit])


def _when(entry: Entry) -> tuple[str, float, str]:
    stamp = entry.verdict.stamp
    return (stamp.session, stamp.stamp, entry.name) if stamp else ("", 0.0, entry.name)


def _chosen(directory: Path, entry: Entry, block: float) -> ChosenFile:
    path = directory / entry.name
    stamp = entry.verdict.stamp
    return ChosenFile(
        path=path,
        sha256=sha256_of(path),
        session=entry.session,
        block=block_of(stamp.stamp, block) if stamp else None,
        stamp=stamp.stamp if stamp else None,
        simulated=entry.simulated,
        features=entry.verdict.features,
        source=stamp.source if stamp else "",
        camera=stamp.camera if stamp else "",
        site=stamp.site if stamp else "",
        taken=stamp.taken if stamp else 0.0,
    )
