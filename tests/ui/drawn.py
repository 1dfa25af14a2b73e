"""Screens as text: their rows for a snapshot, without a terminal."""

from __future__ import annotations

from typing import Any

from rovertui.snapshot import Snapshot
from rovertui.ui import drive_view, models_view
from rovertui.ui.header import header
from rovertui.ui.state import State
from widgets.rows import Row


def text(rows: list[Row]) -> str:
    return "\n".join("".join(piece for piece, _ in row) for row in rows)


def state_of(snapshot: Snapshot | None, **more: Any) -> State:
    """A state in which the snapshot has just come."""
    return State(snapshot=snapshot, gone="", clock=lambda: 0.0, **more)


def drive(snapshot: Snapshot, width: int = 80, height: int = 21) -> str:
    rows = drive_view.rows(state_of(snapshot), width, height)
    return "\n".join(line[:width] for line in text(rows[:height]).split("\n"))


def models(snapshot: Snapshot, width: int = 80, height: int = 21, side: str = "server") -> str:
    state = state_of(snapshot, side=side)
    rows = models_view.rows(state, models_view.Tops(), [("last log line", "")], width, height)
    return "\n".join(line[:width] for line in text(rows[:height]).split("\n"))


def head(snapshot: Snapshot | None, width: int = 80, gone: str = "") -> str:
    rows = header("DRIVE", State(snapshot=snapshot, gone=gone, workspace="/ws"), width)
    assert len(rows) == 1
    return text(rows)
