"""Pages over a screen: what each asks of the daemon, and how its answer is laid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rovertui.text import clean
from rovertui.ui import (
    check_view,
    doctor_view,
    feed_view,
    history_view,
    messages_view,
    report_view,
)
from rovertui.ui.state import State
from widgets.rows import Row

Asked = tuple[str, dict[str, Any]]
Founds = Sequence[dict[str, Any]]


class NotNow(Exception):
    """A page that has nothing to show now; its text says why."""


def _nothing(state: State) -> list[Asked]:
    return []


@dataclass(frozen=True)
class Page:
    """Attributes:
    name: of the command that opens it.
    title: the header's first word.
    asks: looks of the daemon that it needs; raises `NotNow`.
    rows: its rows from what they found, and the row that must be seen.
    copied: what `y` copies, where that is not all its rows.
    footer: keys that are its own, with a word each.
    """

    name: str
    title: str
    rows: Callable[[State, Founds, int], tuple[list[Row], int]]
    asks: Callable[[State], list[Asked]] = _nothing
    copied: Callable[[Founds], str] | None = None
    footer: tuple[tuple[str, str], ...] = ()


def _feed(state: State) -> list[Asked]:
    """Of the selected model when it is converted, else of the live one."""
    model = state.selected_model() if state.side == "here" else None
    if model is not None and model.precision != "onnx":
        return [("feed", {"model": model.name})]
    if state.snapshot is None or state.snapshot.live.state in ("none", "switching"):
        raise NotNow("No converted model is selected, and none is live: tab, j, k select one.")
    return [("feed", {})]


def _details(state: State) -> list[Asked]:
    asked: list[Asked] = []
    if onnx := state.selected_onnx():
        asked.append(("check", {"model": onnx}))
    model = state.selected_model() if state.side == "here" else None
    if model is not None and model.precision != "onnx":
        asked.append(("report", {"model": model.name}))
    if not asked:
        raise NotNow("The selected checkpoint is not here yet: p pulls it, then this shows more.")
    return asked


def _details_rows(state: State, founds: Founds, width: int) -> tuple[list[Row], int]:
    out: list[Row] = []
    for found in founds:
        out += [[]] if out else []
        if "inputs" in found:
            text = f" {clean(str(found.get('model', '')))}, held against the samples here"
            out += [[(text, "title")], *check_view.rows(found, width)]
            for line in found.get("warnings") or []:
                out.append([("   note: ", "dim"), (clean(str(line)), "")])
        else:
            out += report_view.rows(found, width)
    return out, 0


def _messages_rows(state: State, founds: Founds, width: int) -> tuple[list[Row], int]:
    clock = state.snapshot.clock if state.snapshot else 0.0
    last = messages_view.last(state.status, state.status_style, width)
    return [*last, *messages_view.rows(founds[0]["messages"], clock, width)], 0


def _code(founds: Founds) -> str:
    return "\n".join(clean(str(line)) for found in founds for line in found.get("lines") or [])


PAGES = {
    page.name: page
    for page in (
        Page(
            "report",
            "REPORT",
            lambda state, founds, width: (report_view.rows(founds[0], width), 0),
            lambda state: [("report", {})],
        ),
        Page(
            "feed",
            "FEED",
            lambda state, founds, width: (feed_view.rows(founds[0]), 0),
            _feed,
            copied=_code,
        ),
        Page("details", "DETAILS", _details_rows, _details),
        Page(
            "doctor",
            "DOCTOR",
            lambda state, founds, width: (doctor_view.rows(founds[0], width), 0),
            lambda state: [("doctor", {})],
            footer=(("doctor", "look again"),),
        ),
        Page(
            "history",
            "HISTORY",
            lambda state, founds, width: history_view.rows(state, width),
            footer=(("rollback", "roll back to it"),),
        ),
        Page(
            "notices",
            "MESSAGES",
            _messages_rows,
            lambda state: [("messages", {})],
        ),
    )
}
