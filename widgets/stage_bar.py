"""How far something is: a horizontal bar, and stages as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widgets.glyphs import UNICODE, Glyphs
from widgets.rows import Row, fit

_STYLE = {"waiting": "dim", "running": "strong", "done": "good", "failed": "bad", "skipped": "dim"}
_WORD = {"waiting": "", "running": "", "done": "ok", "failed": "FAILED", "skipped": "skipped"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of some work; ``share`` is how much of it is done, where that is known."""

    name: str
    state: str
    text: str = ""
    share: float | None = None


def bar(share: float, width: int, glyphs: Glyphs = UNICODE) -> Row:
    """``width`` cells, of which ``share`` (0.0 to 1.0) are full; full only when all is done."""
    width = max(width, 0)
    share = min(1.0, max(0.0, share if share == share else 0.0))
    done = width if share >= 1.0 else min(int(share * width), max(width - 1, 0))
    if share > 0 and done == 0 and width > 1:
        done = 1
    return [(glyphs.full * done, "bar"), (glyphs.track * (width - done), "track")]


def percent(share: float) -> str:
    """``" 58%"``, always four cells; ``100%`` only when all is done."""
    return f"{100 if share >= 1.0 else min(99, int(max(share, 0.0) * 100)):3d}%"


def stage_lines(stages: Sequence[Stage], width: int, glyphs: Glyphs = UNICODE) -> list[Row]:
    """One line a stage: sign, name, word of its state or bar, and what it says."""
    longest = min(max((len(stage.name) for stage in stages), default=0), 14)
    rows: list[Row] = []
    for stage in stages:
        style = _STYLE.get(stage.state, "")
        sign = glyphs.state.get(stage.state, "?")
        row: Row = [(f" {sign} ", style), (fit(stage.name, longest), style), (" ", "")]
        if stage.state == "running" and stage.share is not None:
            cells = 20 if width >= 70 else 8
            row += [*bar(stage.share, cells, glyphs), (f" {percent(stage.share)} ", "")]
        else:
            row.append((fit(_WORD.get(stage.state, stage.state), 8), style))
        row.append((stage.text, "" if stage.state in ("running", "failed") else "dim"))
        rows.append(row)
    return rows


def stage_strip(stages: Sequence[Stage], width: int, glyphs: Glyphs = UNICODE) -> Row:
    """All stages on one line, the running one in the clear; for little room."""
    row: Row = []
    for stage in stages:
        if row:
            row.append((" ", ""))
        sign = glyphs.state.get(stage.state, "?")
        name = stage.name if stage.state in ("running", "failed") else stage.name[:4]
        text = f"{sign}{name}"
        if stage.state == "running" and stage.share is not None:
            text += percent(stage.share)
        row.append((text, _STYLE.get(stage.state, "")))
    return row
