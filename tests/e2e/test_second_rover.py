"""The chain to its end on another rover."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rovertui import config_file
from rovertui.audit import Audit
from rovertui.config import Config, Peer, Source
from rovertui.conversion import sheet
from rovertui.conversion.naming import golden_path
from rovertui.demo import workspace as demo
from rovertui.files import sha256_of
from tests.calling import ROOT
from tests.deployment.running import Running, running_node
from tests.remote.sshd import Sshd, make_key

from .demo_rig import NEWEST, DemoRig

pytestmark = pytest.mark.needs_toolkit


@pytest.fixture
def second_rover(
    figures: tuple[Path, dict[str, Any]], tmp_path: Path
) -> Iterator[tuple[DemoRig, Running]]:
    """A rover of its own behind a real sshd, with a node; the demo's rover knows it as rover2."""
    make_key(tmp_path / "client")
    make_key(tmp_path / "host")
    there = tmp_path / "there"
    workspace = demo.prepare(figures[0])
    config, before = workspace.load(), workspace.config_path.read_text()
    config_file.create(
        there / "config.toml", Config(source=Source(kind="simulated"), schemas=config.schemas)
    )
    (there / "models").mkdir()
    for onnx in (workspace.kept / demo.MARK / "v620" / "checkpoints").glob("*.onnx"):
        shutil.copy(onnx, there / "models")
    sshd = Sshd(tmp_path / "sshd", tmp_path / "client", tmp_path / "host").start()
    try:
        with (
            tempfile.TemporaryDirectory() as sockets,
            running_node(there / "models", Path(sockets)) as node,
        ):
            run = ["env", f"PYTHONPATH={ROOT}"]
            peer = Peer(
                name="rover2",
                **sshd.login(),
                python=sys.executable,
                directory=str(there),
                models=str(there / "models"),
                config=str(there / "config.toml"),
                runtime_command=["echo", "librknnrt version: 2.5.0"],
                present_command=[*run, *node.tell("present")],
                reload_command=[*run, *node.tell("reload")],
                stop_command=["true"],
                commands=node.commands,
                confirm=20.0,
            )
            workspace.config_path.write_text(
                config_file.render(msgspec.structs.replace(config, rovers=[peer]))
            )
            rig = DemoRig(workspace)
            rig.ready()
            yield rig, node
            rig.end()
    finally:
        workspace.config_path.write_text(before)
        sshd.stop()


@pytest.mark.needs_sshd
def test_the_chain_ends_on_a_second_rover_and_is_seen_there(
    second_rover: tuple[DemoRig, Running],
) -> None:
    rig, node = second_rover
    here = rig.live()
    ready = rig.job("ship", checkpoint="1240", precision="fp16", to="rover2")
    assert ready.state == "done" and ready.result["ready"] is True
    assert ready.text.startswith("ready: ppo_v620_update_1240_fp16 fits rover2")
    assert not (node.models / "remote_trained.rknn").exists(), "its motion is not known here"

    shipped = rig.job("ship", checkpoint="1240", precision="fp16", to="rover2", accept_motion=True)
    assert shipped.state == "done", shipped.text
    done = shipped.result["deploy"]
    assert (done["state"], done["rover"], done["golden"]) == ("seen", "rover2", True)
    assert any("measured with frames of demo-rover, not of rover2" in w for w in done["warnings"])
    assert rig.live() == here, "nothing changed here"

    model = (node.models / "remote_trained.rknn").resolve()
    described = sheet.load(node.models / "remote_trained.rknn")
    assert described.rknn_sha256 == sha256_of(model)
    assert described.golden and described.golden.sha256 == sha256_of(golden_path(model))

    table = rig.until(lambda s: s.rovers[0].state == "up").rovers[0]
    assert (table.model, table.live) == ("ppo_v620_update_1240_fp16", "seen")
    audited = Audit(rig.workspace.audit).read()[-1]
    assert (audited["what"], audited["event"], audited["rover"]) == ("ship", "done", "rover2")
    assert audited["stopped"] is True and audited["motion_accepted"] is True

    node.mode("refuse")
    refused = rig.job("deploy", model=f"{NEWEST}_hybrid", to="rover2", accept_motion=True)
    assert refused.state == "failed" and "is live again there" in refused.text
    assert (node.models / "remote_trained.rknn").resolve() == model
