"""Why the node's commands are not compared now is said as it is."""

from __future__ import annotations

from pathlib import Path

from rovertui.config import Config
from rovertui.daemon.compare_link import CompareLink
from rovertui.snapshot import LiveView, StreamView
from rovertui.workspace import Workspace


def why_not(tmp_path: Path, live: LiveView) -> str:
    link = CompareLink(
        Workspace(tmp_path),
        Config(),
        tmp_path / "frames",
        lambda: live,
        StreamView,
        lambda: None,
        lambda text: None,
    )
    return link.why_not()


def test_a_model_that_waits_for_the_node_s_start_is_not_called_unknown(tmp_path: Path) -> None:
    said = why_not(tmp_path, LiveView(state="next start", name="step_100_int8"))
    assert "set for the node's next start" in said
    assert "no model of ours" in why_not(tmp_path, LiveView(state="not ours"))
