"""Kept models: any can come back, pinned ones stay, and a rover that moves is stopped first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rovertui.deployment import activate
from rovertui.deployment.inventory import Inventory
from rovertui.deployment.place import Motion, Place
from rovertui.errors import OperatorError
from rovertui.operations.deploying import ready_at_worst

from .parts import agreement, place_in, put_model, sha256


def deployed(place: Place, letters: str) -> list[str]:
    names = [put_model(place.models, letter) for letter in letters]
    for name in names:
        activate.deploy(place, name, motion="still")
    return names


@pytest.mark.parametrize("wanted", ["1", "0001", "a_int8", "a"])
def test_any_kept_model_comes_back_by_number_name_or_checkpoint(
    wanted: str, tmp_path: Path
) -> None:
    place = place_in(tmp_path)
    deployed(place, "abc")
    done = activate.rollback(place, to=wanted, motion="still")
    assert (done.name, done.previous) == ("a_int8", "c_int8")
    assert agreement(place.models)[0] == sha256(place.models / "a_int8.rknn")


def test_of_two_kept_under_one_name_the_newest_is_meant(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    deployed(place, "ab")
    put_model(place.models, "a", words="converted again")
    activate.deploy(place, "a_int8", motion="still")
    deployed(place, "c")
    assert activate.rollback(place, to="a_int8", motion="still").entry == 3


def test_what_is_not_kept_is_refused_in_words(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    deployed(place, "a")
    with pytest.raises(OperatorError, match="No model '9' is kept"):
        activate.rollback(place, to="9", motion="still")
    with pytest.raises(OperatorError, match="is kept here"):
        activate.pin(place, "../../etc", True)


def test_a_pinned_model_outlives_the_five_that_are_kept(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    deployed(place, "ab")
    assert "number 1" in activate.pin(place, "a_int8", True)
    deployed(place, "cdefghi")
    inventory = Inventory(place.models, "remote_trained.rknn")
    kept = {past.number: past.pinned for past in inventory.history()}
    assert kept == {1: True, **dict.fromkeys(range(4, 10), False)}, "five before, and the pinned"

    assert activate.rollback(place, to="1", motion="still").name == "a_int8"
    activate.rollback(place, to="9", motion="still")
    activate.pin(place, "1", False)
    deployed(place, "j")
    assert 1 not in {past.number for past in inventory.history()}


def test_history_says_what_was_insisted_on_and_accepted(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    name = put_model(place.models, "a", within=False, reasons=["largest 0.4 > 0.15"])
    activate.deploy(place, name, motion="moving", accept_motion=True, forced=True)
    (past,) = Inventory(place.models, "remote_trained.rknn").history()
    assert (past.live, past.motion, past.motion_accepted, past.ours) == (True, "moving", True, True)
    assert "over the limits" in past.forced[0]


@pytest.mark.parametrize("motion", ["moving", "unknown"])
def test_a_rover_that_may_move_is_stopped_before_the_switch(motion: Motion, tmp_path: Path) -> None:
    link, note = tmp_path / "models" / "remote_trained.rknn", tmp_path / "note"
    script = f'if [ -e "{link}" ]; then echo late; else echo first; fi > "{note}"'
    place = place_in(tmp_path, stop_command=["/bin/sh", "-c", script])
    name = put_model(place.models, "a")
    activate.deploy(place, name, motion=motion, accept_motion=True)
    assert note.read_text() == "first\n"
    assert link.exists()


def test_a_rover_that_stands_still_is_not_told_to_stop(tmp_path: Path) -> None:
    place = place_in(tmp_path, stop_command=["/bin/sh", "-c", "exit 1"])
    deployed(place, "a")
    assert agreement(place.models)[0]


def test_where_stopping_fails_nothing_is_switched(tmp_path: Path) -> None:
    stop = ["/bin/sh", "-c", "echo no driver >&2; exit 3"]
    place = place_in(tmp_path, stop_command=stop)
    deployed(place, "a")
    before = agreement(place.models)
    put_model(place.models, "b")

    def deploy() -> dict[str, Any]:
        done = activate.deploy(place, "b_int8", motion="moving", accept_motion=True)
        return {"text": done.text}

    with pytest.raises(OperatorError) as refused:
        ready_at_worst(deploy)  # It failed, and is not called ready.
    assert refused.value.code == "node"
    assert "ended with 3: no driver" in refused.value.message
    assert agreement(place.models) == before
    assert not place.journal.exists()
    assert [e.name for e in place.switch.shelf.entries()] == ["a_int8"]
