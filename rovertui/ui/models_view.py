"""The Models screen as rows: what the V620 has, what is here, and the job below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rovertui.snapshot import CheckpointView, ModelView, Snapshot, with_build
from rovertui.snapshot.words import EARLIER_LIVE, SERVER
from rovertui.text import ago, clean, since, size
from rovertui.ui import check_view, job_view, words
from rovertui.ui.state import State
from widgets.glyphs import Glyphs
from widgets.rows import Piece, Row, beside, fit, window, wrap


@dataclass
class Tops:
    """First visible line of both lists; kept so that lists scroll no more than needed."""

    server: int = 0
    here: int = 0


def rows(state: State, tops: Tops, tail: Sequence[Piece], width: int, height: int) -> list[Row]:
    snapshot = state.snapshot
    if snapshot is None:
        return [
            [],
            [("  Connecting to the daemon of ", ""), (state.workspace, "strong"), (" ...", "")],
        ]
    job = words.present_job(snapshot)
    longest = max(len(snapshot.server.checkpoints), len(snapshot.models), 3)
    spare = height - 4 - job_view.wanted_rows(job, snapshot, width)
    upper = min(longest + 1, max(spare, 5, height // 3))
    if height < 12:
        upper = max(2, height // 2)
    out = _lists(state, snapshot, tops, width, upper)
    glyphs = state.glyphs
    out += [] if height < 12 else [[(glyphs.rule * width, "dim")]]
    same = job_view.outcome(job, snapshot) is state.selected_model() and state.side == "here"
    free = height - len(out) - 2 - job_view.wanted_rows(job, snapshot, width)
    detail = _detail(state, snapshot, width, 1 if same else max(1, min(6, free)))
    if height >= 12:
        out += detail
        out += _points(state, width, height - len(out) - 1)
        out.append([(glyphs.rule * width, "dim")])
    left = height - len(out)
    out += job_view.rows(job, snapshot, tail, width, left, glyphs)[:left]
    return out


_LEAST_FOR_JOB = 5


def _points(state: State, width: int, room: int) -> list[Row]:
    """The inputs of the selected model held against the samples, where the job leaves room."""
    found = state.checks.get(state.selected_onnx())
    if found is None or width < 76:
        return []
    table = check_view.rows(found, width)
    return table if len(table) <= room - _LEAST_FOR_JOB else []


def _lists(state: State, snapshot: Snapshot, tops: Tops, width: int, height: int) -> list[Row]:
    if width < 70:
        if state.side == "server":
            return _server(state, snapshot, tops, width, height)
        return _here(state, snapshot, tops, width, height)
    left_width = 30 + min((width - 80) // 3, 30) if width > 80 else 30
    left = _server(state, snapshot, tops, left_width, height)
    right = _here(state, snapshot, tops, width - left_width - 1, height)
    while len(left) < height:
        left.append([])
    return beside(left, right, left_width, state.glyphs.column)


def _cursor(chosen: bool, focused: bool, glyphs: Glyphs) -> tuple[str, str]:
    """Sign and style of a line: the sign tells the selection without colour."""
    if not chosen:
        return "  ", ""
    return (glyphs.cursor + " ", "on") if focused else (glyphs.dot + " ", "strong")


def _server(state: State, snapshot: Snapshot, tops: Tops, width: int, height: int) -> list[Row]:
    server = snapshot.server
    listed = state.checkpoints()
    new = sum(1 for checkpoint in listed if checkpoint.word == "new")
    focused = state.side == "server"
    title: Row = [
        (" ON THE V620", "on" if focused else "title"),
        (f" {new} new" if new else "", "good"),
    ]
    if server.state != "up":
        title.append((f" {SERVER.get(server.state, server.state)}", "warn"))
    out = [title]
    if not listed:
        return (
            out
            + [[("  " + line, "dim")] for line in wrap(_empty_server(snapshot), width - 3)][
                : height - 1
            ]
        )
    chosen = state.selected_checkpoint()
    place = listed.index(chosen) if chosen in listed else 0
    tops.server = window(place, len(listed), height - 1, tops.server)
    for checkpoint in listed[tops.server : tops.server + height - 1]:
        sign, style = _cursor(checkpoint is chosen, focused, state.glyphs)
        out.append(_checkpoint(checkpoint, snapshot, sign, style, width))
    return out


def _checkpoint(
    checkpoint: CheckpointView, snapshot: Snapshot, sign: str, style: str, width: int
) -> Row:
    word = checkpoint.word
    look = {"new": "good", "LIVE": "strong", "here": ""}.get(word, "dim")
    age = ago(max(0.0, snapshot.clock - checkpoint.modified)) if checkpoint.modified else "-"
    name_width = max(5, width - 26)
    name = words.short(checkpoint.name, name_width)
    if width >= 48:
        name = clean(checkpoint.name)
    row: Row = [
        (sign, style),
        (fit(name, name_width), style),
        (" ", style),
        (fit(word, 8), style or look),
        (fit(age, 6, right=True), style),
        (fit(_bytes(checkpoint.bytes), 8, right=True), style),
    ]
    return row


def _bytes(count: int) -> str:
    return size(count).replace(" ", "") if count else "-"


def _empty_server(snapshot: Snapshot) -> str:
    server = snapshot.server
    if first := words.no_server(snapshot):
        return first
    text = clean(server.text)
    if server.state == "down":
        return f"{text or 'The V620 is not reached.'} r looks again."
    if server.state == "up":
        return text or "No checkpoints there yet. r looks again."
    return text or "Asking the V620 what it has ..."


def _here(state: State, snapshot: Snapshot, tops: Tops, width: int, height: int) -> list[Row]:
    models = state.models()
    focused = state.side == "here"
    name_width = _name_width(width)
    heads = "".join(
        fit(text, cells, right=right)
        for text, cells, right in (
            ("", max(0, name_width + 9 - 6), False),
            ("size", 7, True),
            ("off mean/most", 14, True),
            ("over", 5, True),
            (" checked", 9, False),
        )
    )
    out: list[Row] = [[(" HERE ", "on" if focused else "title"), (heads, "dim")]]
    if not models:
        text = _nothing_here(snapshot)
        return out + [[("  " + line, "dim")] for line in wrap(text, width - 3)][: height - 1]
    chosen = state.selected_model()
    models = with_build(models, snapshot.live)
    place = models.index(chosen) if chosen in models else 0
    tops.here = window(place, len(models), height - 1, tops.here)
    for model in models[tops.here : tops.here + height - 1]:
        sign, style = _cursor(model is chosen, focused, state.glyphs)
        out.append(_model(model, sign, style, width))
    return out


def _nothing_here(snapshot: Snapshot) -> str:
    if words.no_server(snapshot):
        return "Nothing here yet: set up the V620, or copy an ONNX file into models/."
    return (
        "Nothing here yet: p pulls the selected checkpoint, x does everything up to a live model."
    )


def _name_width(width: int) -> int:
    return max(5, min(width - 45, 40))


def _model(model: ModelView, sign: str, style: str, width: int) -> Row:
    error = "-"
    if model.mean is not None:
        error = f"{words.small(model.mean)}/{words.small(model.largest)}"
    if model.precision == "onnx":
        checked, look = "BROKEN" if model.problem else "", "bad"
        error = ""
    else:
        checked = words.strength(model)
        look = "bad" if model.within is False or model.problem else ""
    name_width = _name_width(width)
    name = words.short(model.checkpoint or model.name, name_width)
    over = "" if model.precision == "onnx" else words.share_text(model.over_limit)
    return [
        (sign, style),
        (fit(name, name_width), style),
        (" ", style),
        (fit(clean(model.precision), 6), style),
        (fit(_bytes(model.bytes), 7, right=True), style),
        (fit(error, 14, right=True), style),
        (fit(over, 5, right=True), style),
        (" ", style),
        (fit("LIVE" if model.live else checked, 8), style or ("good" if model.live else look)),
    ]


def _kept(model: ModelView, snapshot: Snapshot) -> str:
    """When a model was in service, and whether it stays."""
    entry = next((past for past in snapshot.history if past.name == model.name), None)
    if entry is None:
        return "  kept for R"
    age = since(snapshot.clock - entry.since)
    pinned = ", pinned" if entry.pinned else ""
    forced = ", insisted on" if entry.forced else ""
    return f"  kept: put into service {age}{pinned}{forced}"


def _detail(state: State, snapshot: Snapshot, width: int, lines: int) -> list[Row]:
    """The selected line in full."""
    if state.side == "server":
        checkpoint = state.selected_checkpoint()
        if checkpoint is None:
            return [[(f" {words.no_server(snapshot) or clean(snapshot.server.text)}", "dim")]]
        age = ago(max(0.0, snapshot.clock - checkpoint.modified)) if checkpoint.modified else "?"
        says = {
            "new": "p pulls it",
            "here": "it is here, C converts it",
            "growing": "still being written there",
            "no onnx": "only its .pt is there, no ONNX",
        }[checkpoint.state]
        text = f"{clean(checkpoint.name)}  {size(checkpoint.bytes)}, {age} old"
        row: Row = [(" ", ""), (text, "strong"), (f"  {says}", "")]
        if snapshot.server.listed is not None:
            seen = since(snapshot.clock - snapshot.server.listed + state.late)
            row.append((f"  (listed {seen})", "dim"))
        return [row]
    model = state.selected_model()
    if model is None:
        return [[]]
    row = [(" ", ""), (clean(model.name), "strong"), (f"  {size(model.bytes)}", "")]
    if model.ratio is not None and model.precision != "onnx" and not model.earlier_live:
        row.append((f", {words.share_text(model.ratio)} of the ONNX", ""))
    if model.live:
        row.append((f"  LIVE, {snapshot.live.state}", "good"))
    elif model.earlier_live:
        row.append((f"  {EARLIER_LIVE}", "good"))
    elif model.kept:
        row.append((_kept(model, snapshot), "dim"))
    if model.simulated:
        row.append(("  SIMULATED data", "warn"))
    if model.precision == "onnx":
        row.append((f"  {clean(model.problem) or 'C converts it'}", "bad" if model.problem else ""))
        return [row]
    if lines == 1:
        return [row]
    return [row, *job_view.error_rows(model, snapshot, "   ")][:lines]
