"""How far something is: a horizontal bar, and stages as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widgets.glyphs import UNICODE, Glyphs
from widgets.rows import Row, beside, fit, width_of

_STYLE = {"waiting": "dim", "running": "strong", "done": "good", "failed": "bad", "skipped": "dim"}
_TOLD = ("running", "failed")
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
    return f"{100 if share >= 1.0 else min(99, int(max(share, 0.0) * 100 + 1e-9)):3d}%"


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


def stage_columns(
    stages: Sequence[Stage], width: int, height: int, glyphs: Glyphs = UNICODE
) -> list[Row]:
    """All stages in at most ``height`` rows: a line each, in two columns, or all on one line."""
    count = len(stages)
    if count <= height:
        return stage_lines(stages, width, glyphs)
    half = (count + 1) // 2
    if half <= height and width >= 70:
        column = (width - 2) // 2
        left = stage_lines(stages[:half], column, glyphs)
        right = stage_lines(stages[half:], column, glyphs)
        return beside(left, right, column)
    return [stage_strip(stages, width, glyphs)] if stages and height > 0 else []


def stage_strip(stages: Sequence[Stage], width: int, glyphs: Glyphs = UNICODE) -> Row:
    """All stages on one line; names of those that do not run go first where room is short."""
    if stages and all(stage.state == "done" for stage in stages):
        return [(f" {glyphs.state['done']} all {len(stages)} stages", _STYLE["done"])]
    row: Row = []
    for form in (_named, _counted, _signs):
        row = form(stages, glyphs)
        if width_of(row) <= width:
            break
    return row


def _one(stage: Stage, glyphs: Glyphs) -> Row:
    text = f"{glyphs.state.get(stage.state, '?')}{stage.name} "
    if stage.state == "running" and stage.share is not None:
        text += f"{percent(stage.share)} "
    return [(text, _STYLE.get(stage.state, ""))]


def _named(stages: Sequence[Stage], glyphs: Glyphs) -> Row:
    return [(" ", ""), *(piece for stage in stages for piece in _one(stage, glyphs))]


def _counted(stages: Sequence[Stage], glyphs: Glyphs) -> Row:
    """What is done as a number, the rest by name."""
    done = sum(stage.state == "done" for stage in stages)
    rest = [stage for stage in stages if stage.state != "done"]
    return [(f" {glyphs.state['done']}{done} done", _STYLE["done"]), *_named(rest, glyphs)]


def _signs(stages: Sequence[Stage], glyphs: Glyphs) -> Row:
    row: Row = [(" ", "")]
    for stage in stages:
        sign = [(glyphs.state.get(stage.state, "?"), _STYLE.get(stage.state, ""))]
        row += _one(stage, glyphs) if stage.state in _TOLD else sign
    return row
