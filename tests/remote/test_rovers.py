"""Another rover: a directory of its own behind a real sshd, and a node that is a script."""

from __future__ import annotations

import ast
import dataclasses
import fcntl
import hashlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rovertui import config_file
from rovertui.called import called
from rovertui.config import Config, Peer, Rover, Source
from rovertui.conversion.naming import golden_path
from rovertui.conversion.sheet import SampleName
from rovertui.deployment import activate
from rovertui.deployment.inventory import Inventory
from rovertui.deployment.there import parcel
from rovertui.errors import OperatorError
from rovertui.operations import rovers
from rovertui.operations.context import Context
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.schema import rgbd6
from rovertui.ui import words
from rovertui.workspace import Workspace
from tests.daemon.rig import Rig
from tests.deployment.parts import agreement, place_in, put_model, rknn_bytes, saying, sha256
from tests.waiting import until

from .sshd import Sshd

pytestmark = pytest.mark.needs_sshd

RUNTIME = saying("librknnrt version: 2.5.0 (c949ad889d@2024)")


class Fleet:
    """This rover's workspace, and another rover's."""

    def __init__(self, root: Path, sshd: Sshd) -> None:
        self.here = Workspace(root / "here")
        self.there = root / "there"
        self.models = self.there / "models"
        self.models.mkdir(parents=True)
        self.model = put_model(self.here.root / "models", "step_100", simulated=False)
        self.sshd = sshd
        self.told: list[str] = []
        config_file.create(self.there / "config.toml", Config(schemas={"rgbd6": rgbd6("1/6")}))

    def context(self, **changes: Any) -> Context:
        peer = Peer(
            name="rover2",
            **{
                "host": "127.0.0.1",
                "port": self.sshd.port,
                "python": sys.executable,
                "directory": str(self.there),
                "models": str(self.models),
                "config": str(self.there / "config.toml"),
                "runtime_command": RUNTIME,
                **changes,
            },
        )
        reporter = Reporter(lambda event: self.told.append(str(event.get("text"))))
        return Context(
            workspace=self.here,
            config=Config(rover=Rover(name="rover1"), rovers=[peer]),
            reporter=reporter,
            with_link=lambda work: pytest.fail("not the V620's link"),
            motion=lambda: "still",
            on_child=lambda process: None,
            job="7",
            link_to=lambda peer: Link(self.sshd.server(stall_timeout=5.0)),
        )

    def deploy(self, model: str = "", force: bool = False, **changes: Any) -> dict[str, Any]:
        context = self.context(**changes)
        name = model or self.model
        return rovers.deploy_to(context, "rover2", name, force=force, accept_motion=True)

    def look(self, **changes: Any) -> dict[str, Any]:
        (found,) = rovers.look_at(self.context(**changes))["rovers"]
        return dict(found)

    def hash(self, name: str = "") -> str:
        return sha256(self.here.root / "models" / f"{name or self.model}.rknn")

    def left(self) -> list[str]:
        names = [path.name for path in self.models.rglob(".*")]
        return [name for name in names if not name.endswith(".lock")]


@pytest.fixture
def fleet(tmp_path: Path, sshd: Sshd) -> Iterator[Fleet]:
    yield Fleet(tmp_path, sshd)


def test_an_equal_rover_gets_model_and_sheet_and_keeps_them_as_rovertui_does(fleet: Fleet) -> None:
    done = fleet.deploy(reload_command=saying("success=True"))

    assert (done["state"], done["entry"], done["rover"]) == ("believed", 1, "rover2")
    assert agreement(fleet.models) == (fleet.hash(), fleet.hash())
    assert (fleet.models / "remote_trained.rknn").readlink() == Path("current/model.rknn")
    assert fleet.left() == []
    (past,) = Inventory(fleet.models, "remote_trained.rknn").history()
    assert (past.name, past.live, past.state) == (fleet.model, True, "believed")
    assert past.motion_accepted and past.job == "7 of rover1"
    assert any("frames of rover1, not of rover2" in text for text in done["warnings"])

    seen = fleet.look()
    assert (seen["state"], seen["model"], seen["live"]) == ("up", fleet.model, "believed")
    assert (seen["runtime"], seen["sha256"]) == ("2.5.0", fleet.hash())

    other = put_model(fleet.here.root / "models", "step_200")
    assert fleet.deploy(other)["previous"] == fleet.model
    place = place_in(fleet.there)
    assert activate.rollback(place, motion="still").name == fleet.model, "its own tool can go back"
    assert agreement(fleet.models) == (fleet.hash(), fleet.hash())


