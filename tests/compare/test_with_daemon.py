"""A live model, a rover that drives, and the demo's node, which feeds it right or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rovertui.config import Companion, Config, Node, Source
from rovertui.demo.node_ctl import ask
from rovertui.schema import rgbd6
from rovertui.workspace import Workspace
from tests.daemon.rig import Rig

from ..deployment.running import node_command
from .test_float_model import put_live


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    workspace = Workspace(tmp_path)
    sockets = workspace.socket()
    commands, control = (f"ipc://{sockets.with_suffix(end)}" for end in (".cmd", ".ctl"))
    models = tmp_path / "models"
    told = ["{python}", "-m", "rovertui.demo.node_ctl"]
    put_live(models)
    for name in ("remote_trained.rknn", "remote_trained.json"):
        (models / name).unlink()
    node = node_command(
        models, commands, control, "--eyes", str(workspace.frames()), "--lifeline", "{lifeline}"
    )
    made = Rig(
        tmp_path,
        Config(
            source=Source(kind="simulated", speed=5.0, rate=10.0),
            node=Node(
                present_command=[*told, "present", "--control", control],
                reload_command=[*told, "reload", "--control", control],
                commands=commands,
                compare=2.0,
            ),
            companions=[Companion(name="node", command=["{python}", *node[1:]])],
            schemas={"rgbd6": rgbd6(depth_net_scale="1/6")},
        ),
    )
    made.control = control  # type: ignore[attr-defined]
    yield made
    made.end()


def mode(rig: Rig, name: str) -> None:
    answer = ask(rig.control, {"do": "mode", "mode": name}, 10.0)  # type: ignore[attr-defined]
    assert answer and answer["success"]


def compare_process(rig: Rig) -> psutil.Process | None:
    return next((p for p in rig.children() if "rovertui.compare" in p.info["cmdline"]), None)


def test_a_node_that_feeds_depth_divided_twice_is_found_out(rig: Rig) -> None:
    rig.start()
    snapshot = rig.until(lambda s: s.stream.state == "live", 60)
    assert snapshot.compare.state == "off" and "live" in snapshot.compare.text
    assert compare_process(rig) is None, "nothing runs while there is nothing to compare"
    rig.do("deploy", model="step_100_hybrid", force=True, accept_motion=True)
    snapshot = rig.until(lambda s: s.compare.state == "agrees", 90)
    assert snapshot.live.state == "seen"
    assert len(snapshot.compare.reference) == len(snapshot.compare.command) == 2
    assert abs(snapshot.compare.reference[0]) <= 0.18, "m/s, not an action"
    mode(rig, "depth-twice")
    snapshot = rig.until(lambda s: s.compare.state == "disagrees", 90)
    assert snapshot.compare.text.startswith(
        "the node does not feed what this model was checked with"
    )
    assert any("does not feed what this model" in notice for notice in snapshot.notices)
    process = compare_process(rig)
    assert process is not None
    process.kill()
    mode(rig, "ok")
    rig.until(lambda s: s.compare.state == "agrees", 90)
