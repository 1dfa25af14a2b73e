"""The stream of frames as rows: its state, its fitness for samples, its values."""

from __future__ import annotations

from rovertui.snapshot import Snapshot, StreamView
from rovertui.snapshot.words import MOTION, STREAM
from rovertui.text import ago, clean
from rovertui.ui import compare_view, words
from rovertui.ui.relay_view import relay_rows
from rovertui.ui.state import State
from widgets.glyphs import Glyphs
from widgets.rows import Row, clip, fit, wrap
from widgets.trend import trend

_STYLE = {"none": "warn", "starting": "warn", "live": "good", "stale": "warn", "down": "bad"}


def stream_row(stream: StreamView, state: State) -> Row:
    if state.gone:
        age = "" if stream.age is None else f"  {_age(stream.age + state.late).strip()} old"
        unknown = (f"  {MOTION['unknown']}", "warn")
        return [(" STREAM ", "title"), (words.NOT_KNOWN, "bad"), (age, ""), unknown]
    word, style = STREAM[stream.state], _STYLE[stream.state]
    row: Row = [(" STREAM ", "title"), (word, style)]
    if stream.state in ("live", "stale"):
        row.append((f" {stream.rate:5.1f}/s", ""))
        if stream.age is not None:
            row.append((f"  {_age(stream.age + state.late)} old", ""))
    row.append((f"  {MOTION[stream.motion]}", "warn" if stream.motion == "unknown" else "strong"))
    if stream.parked:
        row.append((" PAUSED" if stream.kind == "replay" else " PARKED", "warn"))
    if stream.restarts:
        row.append((f"  restarted {stream.restarts}x", "warn"))
    said = ", ".join(part for part in (clean(stream.source), clean(stream.text)) if part)
    row.append((f"  {said}", "dim" if stream.state == "live" else ""))
    return row


def _fitness(stream: StreamView) -> Row:
    """Sensors that are not connected, what holds samples back, and how old each stream is."""
    row: Row = [("         ", "")]
    if stream.dead:
        names = ", ".join(clean(name) for name in stream.dead)
        row.append((f"NOT CONNECTED: {names}  ", "warn"))
    if stream.held:
        row.append((f"{clean(stream.held)}  ", "warn"))
    row += [
        (f"{clean(name)} {seconds * 1000:4.0f} ms  ", "dim")
        for name, seconds in stream.ages.items()
    ]
    if stream.skew is not None:
        row.append((f"skew {stream.skew * 1000:3.0f} ms", "dim"))
    return row


def _age(seconds: float) -> str:
    return f"{seconds * 1000:4.0f} ms" if seconds < 1 else f"{ago(seconds):>7}"


def value_row(stream: StreamView, name: str, width: int, glyphs: Glyphs) -> Row:
    value = stream.values.get(name)
    unit = clean(stream.units.get(name, ""))
    history = stream.trends.get(name, [])
    cells = max(0, min(width - 29, 48))
    return [
        (" ", ""),
        (fit(clean(name), 11), ""),
        (words.figure(value, 8), "strong"),
        (" " + fit(unit, 6) + " ", ""),
        (trend(history, cells, glyphs, abs(value or 0.0) * 0.02), "bar"),
    ]


def stream_rows(
    snapshot: Snapshot, state: State, width: int, seen: set[str], most: int
) -> list[Row]:
    """State of the stream and ``most`` of its values, without those ``seen`` above already."""
    stream = snapshot.stream
    out: list[Row] = [stream_row(stream, state)]
    if stream.held or stream.dead or stream.skew is not None:
        out.append(_fitness(stream))
    if stream.state not in ("live", "none"):
        for reason in stream.reasons[:2]:
            lines = wrap(f"perhaps {clean(reason)}", max(width - 10, 20))
            out += [[("         ", ""), (line, "warn")] for line in lines]
    # Right under the stream: what is there is what a picture leaves of these rows.
    out[1:1] = compare_view.rows(snapshot)
    out += relay_rows(snapshot.relay, state)
    listed = [*(n for n in stream.units if n in stream.values), *stream.values]
    names = [name for name in dict.fromkeys(listed) if name not in seen][:most]
    across = 1 if width < 76 else 2 if width < 150 else 3
    column = width // across - 2
    for start in range(0, len(names), across):
        row: Row = []
        for name in names[start : start + across]:
            cell = value_row(stream, name, 29 if state.sparing else column, state.glyphs)
            row += clip(cell, column + 2)
        out.append(row)
    return out