def with_golden(fleet: Fleet, frames: bytes = b"frames") -> str:
    """A model here with frames for a test of the node beside it."""
    models = fleet.here.root / "models"
    given = SampleName(name="step_150_int8.golden.npz", sha256=hashlib.sha256(frames).hexdigest())
    name = put_model(models, "step_150", golden=given)
    golden_path(models / f"{name}.rknn").write_bytes(b"frames")
    return name


def test_the_frames_for_a_test_of_the_node_go_with_the_model(fleet: Fleet) -> None:
    name = with_golden(fleet)
    assert fleet.deploy(name)["golden"] is True
    live = (fleet.models / "remote_trained.rknn").resolve()
    assert golden_path(live).read_bytes() == b"frames", "beside the model, as here"
    assert fleet.left() == []


def test_frames_that_are_not_the_sheets_or_missing_are_not_sent_and_it_is_said(
    fleet: Fleet,
) -> None:
    changed = fleet.deploy(with_golden(fleet, b"other frames"))
    assert changed["golden"] is False
    assert any("golden.npz was changed" in words for words in changed["warnings"])
    assert not golden_path((fleet.models / "remote_trained.rknn").resolve()).exists()
    none = fleet.deploy()
    assert any("without frames for checking" in words for words in none["warnings"])


def test_what_is_old_there_goes_but_the_live_one_five_before_it_and_pinned_ones_stay(
    fleet: Fleet,
) -> None:
    (fleet.models / "theirs.rknn").write_bytes(rknn_bytes("theirs"))
    (fleet.models / "remote_trained.rknn").symlink_to("theirs.rknn")
    names = [put_model(fleet.here.root / "models", f"step_{step}") for step in range(9)]
    fleet.deploy(names[0])
    (fleet.models / "theirs.rknn").unlink()
    shelf = place_in(fleet.there).switch.shelf
    shelf.pin(shelf.find(names[1]) if fleet.deploy(names[1]) else 0, True)
    for name in names[2:]:
        fleet.deploy(name)
    kept = [entry.name for entry in shelf.entries()]
    assert kept == ["theirs", names[1], *names[3:]], "the only copy of theirs, and the pinned one"
    assert any(f"{names[0]} is no longer kept on rover2" in words for words in fleet.told)
    assert shelf.prune(9) == [], "its own program would keep the same"
    assert fleet.left() == []


def test_a_simulated_model_goes_to_no_rover_that_is_not_simulated(fleet: Fleet) -> None:
    simulated = put_model(fleet.here.root / "models", "step_100", simulated=True)
    context = fleet.context()
    config = msgspec.structs.replace(context.config, source=Source(kind="simulated"))
    context = dataclasses.replace(context, config=config)
    with pytest.raises(OperatorError, match="nothing says that rover2 is simulated"):
        rovers.deploy_to(context, "rover2", simulated, force=True, accept_motion=True)
    assert list(fleet.models.iterdir()) == []


def test_what_is_sent_needs_nothing_but_a_bare_python() -> None:
    package = Path(parcel.__file__).parent
    for path in package.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                own = name.startswith("rovertui.deployment.there.")
                optional = name == "zmq"
                assert own or optional or name.split(".")[0] in sys.stdlib_module_names, path


def test_a_rover_without_a_running_node_is_no_failure(fleet: Fleet) -> None:
    done = fleet.deploy(present_command=["false"], reload_command=["false"])
    assert done["state"] == "next start"
    assert agreement(fleet.models)[0] == fleet.hash()


