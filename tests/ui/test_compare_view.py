"""The node beside the float model, as rows and in the header."""

from __future__ import annotations

from typing import Any

from rovertui.snapshot import CompareView, Snapshot
from rovertui.ui import compare_view, health

from .scenes import busy


def compared(**changes: Any) -> Snapshot:
    snapshot = busy()
    values: dict[str, Any] = {
        "state": "agrees",
        "reference": [0.125, -0.3],
        "command": [0.124, -0.31],
        "compared": 20,
        "apart": 1,
        "tolerance": [0.009, 0.05],
        "text": "as the float model: 1 of the last 20 frames differ",
    }
    snapshot.compare = CompareView(**{**values, **changes})
    return snapshot


def test_the_node_and_the_float_model_stand_side_by_side_in_wheel_units() -> None:
    (row,) = compare_view.rows(compared())
    text = "".join(piece for piece, _ in row)
    assert "0.124 m/s -0.31 rad/s" in text and "FLOAT" in text
    assert "0.125 m/s -0.30 rad/s" in text and " 1 of 20 differ" in text
    assert len(text) <= 80


def test_why_nothing_is_compared_is_said_while_a_model_is_live() -> None:
    snapshot = compared(state="off", reference=[], command=[], text="no frames come")
    assert "not compared: no frames come" in compare_view.rows(snapshot)[0][1][0]
    snapshot.live.state = "none"
    assert compare_view.rows(snapshot) == []


def test_a_silent_node_has_no_command() -> None:
    (row,) = compare_view.rows(compared(state="silent", command=[]))
    text = "".join(piece for piece, _ in row)
    assert "no command" in text and "SILENT" in text


def test_a_node_that_keeps_disagreeing_is_the_header_s_word() -> None:
    snapshot = compared(state="disagrees", apart=19)
    rows = compare_view.rows(snapshot)
    assert "the node does not feed what this model was checked with" in rows[1][0][0]
    assert all(sum(len(text) for text, _ in row) <= 80 for row in rows)
    assert health.health(snapshot, "")[0] == "WARN"
