"""The table of rovers as rows: what runs where, how it is in service, and since when that is known.

Two lines a rover, so that it fits where columns are few.
"""

from __future__ import annotations

from rovertui.snapshot import RoverView, Snapshot
from rovertui.snapshot.words import SERVER
from rovertui.text import clean, since
from rovertui.ui import words
from rovertui.ui.state import State
from widgets.rows import Row, fit, wrap

_NAME, _LIVE = 14, 11


def rows(state: State, width: int) -> list[Row]:
    """This rover, then the others of the configuration."""
    out: list[Row] = [[("ROVERS", "title"), ("   esc closes, j k move", "dim")]]
    snapshot = state.snapshot
    if snapshot is None:
        return out
    room = max(width - _NAME - _LIVE - 1, 12)
    out.append([(f" {fit('rover', _NAME)}{fit('model', room)}{'state'}", "dim")])
    live = snapshot.live
    style = "warn" if live.state == "not ours" else ""
    out.append(_line(clean(snapshot.rover), clean(live.name) or "none", live.state, room, style))
    text = "; ".join(part for part in ("this one", clean(live.text, 300)) if part)
    out += [[("   " + line, "dim")] for line in wrap(text, max(width - 4, 10))]
    looking = any(job.kind == "rovers" and job.state in words.ACTIVE for job in snapshot.jobs)
    for view in snapshot.rovers:
        out += _other(view, snapshot, state.late, looking, room, width)
    if not snapshot.rovers:
        out += [[("   " + line, "dim")] for line in wrap(_NONE, max(width - 4, 10))]
    return out


_NONE = "No other rover is set: name one in a table [[rovers]] of config.toml (docs/rover.md)."


def _other(
    view: RoverView, snapshot: Snapshot, late: float, looking: bool, room: int, width: int
) -> list[Row]:
    name = clean(view.name)
    if view.state == "unknown":
        told = "being asked ..." if looking else SERVER["waiting"]
        return [_line(name, told, "-", room, "dim"), [(f"   {clean(view.host)}", "dim")]]
    age = ""
    if view.looked is not None:
        age = f"asked {since(snapshot.clock - view.looked + late)}"
    if view.state == "down":
        lines = [_line(name, clean(view.model) or "-", "NOT REACHED", room, "warn")]
    else:
        style = "warn" if view.live == "not ours" else ""
        lines = [_line(name, clean(view.model) or "none", view.live, room, style)]
    runtime = f"runtime {clean(view.runtime)}" if view.runtime else ""
    text = "; ".join(part for part in (age, runtime, clean(view.text, 300)) if part)
    return [*lines, *([("   " + line, "dim")] for line in wrap(text, max(width - 4, 10)))]


def _line(name: str, model: str, state: str, room: int, style: str = "") -> Row:
    return [
        (f" {fit(name, _NAME)}", "strong"),
        (fit(model, room), style),
        (fit(state, _LIVE).rstrip(), style),
    ]