def test_somebody_elses_model_there_is_kept_before_ours_takes_its_place(fleet: Fleet) -> None:
    (fleet.models / "theirs.rknn").write_bytes(rknn_bytes("theirs"))
    (fleet.models / "remote_trained.rknn").symlink_to("theirs.rknn")
    (fleet.models / "remote_trained.json").write_text("{}")
    before = sha256(fleet.models / "theirs.rknn")
    assert fleet.look()["live"] == "not ours"

    fleet.deploy()

    assert agreement(fleet.models) == (fleet.hash(), fleet.hash())
    kept = place_in(fleet.there).switch.shelf.entries()
    assert [(entry.ours, entry.sha256) for entry in kept] == [(False, before), (True, fleet.hash())]
    assert activate.rollback(place_in(fleet.there), motion="still").name == "theirs"
    assert agreement(fleet.models)[0] == before


def differing(name: str, **changes: Any) -> Callable[[Fleet], None]:
    def prepare(fleet: Fleet) -> None:
        schema = rgbd6("1/6")
        inputs = dict(schema.inputs)
        inputs[name] = msgspec.structs.replace(inputs[name], **changes)
        schemas = {"rgbd6": msgspec.structs.replace(schema, inputs=inputs)}
        path = fleet.there / "config.toml"
        path.write_text(config_file.render(Config(schemas=schemas)))

    return prepare


def other_schema(fleet: Fleet) -> None:
    text = config_file.render(Config()).replace("rgbd6", "bev2")
    (fleet.there / "config.toml").write_text(text)


@pytest.mark.parametrize(
    ("prepare", "changes", "words"),
    [
        (None, {"runtime_command": saying("librknnrt version: 2.3.2")}, "is 2.3.2, the model was"),
        (None, {"runtime_command": []}, "runtime of rover2 could not be asked"),
        (differing("depth", feed_scale="1"), {}, "depth: scale is 0.166667 for the model, 1 on"),
        (differing("rgb", layout="NCHW"), {}, "rgb: layout is NHWC for the model, NCHW on rover2"),
        (other_schema, {}, "rover2 has no schema rgbd6 (it has bev2)"),
        (None, {"config": ""}, "nothing says what the node of rover2 feeds"),
    ],
)
def test_a_rover_that_differs_is_refused_and_the_difference_named(
    prepare: Callable[[Fleet], None] | None, changes: dict[str, Any], words: str, fleet: Fleet
) -> None:
    if prepare:
        prepare(fleet)
    with pytest.raises(OperatorError) as refused:
        fleet.deploy(**changes)
    assert words in refused.value.message
    assert f"`{called()} deploy {fleet.model} --to rover2 --force`" in refused.value.hint
    assert list(fleet.models.iterdir()) == [], "nothing was sent"

    done = fleet.deploy(force=True, **changes)
    assert any(words in sentence for sentence in done["forced"])
    entry = json.loads((fleet.models / "current" / "entry.json").read_text())
    assert any(words in sentence for sentence in entry["forced"]), "recorded there as well"


def test_another_chip_is_refused_whatever_is_insisted_on(fleet: Fleet) -> None:
    with pytest.raises(OperatorError, match="this rover has rk3576"):
        fleet.deploy(force=True, target="rk3576")


def test_the_feed_may_be_vouched_for_or_read_off_the_model_that_is_live(fleet: Fleet) -> None:
    assert fleet.deploy(config="", feed="same")["entry"] == 1
    other = put_model(fleet.here.root / "models", "step_200")
    assert fleet.deploy(other, config="")["entry"] == 2


def test_its_motion_is_never_known_here_and_must_be_accepted(fleet: Fleet) -> None:
    with pytest.raises(OperatorError) as refused:
        rovers.deploy_to(fleet.context(), "rover2", fleet.model)
    assert refused.value.code == "motion" and refused.value.message.startswith("ready:")
    assert list(fleet.models.iterdir()) == []


def test_what_is_only_ready_for_another_rover_has_not_failed_and_the_way_on_is_said(
    fleet: Fleet,
) -> None:
    config = fleet.context(**fleet.sshd.login()).config
    rig = Rig(fleet.here.root, config)
    try:
        rig.start()
        number = rig.do("deploy", model=fleet.model, to="rover2")["job"]
        ended = rig.until(lambda s: [j for j in s.jobs if j.id == number and j.state == "done"])
        (job,) = ended.jobs
        assert job.text.startswith("ready:") and job.result["rover"] == "rover2"
        assert f"deploy {fleet.model} --to rover2 --moving`" in job.text
        assert words.job_word(job) == ("deploy ready", "warn"), "D would deploy it here"
        assert list(fleet.models.iterdir()) == []
    finally:
        rig.end()


