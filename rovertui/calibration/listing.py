"""The samples of a set one by one, newest first, as plain data for a screen: found, not read."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rovertui.calibration import marks, trash
from rovertui.calibration.features import BRIGHTNESS, CLIPPED, CONTRAST, DEPTH_VALID, NEAREST
from rovertui.calibration.index import CHECK, Entry, Index, index_path
from rovertui.calibration.marks import Marks
from rovertui.calibration.numbering import number_of
from rovertui.config import Config
from rovertui.schema import Schema
from rovertui.text import clean

log = logging.getLogger(__name__)

PLACES = ("set", "trash")
MOST = 400
_FRESH_S = 1.0
_QUALITY = {
    BRIGHTNESS: ("bright", "", 0),
    CONTRAST: ("contrast", "", 0),
    CLIPPED: ("clipped", " %", 0),
    DEPTH_VALID: ("depth valid", " %", 0),
    NEAREST: ("nearest", " m", 2),
}


class Listing:
    """The set of a workspace and its trash. Safe for several threads.

    Each is looked at again when a file came or went, and once a second; only files that changed
    are read.
    """

    def __init__(self, directory: Path, config: Config, kept: Path) -> None:
        self._config = config
        self._kept = kept
        self._lock = threading.Lock()
        self._where = {"set": directory.absolute(), "trash": trash.place(kept).absolute()}
        self._index: dict[str, Index] = {}
        self._looked: dict[str, tuple[float, tuple[int, ...]]] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def page(
        self, where: str, words: str = "", name: str = "", start: int = 0, count: int = 100
    ) -> dict[str, Any]:
        """Some rows of the list.

        Args:
            where: ``set`` or ``trash``.
            words: all of them must occur in a row: in its name, session, label, role, state, why.
            name: a sample that is to be among the rows; else they begin at ``start``.

        Returns:
            ``rows`` as :func:`row` makes them, ``start``, ``total`` (that match), ``all``, their
            ``bytes`` and the ``most`` there may be (0: no limit), ``place`` of ``name`` in the
            list, None where it is not in it, and ``sessions``: how many samples each session of
            these rows has in all.
        """
        with self._lock:
            every = self._look(where)
        wanted = words.lower().split()
        found = [row for row in every if _matches(row, wanted)] if wanted else every
        place = next((i for i, row in enumerate(found) if row["name"] == name), None)
        count = max(1, min(count, MOST))
        if place is not None:
            start = place - count // 2
        start = max(0, min(start, len(found) - 1))
        rows = found[start : start + count]
        counted = Counter(row["session"] for row in every)
        return {
            "rows": rows,
            "start": start,
            "total": len(found),
            "all": len(every),
            "bytes": sum(row["bytes"] for row in every),
            "most": self._config.capture.trash_most if where == "trash" else 0.0,
            "place": place,
            "sessions": {row["session"]: counted[row["session"]] for row in rows},
        }

    def _look(self, where: str) -> list[dict[str, Any]]:
        directory = self._where[where]
        now, changed = time.monotonic(), _changed(directory, self._kept)
        before = self._looked.get(where)
        if before is not None and now - before[0] < _FRESH_S and before[1] == changed:
            return self._rows[where]
        if where not in self._index:
            path = index_path(self._kept, directory)
            self._index[where] = Index(directory, self._config.schemas, path)
        index = self._index[where]
        index.refresh()
        said = marks.load(self._kept)
        reasons = trash.reasons(self._kept) if where == "trash" else {}
        entries = sorted(index.entries.values(), key=_newest, reverse=True)
        schema = self._config.capture.schema
        self._rows[where] = [
            row(entry, said, schema, self._config.schema, reasons.get(entry.name, ""))
            for entry in entries
        ]
        self._looked[where] = (now, changed)
        return self._rows[where]


def row(
    entry: Entry, said: Marks, schema_name: str, schema: Schema, gone: str = ""
) -> dict[str, Any]:
    """One sample as plain data.

    ``name``, ``role``, ``state`` (``ok``, ``bad`` or ``other schema``), ``session``, ``label``,
    ``source``, ``site``, ``taken`` (seconds since 1970, None where the clock was not set), ``why``
    it was kept, ``values`` of the schema's axes by name, ``quality`` in words, ``problem``,
    ``bytes``, ``imported``, and ``gone``: why it is in the trash.
    """
    verdict, stamp = entry.verdict, entry.verdict.stamp
    features = verdict.features
    mine = verdict.state == "usable" and verdict.schema == schema_name
    state = "bad" if verdict.state == "bad" else "ok" if mine else "other schema"
    session = stamp.session if stamp else ""
    problem = verdict.problem
    if state == "other schema" and not problem:
        problem = f"schema {clean(verdict.schema)}, new samples are {schema_name}"
    return {
        "name": clean(entry.name, 200),
        "role": entry.role,
        "state": state,
        "session": session,
        "label": said.labels.get(session, ""),
        "source": stamp.source if stamp else "not stamped: another program wrote it",
        "site": stamp.site if stamp else "",
        "taken": stamp.taken or None if stamp else None,
        "why": stamp.why if stamp else "",
        "values": _values(schema, features) if mine else {},
        "quality": _quality(features),
        "problem": problem,
        "bytes": entry.bytes,
        "imported": entry.name in said.imported,
        "gone": gone,
    }


def _values(schema: Schema, features: Mapping[str, float]) -> dict[str, float]:
    return {
        axis.name: float(f"{features[axis.of]:.4g}") for axis in schema.axes if axis.of in features
    }


def _quality(features: Mapping[str, float]) -> str:
    parts = [
        f"{word} {features[name]:.{digits}f}{unit}"
        for name, (word, unit, digits) in _QUALITY.items()
        if name in features
    ]
    return ", ".join(parts)


def _matches(found: Mapping[str, Any], wanted: Iterable[str]) -> bool:
    text = " ".join(
        str(found[key])
        for key in ("name", "role", "state", "session", "label", "source", "site", "why", "gone")
    ).lower()
    return all(word in text for word in wanted)


def _changed(directory: Path, kept: Path) -> tuple[int, ...]:
    """When files last came or went, and when somebody last said something about them."""
    found = []
    for path in (directory, directory / CHECK, kept / marks.NAME):
        try:
            found.append(path.stat().st_mtime_ns)
        except OSError:
            found.append(0)
    return tuple(found)


def _newest(entry: Entry) -> tuple[int, str]:
    number = number_of(Path(entry.name).name)
    return (-1 if number is None else number, entry.name)
