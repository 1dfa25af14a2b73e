"""Sessions in which a sensor was not connected: which of them a conversion may use.

A constant poisons a range that other sessions fill; but where no session ever had that sensor,
the node on the rover feeds the same constant, and leaving everything out would help nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rovertui.calibration.index import Entry
from rovertui.calibration.sessions import Session
from rovertui.text import clean

_PICTURES = ("colour", "depth")


@dataclass(frozen=True, slots=True)
class Unconnected:
    """Attributes:
    left_out: sessions that are not used.
    notes: what was left out, and what is used although a sensor was not connected.
    """

    left_out: frozenset[str]
    notes: tuple[str, ...]


def judge(entries: Sequence[Entry], noted: Mapping[str, Session]) -> Unconnected:
    """Which sessions of these samples are not used, by what was noted while they were recorded.

    A session is left out when its picture or depth stood still, or when a number that never
    changed in it does change in the sessions without such a note.
    """
    members: dict[str, list[Entry]] = {}
    for entry in entries:
        members.setdefault(entry.session, []).append(entry)
    dead = {
        name: [words for words in noted[name].dead if _constant(_sensor(words), mine)]
        for name, mine in members.items()
        if name in noted
    }
    out: dict[str, list[str]] = {}
    kept: dict[str, list[str]] = {}
    for name, told in dead.items():
        for words in told:
            sensor = _sensor(words)
            others = [e for n, mine in members.items() if not _names(dead, n, sensor) for e in mine]
            harmful = sensor in _PICTURES or not _constant(sensor, others)
            (out if harmful else kept).setdefault(words, []).append(name)
    gone = frozenset(name for names in out.values() for name in names)
    notes = [
        f"Left out: session {_listed(names)}: {clean(words, 80)}, not connected"
        for words, names in out.items()
    ]
    for words, names in kept.items():
        if used := [name for name in names if name not in gone]:
            notes.append(
                f"Used although not connected: {clean(words, 80)} in session {_listed(used)}; no "
                "session has it connected, so the node must be fed the same value"
            )
    return Unconnected(gone, tuple(notes))


def _sensor(words: str) -> str:
    """``min_dist`` of ``min_dist (always 10 m)``."""
    return words.partition(" (")[0]


def _names(dead: Mapping[str, list[str]], session: str, sensor: str) -> bool:
    return any(_sensor(words) == sensor for words in dead.get(session, ()))


def _constant(sensor: str, entries: Iterable[Entry]) -> bool:
    """Whether a number has one value in all of these samples; a picture is believed as noted."""
    values = {
        value
        for entry in entries
        for name, value in entry.verdict.features.items()
        if name.rpartition(".")[2] == sensor and name != sensor
    }
    return len(values) < 2


def _listed(names: Sequence[str]) -> str:
    told = ", ".join(clean(name, 40) for name in sorted(names)[:5])
    return told + (f" and {len(names) - 5} more" if len(names) > 5 else "")
