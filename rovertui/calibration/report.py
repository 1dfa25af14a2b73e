"""``rovertui dataset report``: what is in a directory of samples, ours or not."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from rovertui.calibration import marks, sessions, trash
from rovertui.calibration.change import changes
from rovertui.calibration.goal import goal_of
from rovertui.calibration.index import Entry, Index, index_path
from rovertui.calibration.store import Tally, axis_record, histograms, tally, usable
from rovertui.calibration.unconnected import judge
from rovertui.calibration.worth import Worth, view
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.text import clean

UNSTAMPED = "not stamped"


def report(
    directory: Path, config: Config, kept: Path | None = None, *, simulated: bool = False
) -> dict[str, Any]:
    """Look at every file of a set and change none of them.

    Args:
        kept: the workspace's ``.rovertui``, where the index makes a second look quick.
        simulated: which kind is meant where a set holds both.

    Returns:
        Plain data: ``directory``, ``schema``, ``simulated``, ``files``, ``count`` (usable for
        calibration), ``checking``, ``text`` (the same in words), ``schemas`` (name -> files),
        ``sessions``, ``score``, ``vendi``, ``verdict``, ``groups``, ``advice``, ``dead`` (as in
        ``snapshot.CoverageView``, over the samples for calibration), ``other`` and ``bad``
        (file, schema, reason, problem), ``axes``, ``goal``, ``complete`` and ``lacking`` (as in
        ``snapshot.CaptureView``), ``trash`` (``files``, ``bytes``, ``most``, ``by_hand``,
        ``text``), ``changed`` (samples of another schema: ``schema``, ``files``, ``why``,
        ``same``, ``again``, ``text``); each session with ``dead``, the sensors that
        were not connected in it, and ``unconnected``, what a conversion does about them.

    Raises:
        OperatorError: there is no such directory, or it cannot be read.
    """
    entries = load_entries(directory, config, kept)
    schema = config.capture.schema
    simulated = prevailing_kind(entries, schema, simulated or config.simulated)
    counted = tally(entries, schema, simulated=simulated)
    good = [e for e in entries if usable(e, schema, simulated)]
    counts = histograms(config.schema, (e for e in good if e.role != "check"))
    said = marks.load(kept)
    site = config.rover.site
    worth = msgspec.to_builtins(
        view(Worth(config.schemas[schema], site).judge(good, said.at(site)), site)
    )
    judged = {axis["name"]: axis for axis in worth["axes"]}
    shown = {
        axis.name: axis_record(axis, histogram)
        for axis, histogram in zip(config.schema.axes, counts, strict=True)
    }
    return {
        "directory": clean(str(directory)),
        "schema": schema,
        "simulated": simulated,
        "files": len(entries),
        "count": counted.usable,
        "checking": counted.checking,
        "text": f"{counted.sentence()}, {counted.checking} for checking",
        "schemas": dict(Counter(e.verdict.schema or "not known" for e in entries)),
        "score": worth["score"],
        "vendi": worth["vendi"],
        "verdict": worth["text"],
        "groups": worth["groups"],
        "advice": worth["advice"],
        "dead": worth["dead"],
        **_goal(config, counted, worth["score"]),
        "trash": _trash(config, kept),
        "changed": [
            {**asdict(change), "text": change.text}
            for change in changes(entries, config, simulated, said.at(site))
        ],
        "site": site,
        "sessions": _sessions(entries, said, sessions.load(kept) if kept else {}),
        "unconnected": list(judge(good, sessions.load(kept) if kept else {}).notes),
        "other": _listed(entries, "other"),
        "bad": _listed(entries, "bad"),
        "axes": [{**judged.get(name, {}), **shown.get(name, {})} for name in {**shown, **judged}],
    }


def _goal(config: Config, counted: Tally, score: float) -> dict[str, Any]:
    goal = goal_of(config)
    lacking = goal.lacking(counted.usable, counted.checking, score)
    return {"goal": goal.covered, "complete": not lacking, "lacking": lacking}


def _trash(config: Config, kept: Path | None) -> dict[str, Any]:
    most = config.capture.trash_most
    found = trash.held(kept) if kept else trash.Held()
    return {
        "files": found.files,
        "bytes": found.bytes,
        "most": most,
        "by_hand": found.by_hand,
        "text": found.text(most),
    }


def load_entries(directory: Path, config: Config, kept: Path | None) -> list[Entry]:
    """Every file of a set by name, read through the index. Raises OperatorError."""
    if not directory.is_dir():
        raise OperatorError(
            f"{clean(str(directory))}: expected a directory of samples, found "
            + ("a file." if directory.exists() else "nothing."),
            hint="Name the directory that holds the calibration_NNNN.npz files.",
        )
    directory = directory.absolute()
    index = Index(directory, config.schemas, index_path(kept, directory) if kept else None)
    try:
        index.refresh()
    except OSError as error:
        raise OperatorError(
            f"{clean(str(directory))}: cannot be read: {(error.strerror or str(error)).lower()}."
        ) from None
    index.save()
    return sorted(index.entries.values(), key=lambda entry: entry.name)


def prevailing_kind(entries: list[Entry], schema: str, expected: bool) -> bool:
    """Whether the usable files are a simulation's: the expected kind where there is any of it."""

    def any_of(kind: bool) -> bool:
        return any(usable(entry, schema, kind) for entry in entries)

    return expected if any_of(expected) or not any_of(not expected) else not expected


def _sessions(
    entries: list[Entry], said: marks.Marks, noted: dict[str, sessions.Session]
) -> list[dict[str, Any]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        stamp = entry.verdict.stamp
        found.setdefault(stamp.session if stamp else UNSTAMPED, []).append(entry)
    listed = []
    for name, members in sorted(found.items()):
        stamps = [e.verdict.stamp for e in members if e.verdict.stamp]
        listed.append(
            {
                "session": name,
                "label": said.labels.get(name, ""),
                "files": len(members),
                "count": sum(e.verdict.state == "usable" and e.role != "check" for e in members),
                "checking": sum(e.verdict.state == "usable" and e.role == "check" for e in members),
                "source": stamps[0].source if stamps else "",
                "simulated": any(e.simulated for e in members),
                "first": min((s.stamp for s in stamps), default=None),
                "last": max((s.stamp for s in stamps), default=None),
                "dead": noted[name].dead if name in noted else [],
            }
        )
    return listed


def _listed(entries: list[Entry], state: str) -> list[dict[str, str]]:
    return [
        {
            "file": clean(entry.name, 200),
            "schema": entry.verdict.schema,
            "reason": entry.verdict.reason,
            "problem": entry.verdict.problem,
        }
        for entry in entries
        if entry.verdict.state == state
    ]
