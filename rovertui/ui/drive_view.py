"""The Drive screen as rows: which parts there is room for, and in which order."""

from __future__ import annotations

from rovertui.keys.table import BY_NAME, shown_key
from rovertui.snapshot import Snapshot
from rovertui.text import clean
from rovertui.ui import compare_view, coverage_view, job_view, picture_view, words
from rovertui.ui.capture_view import (
    capture_rows,
    capture_word,
    far,
    last_rows,
    next_row,
    next_rows,
    progress_row,
)
from rovertui.ui.histograms_view import axis_line, histogram_rows
from rovertui.ui.relay_view import relay_rows
from rovertui.ui.state import State
from rovertui.ui.stream_view import stream_row, stream_rows, value_row
from widgets.rows import Row, wrap

_FEW = 8
"""Values that a small screen has room for."""

_PICTURE = 12
"""Rows that a picture is worth: the lines of values below it leave first."""


def rows(state: State, width: int, height: int) -> list[Row]:
    """The whole screen in ``height`` rows; what matters least leaves first."""
    snapshot = state.snapshot
    if snapshot is None:
        return [
            [],
            [("  Connecting to the daemon of ", ""), (state.workspace, "strong"), (" ...", "")],
        ]
    if height < 15 or width < 60:
        return _small(snapshot, state, width, height)
    return _full(snapshot, state, width, height)


def _small(snapshot: Snapshot, state: State, width: int, height: int) -> list[Row]:
    capture = snapshot.capture
    word, _ = capture_word(state, capture)
    picture: list[Row] = []
    if state.pictures.on and height > 4:
        picture = picture_view.rows(state.pictures, state, width, height - 3)
    out: list[Row] = [
        [
            (f" {word} ", "bad" if state.gone else "on"),
            *far(snapshot),
        ],
        [
            *progress_row(snapshot, width - 10, state.glyphs),
            (f"  {capture.checking} check", "dim"),
        ],
    ]
    if picture:
        return [*out, *picture, stream_row(snapshot.stream, state)][:height]
    out += last_rows(capture, state, width, 3)
    advice = coverage_view.next_rows(state, width, 2 if height > 8 else 1) if height > 6 else []
    if height > 6:
        out += advice or [next_row(snapshot, state)]
    for each in snapshot.axes[: max(0, height - len(out) - 2)]:
        out.append(axis_line(each, width, state.glyphs))
    out.append(stream_row(snapshot.stream, state))
    out += compare_view.rows(snapshot)[-1:]
    out += relay_rows(snapshot.relay, state)[:1]
    values = list(snapshot.stream.values)
    for name in values[: max(0, height - len(out))]:
        out.append(value_row(snapshot.stream, name, width, state.glyphs))
    return out


def _full(snapshot: Snapshot, state: State, width: int, height: int) -> list[Row]:
    glyphs = state.glyphs
    airy = height >= 24 and not state.pictures.on
    top = capture_rows(snapshot, state, width)
    last = last_rows(snapshot.capture, state, width, 2)
    coming = next_rows(snapshot, state, width, 3 - len(last))
    # Always three rows, so that nothing below jumps when a reason is long.
    top += [*last, []][: 3 - len(coming)] + coming
    top += coverage_view.next_rows(state, width, 3)
    gap: list[Row] = [[]] if airy else []
    seen = {axis.name for axis in snapshot.axes} if height < 30 else set()
    streams = stream_rows(snapshot, state, width, seen, _FEW if height < 30 else 99)
    streams += _drift(snapshot, width)
    notices = _notices(snapshot, state, width)
    if state.pictures.on:
        told = 1 + len(compare_view.rows(snapshot))
        streams = streams[: max(told, height - len(top) - _PICTURE)]
    room = height - len(top) - len(streams) - 2 * len(gap)
    across = 1 if width < 60 else 2 if width < 150 else 4
    if state.pictures.on:
        middle = picture_view.rows(state.pictures, state, width, min(room, 2 + width // 6))
    else:
        middle = histogram_rows(snapshot, width, room, across, glyphs)
    out = [*top, *gap, *middle, *gap, *streams]
    left = height - len(out)
    if left > 1 and snapshot.coverage.groups:
        out.append(coverage_view.group_row(snapshot.coverage))
        left -= 1
    if left > 1 and notices:
        out += [[], *notices[: left - 1]]
    job = words.present_job(snapshot)
    left = height - len(out)
    if job is not None and left >= 5:
        out += [[], *job_view.rows(job, snapshot, (), width, left - 1, glyphs)]
    return out


def _drift(snapshot: Snapshot, width: int) -> list[Row]:
    """What the live model meets that it was not calibrated for, and what to do about it."""
    if not snapshot.drift.text:
        return []
    lines = wrap(clean(snapshot.drift.text), max(width - 9, 20))[:2]
    heads = (" DRIFT  ", " " * 8)
    return [[(head, "title"), (line, "warn")] for head, line in zip(heads, lines, strict=False)]


def _notices(snapshot: Snapshot, state: State, width: int) -> list[Row]:
    """The newest message of the daemon, such as a question; where the older ones are."""
    if not snapshot.notices:
        return []
    older = len(snapshot.notices) - 1
    key = shown_key(state.key(BY_NAME["notices"]))
    end = f"   ({older} older: {key})" if older else ""
    first, *more = wrap(clean(snapshot.notices[-1]), max(width - 4 - len(end), 10)) or [""]
    return [
        [(" ! ", "warn"), (first, ""), (end, "dim")],
        *([("   ", ""), (line, "")] for line in more),
    ]
