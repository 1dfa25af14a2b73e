"""What was live when, and by whom, as rows."""

from __future__ import annotations

import time

from rovertui.snapshot import HistoryView, Snapshot
from rovertui.snapshot.words import LIVE
from rovertui.text import clean, since
from rovertui.ui import words
from rovertui.ui.state import State
from widgets.rows import Row, fit, middle, wrap


def rows(state: State, width: int) -> tuple[list[Row], int]:
    """The kept models, newest first, the chosen one in full below; and the chosen one's row."""
    snapshot = state.snapshot
    kept = snapshot.history if snapshot else []
    if snapshot is None or not kept:
        return [
            [],
            [("  Nothing was put into service here yet: x ships the newest checkpoint.", "")],
        ], 0
    chosen = state.chosen_entry()
    name = max(12, min(width - 67, 40))
    out: list[Row] = [
        [
            (fit("     no", 8), "dim"),
            (fit("since", 17), "dim"),
            (fit("model", name + 1), "dim"),
            (fit("how", 11), "dim"),
            ("by", "dim"),
        ]
    ]
    at = 0
    for past in kept:
        if past is chosen:
            at = len(out)
        out.append(_line(past, past is chosen, name, state))
    return [*out, [], *_whole(chosen, snapshot, width)], at


def _line(past: HistoryView, chosen: bool, name: int, state: State) -> Row:
    sign, style = (state.glyphs.cursor, "on") if chosen else (" ", "")
    model = words.model_words(past.checkpoint or past.name, past.precision)
    how = "LIVE" if past.live else past.state
    look = "good" if past.live else ""
    marks = ", ".join(
        word
        for word, holds in (
            ("pinned", past.pinned),
            ("INSISTED", bool(past.forced)),
            ("SIMULATED", past.simulated),
        )
        if holds
    )
    return [
        (f" {sign} {past.number:4d} ", style),
        (fit(_moment(past.since), 17), style),
        (fit(middle(model, name), name + 1), style),
        (fit(how, 11), style or look),
        (fit(_by(past), 20), style),
        (f" {marks}" if marks else "", "warn"),
    ]


def _by(past: HistoryView) -> str:
    if not past.ours and past.again is None:
        return "somebody else"
    return clean(past.since_by) or "not recorded"


def _again(past: HistoryView, snapshot: Snapshot) -> str:
    """That it came back, when and by whom."""
    if past.again is None:
        return ""
    by = f" by {clean(past.again_by)}" if past.again_by else ""
    return f", and again {since(snapshot.clock - past.again)}{by} (job {clean(past.again_job)})"


def _moment(when: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(when))


def _whole(past: HistoryView | None, snapshot: Snapshot, width: int) -> list[Row]:
    """The chosen entry in sentences."""
    if past is None:
        return []
    age = since(snapshot.clock - past.when)
    live = "it is live now" if past.live else "R puts it into service again (asks)"
    lines = [
        f"{clean(past.name)}: put into service {age}{_again(past, snapshot)}; {live}.",
        f"Last seen: {LIVE[past.state]}. {clean(past.text)}",
    ]
    before = next((e for e in snapshot.history if e.number == past.before), None)
    if before is not None:
        lines.append(f"Before it, live was number {before.number}, {clean(before.name)}.")
    accepted = ", which was accepted" if past.motion_accepted else ""
    lines.append(f"The rover's motion then: {clean(past.motion)}{accepted}. Job {clean(past.job)}.")
    lines += [f"INSISTED past: {clean(text)}" for text in past.forced]
    if past.pinned:
        lines.append("Pinned: it stays for good.")
    return [
        [(" " + line, "warn" if text.startswith("INSISTED") else "")]
        for text in lines
        for line in wrap(text, width - 2)
    ]
