"""A model goes to another rover whole, is switched there, and is kept as it is here."""

from __future__ import annotations

import ast
import fcntl
import hashlib
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from rovertui.conversion.naming import golden_path
from rovertui.conversion.sheet import SampleName
from rovertui.deployment import activate
from rovertui.deployment.inventory import Inventory
from rovertui.deployment.there import parcel
from rovertui.errors import OperatorError
from rovertui.operations import rovers
from tests.deployment.parts import agreement, place_in, put_model, rknn_bytes, saying, sha256
from tests.waiting import until

from .fleet import Fleet

pytestmark = pytest.mark.needs_sshd


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
