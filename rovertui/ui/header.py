"""The lines that are the same on every screen: header, status, footer."""

from __future__ import annotations

from rovertui.snapshot import Snapshot
from rovertui.text import clean
from rovertui.ui import words
from rovertui.ui.keys import COMMANDS, shown_key
from rovertui.ui.state import State
from widgets.rows import Row, fit, width_of


def header(title: str, state: State, width: int) -> list[Row]:
    """One line: worst state, rover, SIMULATED, recording, live model, job.

    The parts lose words, then go, in the order of what is needed least.
    """
    level, why = words.health(state.snapshot, state.gone)
    snapshot = state.snapshot
    if snapshot is None:
        return [[(f" {title} {level}: {why} ", words.STYLE[level]), (f" {state.workspace}", "dim")]]
    for detail in range(5, -1, -1):
        for room in ((40, 30, 20, 12, 0) if why else (0,)):
            row = _parts(title, level, fit(why, room).rstrip() if room else "", snapshot, detail)
            if width_of(row) <= width and (room >= 20 or detail <= 3 or not why):
                return [row]
    return [_parts(title, level, "", snapshot, 0)]


def _parts(title: str, level: str, why: str, snapshot: Snapshot, detail: int) -> Row:
    live, precision, known = words.live_words(snapshot)
    row: Row = [
        (f" {title} {level}" + (f": {why}" if why else "") + " ", f"{words.STYLE[level]}"),
    ]
    sep = (" | " if detail >= 4 else "|", "dim")
    rover = clean(snapshot.rover)[:20]
    if detail >= 2:
        row += [sep, (rover, "strong")]
    if snapshot.simulated:
        row += [(" ", "") if detail >= 2 else sep, ("SIMULATED" if detail >= 1 else "SIM", "warn")]
    recording, style = words.capture_word(snapshot)
    row += [sep, (recording, style)]
    text = f"LIVE {live}"
    if precision and detail >= 1:
        text += f" {precision}"
    if known and detail >= 3:
        text += f" {known}"
    row += [sep, (text, "strong" if live != "none" else "dim")]
    job = words.present_job(snapshot)
    if job is not None and (detail >= 2 or job.state in words.ACTIVE):
        said, style = words.job_word(job)
        if detail < 4 and job.state in words.ACTIVE:
            parts = said.split()
            said = f"{parts[0]} {parts[-1]}" if len(parts) > 1 else said
        row += [sep, (clean(said), style)]
    return row


def status(state: State, width: int) -> list[Row]:
    """The result of the last action while it is fresh, else the newest notice of the daemon."""
    if state.gone and state.snapshot is not None:
        return [[(" ! ", "bad"), (clean(state.gone), "bad"), (" - numbers are old", "")]]
    if state.status_is_fresh:
        sign = {"good": " ok ", "warn": " ! ", "bad": " !! "}.get(state.status_style, " ")
        return [[(sign, state.status_style), (clean(state.status), state.status_style)]]
    if state.snapshot is not None and state.snapshot.notices:
        return [[(" ! ", "warn"), (clean(state.snapshot.notices[-1]), "")]]
    return [[]]


def footer(screen: str, state: State, width: int) -> list[Row]:
    """Keys and what they do here; in brackets what cannot be done now (``?`` says why)."""
    offered = [c for c in COMMANDS if c.rank and c.key and c.offered(screen, state.snapshot)]
    offered = [c for c in offered if c.name != screen]
    chosen: set[str] = set()
    room = width
    for command in sorted(offered, key=lambda c: c.rank):
        need = len(shown_key(command.key)) + len(command.footer(state.snapshot)) + 3
        if need <= room:
            chosen.add(command.name)
            room -= need
    row: Row = []
    for command in offered:
        if command.name not in chosen:
            continue
        key, label = shown_key(command.key), command.footer(state.snapshot)
        if command.refusal(state.snapshot):
            row += [(f"({key} {label.rstrip()})".ljust(len(key) + len(label) + 3), "dim")]
        else:
            row += [(" ", ""), (key, "title"), (f" {label} ", "")]
    return [row]