# Failing halfway


@pytest.mark.parametrize("before", [False, True])
def test_a_node_that_refuses_there_gets_the_one_before_back(before: bool, fleet: Fleet) -> None:
    old = put_model(fleet.here.root / "models", "old")
    if before:
        fleet.deploy(old)
    with pytest.raises(OperatorError, match="did not take it") as refused:
        fleet.deploy(reload_command=saying("success=False, message='bad file'"))
    assert refused.value.code == "node"
    expected = fleet.hash(old) if before else ""
    assert agreement(fleet.models) == (expected, expected)
    assert ("old_int8 is live again" if before else "Nothing was live") in refused.value.message
    assert fleet.left() == []


def test_where_it_cannot_be_stopped_first_nothing_is_switched(fleet: Fleet) -> None:
    with pytest.raises(OperatorError, match="could not be stopped first"):
        fleet.deploy(stop_command=["false"])
    assert agreement(fleet.models) == ("", "")
    assert fleet.left() == []


def test_a_line_that_breaks_while_it_switches_does_not_stop_the_switch(fleet: Fleet) -> None:
    gate = fleet.there / "go on"
    asked = fleet.there / "asked"
    script = f'touch "{asked}"; while [ ! -e "{gate}" ]; do sleep 0.05; done; echo success=True'
    sshd = fleet.sshd
    context = fleet.context(reload_command=["/bin/sh", "-c", script])
    ended: list[str] = []

    def work() -> None:
        try:
            rovers.deploy_to(context, "rover2", fleet.model, accept_motion=True)
        except OperatorError as error:
            ended.append(error.sentence())

    thread = threading.Thread(target=work)
    thread.start()
    until(asked.exists)
    sshd.signal_sessions(signal.SIGKILL, "sshd")
    thread.join(20)
    assert "the old one or the new, whole" in ended[0]
    gate.touch()
    outcome = fleet.models / "deployed" / "0001" / "outcome.json"
    until(outcome.exists)
    assert agreement(fleet.models) == (fleet.hash(), fleet.hash())
    until(lambda: fleet.left() == [])
    assert fleet.look()["model"] == fleet.model


@pytest.mark.parametrize("before", [False, True])
def test_killed_in_the_middle_it_leaves_the_old_or_the_new_and_the_next_one_works(
    before: bool, fleet: Fleet
) -> None:
    if before:
        fleet.deploy(put_model(fleet.here.root / "models", "old"))
    with pytest.raises(OperatorError):
        fleet.deploy(reload_command=["/bin/sh", "-c", "kill -9 $PPID"])
    found, bound = agreement(fleet.models)
    assert found == bound == fleet.hash(), "the switch was done, the node not told"
    assert fleet.look()["model"] == fleet.model
    other = put_model(fleet.here.root / "models", "step_300")
    assert fleet.deploy(other)["previous"] == fleet.model
    assert fleet.left() == [], "what the killed one left is gone"


def test_two_at_once_do_not_mix(fleet: Fleet) -> None:
    handle = os.open(fleet.models, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(OperatorError, match="another deployment is running there"):
            fleet.deploy()
    finally:
        os.close(handle)
    assert agreement(fleet.models) == ("", "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"python": "no-such-python"}, "no-such-python"),
        ({"models": "/none/models"}, "/none/models"),
    ],
)
def test_what_cannot_work_there_is_said(changes: dict[str, Any], words: str, fleet: Fleet) -> None:
    with pytest.raises(OperatorError) as refused:
        fleet.deploy(**changes)
    assert words in refused.value.sentence()
    seen = fleet.look(**changes)
    assert seen["state"] == "down" and words in seen["text"]


def test_a_rover_that_is_not_configured_is_refused_with_those_that_are(fleet: Fleet) -> None:
    with pytest.raises(OperatorError, match="known: rover2"):
        rovers.deploy_to(fleet.context(), "rover3", fleet.model)
