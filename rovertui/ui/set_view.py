"""The Set screen as rows: what the calibration set covers, axis by axis."""

from __future__ import annotations

from rovertui.snapshot import CoverageAxisView, CoverageView, Snapshot
from rovertui.text import clean
from rovertui.ui import coverage_view, words
from rovertui.ui.state import State
from widgets.glyphs import Glyphs
from widgets.rows import Row, fit, wrap
from widgets.stage_bar import percent

_ENOUGH = 3
"""Different samples of a bin that count, as the daemon counts them."""


def nothing(snapshot: Snapshot) -> str:
    """What to do where no sample is yet."""
    first = words.no_source(snapshot)
    return f"Nothing here yet. {first}" if first else "Nothing here yet: press c to record."


def rows(state: State, top: int, width: int, height: int) -> list[Row]:
    """The whole screen in ``height`` rows; ``top`` is the first axis shown."""
    snapshot, glyphs = state.snapshot, state.glyphs
    if snapshot is None:
        return [[], [("  Connecting to the daemon ...", "")]]
    coverage, capture = snapshot.coverage, snapshot.capture
    if not coverage.axes:
        said = clean(coverage.text) or nothing(snapshot)
        return [[], *([("  " + line, "")] for line in wrap(said, max(width - 4, 10)))]
    head: list[Row] = [
        [
            (" SET  ", "title"),
            (f"{capture.kept}", "strong"),
            (" for calibration   ", ""),
            (f"{capture.checking}", "strong"),
            (" for checking   ", ""),
            (f"site {clean(coverage.site)}   " if coverage.site else "", "dim"),
            ("tab: one by one", "dim"),
        ]
    ]
    different, score = coverage_view.worth(coverage, width, glyphs)
    head += [[("  ", ""), *different], score, coverage_view.group_row(coverage)]
    if capture.unusable:
        head.append([(f"  {clean(capture.unusable)}", "warn")])
    explained = _explained(coverage, width)
    room = height - len(head) - 2 - len(coverage.axes) - len(explained)
    explained = [[], *explained] if room > 0 else explained if room == 0 else []
    note: Row = [
        (" AXIS        covered  ", "title"),
        (
            f"a cell a bin: {glyphs.levels[0]!r} none to {glyphs.levels[-1]} enough, x not here",
            "dim",
        ),
    ]
    shown = coverage.axes[top : top + max(0, height - len(head) - len(explained) - 2)]
    out = [*head, [], note, *(_axis(axis, width, glyphs) for axis in shown)]
    return (out + explained)[:height]


def last_top(state: State, height: int) -> int:
    """How far the list of axes can be moved."""
    snapshot = state.snapshot
    return max(0, len(snapshot.coverage.axes) - max(1, height - 6)) if snapshot else 0


def _axis(axis: CoverageAxisView, width: int, glyphs: Glyphs) -> Row:
    """Name, share, and one or more cells a bin with how many different samples it holds."""
    bins = len(axis.different)
    each = max(1, min(4, (width - 56) // bins)) if bins else 1
    row: Row = [
        (" " + fit(clean(axis.name), 12), ""),
        (percent(axis.share), "strong"),
        (f"  {axis.low:6g} ", "dim"),
    ]
    steps = len(glyphs.levels) - 1
    for index, count in enumerate(axis.different):
        if index in axis.unreachable:
            row.append(("x" * each, "dim"))
        else:
            level = min(steps, round(min(count, _ENOUGH) / _ENOUGH * steps))
            row.append((glyphs.levels[level] * each, "bar"))
    row.append((f" {axis.high:g} {clean(axis.unit)}", "dim"))
    if axis.dead is not None:
        row.append((f"   ALWAYS {axis.dead:g}: not connected?", "warn"))
    return row


def _explained(coverage: CoverageView, width: int) -> list[Row]:
    out: list[Row] = []
    for text in coverage.explained.values():
        out += [[(" " + line, "dim")] for line in wrap(clean(text), max(width - 2, 10))[:2]]
    return out
