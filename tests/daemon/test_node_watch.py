"""While nothing happens: the node that was told to load another model is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rovertui.config import Config, Node, Source
from rovertui.conversion import summary
from rovertui.daemon import node_watch
from rovertui.daemon.models_watch import ModelsWatch
from rovertui.daemon.seen import Seen
from rovertui.deployment import activate
from rovertui.operations import reporting
from rovertui.operations.context import place_of
from rovertui.snapshot import words
from rovertui.workspace import Workspace
from tests.deployment.parts import put_model


class Rover:
    """A node that is asked by reading a file, and counts how often."""

    def __init__(self, root: Path) -> None:
        self.says, self.asked, self.told = root / "says", root / "asked", list[str]()
        script = f'echo >> "{self.asked}"; cat "{self.says}"'
        node = Node(model_path_command=["/bin/sh", "-c", script])
        self.workspace = Workspace(root)
        self.workspace.kept.mkdir()
        self.config = Config(node=node, source=Source(kind="simulated"))
        self.models = root / "models"
        put_model(self.models, "step_100", simulated=True)
        self.watch = ModelsWatch(
            self.workspace, self.config, lambda: None, Seen(root / "seen"), self.told.append
        )

    def deploy(self, name: str) -> None:
        activate.deploy(place_of(self.workspace, self.config), name, motion="still")

    def path(self, text: str) -> None:
        self.says.write_text(f"String value is: {text}\n")


@pytest.fixture
def rover(tmp_path: Path) -> Rover:
    return Rover(tmp_path)


async def test_a_node_told_to_load_another_file_is_live_not_ours(rover: Rover) -> None:
    rover.path(str(rover.models / "remote_trained.rknn"))
    rover.deploy("step_100_int8")
    rover.watch.node.ask()
    await rover.watch.look()
    assert rover.watch.live.state == "next start" and rover.told == []

    rover.path("/opt/theirs_int8.rknn")
    for _ in range(2):
        rover.watch.node.ask()
        await rover.watch.look()
    live = rover.watch.live
    assert (live.state, live.name, live.precision) == ("not ours", "theirs_int8", "int8")
    assert "the node says it loads /opt/theirs_int8.rknn" in live.text
    assert not any(view.live for view in rover.watch.views)
    assert len(rover.told) == 1 and rover.told[0].startswith("Live, not ours"), "told once"

    rover.path("models/remote_trained.rknn")
    rover.watch.node.ask()
    await rover.watch.look()
    assert rover.watch.live.state == "next start", "set right again"


async def test_a_live_model_converted_again_stays_the_live_checkpoint(rover: Rover) -> None:
    rover.path(str(rover.models / "remote_trained.rknn"))
    rover.deploy("step_100_int8")
    put_model(rover.models, "step_100", simulated=True, words="again")
    await rover.watch.look()
    assert rover.watch.live_checkpoint == "step_100"
    assert [(view.live, view.earlier_live) for view in rover.watch.views] == [(False, True)]
    found = reporting.report(rover.workspace, rover.config)
    newer, live = found["models"]
    assert (newer["earlier_live"], newer["live"], live["live"]) == (True, False, True)
    assert newer["model"] == live["model"] == "step_100_int8"
    assert words.EARLIER_LIVE in "\n".join(summary.table(found["models"]))

    rover.path("/opt/theirs_int8.rknn")
    rover.watch.node.ask()
    await rover.watch.look()
    assert rover.watch.live_checkpoint == ""
    assert not any(view.earlier_live for view in rover.watch.views)


async def test_another_deployment_ends_what_was_known(rover: Rover) -> None:
    rover.deploy("step_100_int8")
    rover.path("/opt/theirs.rknn")
    rover.watch.node.ask()
    rover.deploy(put_model(rover.models, "step_200", simulated=True))
    await rover.watch.look()
    assert rover.watch.live.name == "step_200_int8"


async def test_what_was_true_of_a_foreign_link_is_not_said_after_the_roll_back(
    rover: Rover,
) -> None:
    """The roll back leads to the same kept model: its number alone does not tell the two apart."""
    rover.deploy("step_100_int8")
    theirs = rover.models / "theirs.rknn"
    theirs.write_bytes(b"theirs")
    link = rover.models / "remote_trained.rknn"
    link.unlink()
    link.symlink_to(theirs.name)
    rover.path(str(link))
    rover.watch.node.ask()
    activate.rollback(place_of(rover.workspace, rover.config), motion="still")
    await rover.watch.look()
    assert (rover.watch.live.state, rover.watch.live.name) == ("next start", "step_100_int8")


@pytest.mark.parametrize("said", ["", "Parameter not set.\n", None])
async def test_an_answer_that_is_none_is_no_news(rover: Rover, said: str | None) -> None:
    rover.deploy("step_100_int8")
    if said is not None:
        rover.says.write_text(said)
    rover.watch.node.ask()
    await rover.watch.look()
    assert rover.watch.live.state == "next start"


def test_nothing_is_asked_before_anything_is_live_nor_during_a_deployment(rover: Rover) -> None:
    rover.path("/opt/theirs.rknn")
    rover.watch.node.ask()
    rover.deploy("step_100_int8")
    asked = rover.asked.read_text() if rover.asked.exists() else ""
    (rover.workspace.kept / "deploy.json").write_text("{}")
    rover.watch.node.ask()
    assert (rover.asked.read_text() if rover.asked.exists() else "") == asked


async def test_where_the_node_cannot_be_asked_nothing_is_polled(tmp_path: Path) -> None:
    place = place_of(Workspace(tmp_path), Config())
    await node_watch.NodeWatch(place, lambda: None).watch()
