"""The lines that are the same on every screen: header, status, footer."""

from __future__ import annotations

from collections.abc import Sequence

from rovertui.keys.table import BY_NAME, COMMANDS, MOVES, shown_key
from rovertui.snapshot import Snapshot
from rovertui.text import ago, clean
from rovertui.ui import health, words
from rovertui.ui.state import State
from widgets.rows import Row, clip, fit, width_of, wrap

_SHORTENED = (
    *("job", "why", "joint", "unread", "capture", "sim", "job", "why", "rover"),
    *("unread", "why", "live", "live", "job", "capture", "sim", "why", "live"),
)
"""The header's parts in the order in which each loses words, or leaves."""


def header(title: str, state: State, width: int) -> list[Row]:
    """One line: worst state, warnings, rover, SIMULATED, recording, live model, job.

    Where there is little room the parts lose words, those needed least first; what there is room
    for after all is put back.
    """
    level, why = health.health(state.snapshot, state.gone)
    snapshot = state.snapshot
    if snapshot is None:
        return [[(f" {title} {level}: {why} ", words.STYLE[level]), (f" {state.workspace}", "dim")]]
    parts = _parts(f" {title} {level}", why, words.STYLE[level], state, snapshot)
    at = dict.fromkeys(parts, 0)
    taken: list[str] = []
    for name in _SHORTENED:
        if width_of(_joined(parts, at)) <= width:
            break
        if at[name] + 1 < len(parts[name]):
            at[name] += 1
            taken.append(name)
    for name in reversed(taken):
        longer = {**at, name: at[name] - 1}
        if width_of(_joined(parts, longer)) <= width:
            at = longer
    return [_joined(parts, at)]


def _parts(
    head: str, why: str, style: str, state: State, snapshot: Snapshot
) -> dict[str, list[Row]]:
    """Each part of the header in all its lengths, the longest first."""
    said: list[Row] = [
        [(f"{head}: {fit(why, room) if len(why) > room else why}" if why else head, style)]
        for room in (len(why), 40, 30, 20)
    ]
    simulated: list[Row] = [[("SIMULATED", "warn")], [("SIM", "warn")]]
    live, precision, known = words.live_words(snapshot)
    models = [[live, precision, known], [live, precision], [live], [live]]
    if known == "not ours":
        models[1] = models[2] = [live, known]
    return {
        "why": [*said, [(head, style)]],
        "unread": _unread(state, snapshot),
        "rover": [[(clean(snapshot.rover)[:20], "strong")], []],
        "sim": [*(simulated if snapshot.simulated else []), []],
        "capture": _recording(state, snapshot),
        "live": [
            [(" ".join(["LIVE", *filter(None, shown)]), "strong" if live != "none" else "dim")]
            for shown in models
        ],
        "job": _job(state, snapshot),
        "joint": [[(" | ", "dim")], [("|", "dim")]],
    }


def _joined(parts: dict[str, list[Row]], at: dict[str, int]) -> Row:
    shown = {name: lengths[at[name]] for name, lengths in parts.items()}
    rover: Row = [*shown["rover"], (" ", ""), *shown["sim"]]
    if not (shown["rover"] and shown["sim"]):
        rover = shown["rover"] or shown["sim"]
    row: Row = []
    ends = [shown[name] for name in ("capture", "live", "job")]
    for part in (shown["why"], shown["unread"], rover, *ends):
        if part:
            row += shown["joint"] * bool(row) + part
    return row


def _unread(state: State, snapshot: Snapshot) -> list[Row]:
    """How many warnings nobody has read, and the key that leads there."""
    count = snapshot.unread
    if not count:
        return [[]]
    key = shown_key(state.key(BY_NAME["notices"]))
    long = f"{count} warning{'s' * (count != 1)}: {key}"
    return [[(long, "warn")], [(f"{count}! {key}", "warn")], []]


def _recording(state: State, snapshot: Snapshot) -> list[Row]:
    """Without a daemon its recorder ends: what was said last would be untrue."""
    if state.gone:
        return [[]]
    return [[words.capture_word(snapshot, told=True)], [words.capture_word(snapshot)], []]


def _job(state: State, snapshot: Snapshot) -> list[Row]:
    """As for recording: without a daemon no job runs."""
    job = words.present_job(snapshot)
    if job is None:
        return [[]]
    if job.state not in words.ACTIVE:
        return [[words.job_word(job)], [words.job_word(job)], []]
    return [[]] if state.gone else [*([words.job_word(job, most)] for most in (2, 1, 0)), []]


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
