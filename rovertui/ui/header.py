"""The lines that are the same on every screen: header, status, footer."""

from __future__ import annotations

from collections.abc import Sequence

from rovertui.keys.table import BY_NAME, COMMANDS, MOVES, shown_key
from rovertui.snapshot import Snapshot
from rovertui.text import ago, clean
from rovertui.ui import health, words
from rovertui.ui.state import State
from widgets.rows import Row, clip, fit, width_of, wrap


def header(title: str, state: State, width: int) -> list[Row]:
    """One line: worst state, rover, SIMULATED, recording, live model, job.

    Where there is little room the parts lose words, and those needed least go first.
    """
    level, why = health.health(state.snapshot, state.gone)
    snapshot = state.snapshot
    if snapshot is None:
        return [[(f" {title} {level}: {why} ", words.STYLE[level]), (f" {state.workspace}", "dim")]]
    rooms = (len(why), 40, 30, 20) if why else (0,)
    for detail in range(5, 0, -1):
        for room in rooms:
            row = _header(title, level, _cut(why, room), state, snapshot, detail)
            if width_of(row) <= width:
                return [row]
    return [_header(title, level, "", state, snapshot, 0)]


def _cut(why: str, room: int) -> str:
    return fit(why, room) if len(why) > room else why


def _header(title: str, level: str, why: str, state: State, snapshot: Snapshot, detail: int) -> Row:
    """The header with as many words as ``detail`` (0 to 5) allows."""
    parts: list[Row] = [[(f" {title} {level}" + (f": {why}" if why else ""), words.STYLE[level])]]
    parts.append(_unread(state, snapshot, detail))
    rover: Row = [(clean(snapshot.rover)[:20], "strong")] if detail >= 2 else []
    if snapshot.simulated:
        rover += [(" " if rover else "", ""), ("SIMULATED" if detail >= 3 else "SIM", "warn")]
    parts.append(rover)
    if not state.gone:
        # With a daemon its recorder and its jobs end: what was said last would be untrue.
        parts.append([words.capture_word(snapshot, detail >= 3 and not why)])
    live, precision, known = words.live_words(snapshot)
    shown = [live, precision, known] if detail >= 1 else [live]
    text = " ".join(["LIVE", *(part for part in shown if part)])
    parts.append([(text, "strong" if live != "none" else "dim")])
    job = words.present_job(snapshot)
    active = job is not None and job.state in words.ACTIVE
    if job is not None and (not state.gone if active else detail >= 2):
        parts.append([words.job_word(job, 2 if detail == 5 else 1 if detail >= 2 else 0)])
    joint = " | " if detail >= 4 else "|"
    row: Row = []
    for part in parts:
        if part:
            row += [(joint, "dim")] * bool(row) + part
    return row


def _unread(state: State, snapshot: Snapshot, detail: int) -> Row:
    """How many warnings nobody has read, and the key that leads there."""
    count = snapshot.unread
    if not count or detail < 1:
        return []
    key = shown_key(state.key(BY_NAME["notices"]))
    if detail < 4:
        return [(f"{count}! {key}", "warn")]
    return [(f"{count} warning{'s' * (count != 1)}: {key}", "warn")]


def status(state: State, width: int) -> list[Row]:
    """The result of the last action, or the newest notice of the daemon, while it is fresh."""
    if state.status_is_fresh:
        sign = {"good": " ok ", "warn": " ! ", "bad": " !! "}.get(state.status_style, " ")
        row: Row = [(sign, state.status_style), (clean(state.status), state.status_style)]
        if state.times > 1:
            # Before the words: a long sentence would push it off the line.
            row.insert(1, (f"{state.times}x ", "strong"))
        if width_of(row) <= width:
            return [row]
        key = shown_key(state.key(BY_NAME["notices"]))
        end = f"{state.glyphs.more} {key}: all of it"
        return [[*clip(row, max(width - width_of([(end, "")]), 0)), (end, "dim")]]
    if state.gone and state.snapshot is not None:
        old = f" - the numbers are {ago(state.late)} old" if state.late else ""
        return [[(" ! ", "bad"), (clean(state.gone), "bad"), (old, "")]]
    return [[]]


def absence(state: State, width: int) -> list[Row]:
    """Why there is no daemon and what to do, above the body; nothing while there is one."""
    if not (state.gone and state.gone_text):
        return []
    sentence = wrap(f"{state.gone_text} {state.remedy}".rstrip(), max(width - 3, 10))
    return [
        [(" ! " if index == 0 else "   ", "bad"), (line, "strong")]
        for index, line in enumerate(sentence)
    ]


def footer(screen: str, state: State, width: int) -> list[Row]:
    """Keys and what they do here; in brackets what cannot be done now (``?`` says why)."""
    if screen == "log":
        return [_moves(width)]
    snapshot = state.snapshot
    offered = [c for c in COMMANDS if c.rank and state.key(c) and c.offered(screen, snapshot)]
    offered = [c for c in offered if c.name != screen]
    chosen: set[str] = set()
    room = width
    for command in sorted(offered, key=lambda c: c.rank_on(screen)):
        need = len(shown_key(state.key(command))) + len(command.footer(snapshot)) + 3
        if need <= room:
            chosen.add(command.name)
            room -= need
    row: Row = []
    for command in offered:
        if command.name not in chosen:
            continue
        key, label = shown_key(state.key(command)), command.footer(snapshot)
        if state.refusal(command):
            row.append((f"({key} {label.rstrip()})".ljust(len(key) + len(label) + 3), "dim"))
        else:
            row += [(" ", ""), (key, "title"), (f" {label} ", "")]
    return [row]


def page_footer(own: Sequence[tuple[str, str]], state: State, width: int) -> list[Row]:
    """A page's footer: its own keys, in brackets what cannot be done now, the way out, and as
    many movements as there is room for."""
    ends = []
    for name, label in own:
        key = shown_key(state.key(BY_NAME[name]))
        refused = state.refusal(BY_NAME[name])
        ends.append((f"({key}", f"{label})") if refused else (key, label))
    ends += [(shown_key(state.key(BY_NAME["copy"])), "copy all"), ("esc", "back"), ("?", "keys")]
    shown = {"down": "down", "up": "up", "page_down": "page", "last": "end", "right": "right"}
    moves = [(move.shown, shown[move.name]) for move in MOVES if move.name in shown]
    return [_fitting(ends, moves, width)]


def _fitting(ends: list[tuple[str, str]], moves: list[tuple[str, str]], width: int) -> Row:
    while moves and sum(len(key) + len(label) + 3 for key, label in ends + moves) > width:
        moves.pop()
    row: Row = []
    for key, label in ends + moves:
        row += [(f" {key}", "title"), (f" {label} ", "")]
    return row


def _moves(width: int) -> Row:
    """The log's footer: the way out first, then as many movements as there is room for."""
    ends = [("esc", "back"), ("q", BY_NAME["quit"].label), ("?", "keys")]
    moves = [(move.shown, move.label) for move in MOVES if move.label]
    while moves and sum(len(key) + len(label) + 3 for key, label in moves + ends) > width:
        moves.pop()
    row: Row = []
    for key, label in moves + ends:
        row += [(f" {key}", "title"), (f" {label} ", "")]
    return row
