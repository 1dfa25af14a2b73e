"""Model, sheet and link change as one, and nothing that was live is lost."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from rovertui.conversion.naming import golden_path
from rovertui.conversion.sheet import SampleName
from rovertui.deployment import activate
from rovertui.deployment.place import Place
from rovertui.errors import OperatorError
from rovertui.reporter import Event, Reporter

from .parts import agreement, place_in, put_model, rknn_bytes, sha256, sheet_for


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_in(tmp_path)


def deploy(place: Place, name: str) -> activate.Deployed:
    return activate.deploy(place, name, motion="still")


def rollback(place: Place, to: str = "") -> activate.Deployed:
    return activate.rollback(place, to=to, motion="still")


def test_the_link_leads_to_the_model_and_the_sheet_beside_it_is_its_own(place: Place) -> None:
    name = put_model(place.models, "step_100")
    done = deploy(place, name)
    found, bound = agreement(place.models)
    assert found == bound == sha256(place.models / f"{name}.rknn")
    assert (done.state, done.entry, done.previous) == ("next start", 1, "")
    assert (place.models / "remote_trained.rknn").readlink() == Path("current/model.rknn")
    assert (place.models / "current").readlink() == Path("deployed/0001")


def test_the_frames_for_a_test_of_the_node_go_into_service_with_their_model(place: Place) -> None:
    frames = b"frames"
    given = SampleName(name="a_int8.golden.npz", sha256=hashlib.sha256(frames).hexdigest())
    name = put_model(place.models, "a", golden=given)
    golden_path(place.models / f"{name}.rknn").write_bytes(frames)
    deploy(place, name)
    live = (place.models / "remote_trained.rknn").resolve()
    assert golden_path(live).read_bytes() == frames

    golden_path(place.models / f"{name}.rknn").write_bytes(b"other frames")
    other = put_model(place.models, "a", words="other", golden=given)
    log: list[Event] = []
    activate.deploy(place, other, motion="still", reporter=Reporter(log.append))
    live = (place.models / "remote_trained.rknn").resolve()
    assert not golden_path(live).exists(), "frames of another model say nothing of this one"
    assert any("golden.npz was changed" in event.get("text", "") for event in log)


def test_another_link_name_is_served_the_same_way(tmp_path: Path) -> None:
    place = place_in(tmp_path, link="policy.rknn")
    name = put_model(place.models, "a")
    deploy(place, name)
    assert agreement(place.models, "policy.rknn")[0] == sha256(place.models / f"{name}.rknn")
    assert (place.models / "policy.json").is_file()


def test_deploying_again_changes_only_the_pivot(place: Place) -> None:
    a, b = put_model(place.models, "a"), put_model(place.models, "b")
    deploy(place, a)
    before = (place.models / "remote_trained.rknn").lstat().st_ino
    done = deploy(place, b)
    assert done.previous == a
    assert (place.models / "remote_trained.rknn").lstat().st_ino == before
    assert agreement(place.models)[0] == sha256(place.models / f"{b}.rknn")


@pytest.mark.parametrize("in_place", [True, False])
def test_converting_again_does_not_change_what_is_live(place: Place, in_place: bool) -> None:
    name = put_model(place.models, "a")
    deploy(place, name)
    before = agreement(place.models)
    if in_place:  # as today's script and export_rknn() do
        (place.models / f"{name}.rknn").write_bytes(rknn_bytes("other"))
    else:
        put_model(place.models, "a", words="other")
    assert agreement(place.models) == before
    assert before[0] == before[1]


def test_rollback_goes_back_step_by_step_and_forward_by_number(place: Place) -> None:
    names = [put_model(place.models, c) for c in "abc"]
    for name in names:
        deploy(place, name)
    assert rollback(place).name == names[1]
    assert rollback(place).name == names[0]
    with pytest.raises(OperatorError, match="first model here") as first:
        rollback(place)
    assert "history` lists the others" in first.value.hint and "--to NUMBER" in first.value.hint
    assert rollback(place, to="3").name == names[2]


def test_rollback_skips_a_model_that_was_taken_back(place: Place) -> None:
    a, b, c = (put_model(place.models, x) for x in "abc")
    deploy(place, a)
    deploy(place, b)
    rollback(place)
    deploy(place, c)
    assert rollback(place).name == a


def test_rollback_brings_back_the_bytes_that_were_live_not_todays_file(place: Place) -> None:
    a, b = put_model(place.models, "a"), put_model(place.models, "b")
    old = sha256(place.models / f"{a}.rknn")
    deploy(place, a)
    deploy(place, b)
    put_model(place.models, "a", words="converted again")
    rollback(place)
    assert agreement(place.models) == (old, old)


def test_without_a_deployment_there_is_nothing_to_roll_back(place: Place) -> None:
    with pytest.raises(OperatorError, match="Nothing to roll back"):
        rollback(place)


def test_a_damaged_kept_model_is_not_rolled_back_to(place: Place) -> None:
    a, b = put_model(place.models, "a"), put_model(place.models, "b")
    deploy(place, a)
    deploy(place, b)
    kept = place.models / "deployed" / "0001" / f"{a}.rknn"
    kept.unlink()
    kept.write_bytes(rknn_bytes("damaged"))
    live = agreement(place.models)
    with pytest.raises(OperatorError, match="is not the a_int8 that was deployed"):
        rollback(place)
    assert agreement(place.models) == live


@pytest.mark.parametrize("as_link", [True, False])
def test_a_model_of_todays_scripts_is_adopted_and_can_be_returned_to(
    place: Place, as_link: bool
) -> None:
    ours = put_model(place.models, "ours")
    link = place.models / "remote_trained.rknn"
    old = rknn_bytes("from today's converter")
    if as_link:
        (place.models / "ppo_v620_update_90.rknn").write_bytes(old)
        link.symlink_to("ppo_v620_update_90.rknn")
    else:
        link.write_bytes(old)
    done = deploy(place, ours)
    assert done.previous == ("ppo_v620_update_90" if as_link else "remote_trained")
    assert done.entry == 1
    back = rollback(place)
    assert back.entry == 0
    assert link.read_bytes() == old
    assert agreement(place.models)[1] == ""
    assert any("no model sheet" in text for text in back.warnings)


def test_an_adopted_model_brings_its_own_sheet_and_never_anothers(place: Place) -> None:
    ours = put_model(place.models, "ours")
    old = rknn_bytes("old")
    (place.models / "remote_trained.rknn").write_bytes(old)
    stray = place.models / "remote_trained.json"
    from rovertui.conversion.sheet import encode

    stray.write_bytes(encode(sheet_for(b"something else", "x", "int8")))
    (place.models / "kept.rknn").write_bytes(old)
    deploy(place, ours)
    rollback(place)
    assert agreement(place.models) == (sha256(place.models / "kept.rknn"), "")
    replaced = list((place.models / "deployed" / "replaced").iterdir())
    assert [path.name.endswith("remote_trained.json") for path in replaced] == [True]


def test_a_link_changed_by_somebody_else_is_adopted_under_its_own_number(place: Place) -> None:
    a, b = put_model(place.models, "a"), put_model(place.models, "b")
    deploy(place, a)
    foreign = place.models / "hand_made.rknn"
    foreign.write_bytes(rknn_bytes("hand made"))
    link = place.models / "remote_trained.rknn"
    link.unlink()
    link.symlink_to(foreign.name)
    done = deploy(place, b)
    assert done.previous == "hand_made"
    assert rollback(place).name == "hand_made"
    assert rollback(place).name == a


def test_rollback_from_a_foreign_model_returns_to_ours(place: Place) -> None:
    a = put_model(place.models, "a")
    deploy(place, a)
    link = place.models / "remote_trained.rknn"
    link.unlink()
    link.write_bytes(rknn_bytes("only copy"))
    assert rollback(place).name == a
    assert [e.ours for e in place.switch.shelf.entries()] == [True, False]


def test_a_dangling_link_is_replaced(place: Place) -> None:
    a = put_model(place.models, "a")
    (place.models / "remote_trained.rknn").symlink_to("gone.rknn")
    deploy(place, a)
    assert agreement(place.models)[0] == sha256(place.models / f"{a}.rknn")


def test_a_directory_in_the_links_place_is_refused(place: Place) -> None:
    a = put_model(place.models, "a")
    (place.models / "remote_trained.rknn").mkdir()
    with pytest.raises(OperatorError, match="found a directory"):
        deploy(place, a)
    assert not place.journal.exists()


def test_the_live_one_and_five_before_it_are_kept(place: Place) -> None:
    for number in range(9):
        deploy(place, put_model(place.models, f"m{number}"))
    assert [entry.number for entry in place.switch.shelf.entries()] == [4, 5, 6, 7, 8, 9]
    for _ in range(5):
        rollback(place)
    assert agreement(place.models)[0] == sha256(place.models / "m3_int8.rknn")


def test_what_a_rollback_leads_to_is_kept_before_newer_ones(place: Place) -> None:
    for number in range(6):
        deploy(place, put_model(place.models, f"m{number}"))
    rollback(place, to="0001")
    deploy(place, put_model(place.models, "next"))
    assert rollback(place).name == "m0_int8"


def test_a_foreign_model_that_is_nowhere_else_is_never_pruned(place: Place) -> None:
    place.models.mkdir()
    link = place.models / "remote_trained.rknn"
    link.write_bytes(rknn_bytes("only copy"))
    for number in range(9):
        deploy(place, put_model(place.models, f"m{number}"))
    assert rollback(place, to="0000").name == "remote_trained"
    assert link.read_bytes() == rknn_bytes("only copy")


def test_deploying_what_is_live_adds_no_entry(place: Place) -> None:
    a, b = put_model(place.models, "a"), put_model(place.models, "b")
    deploy(place, a)
    deploy(place, b)
    assert deploy(place, b).entry == 2
    assert rollback(place).name == a


def test_names_that_the_entry_uses_itself_do_no_harm(place: Place) -> None:
    old = place.models / "model.rknn"
    ours = put_model(place.models, "ours")
    old.write_bytes(rknn_bytes("old"))
    (place.models / "remote_trained.rknn").symlink_to("model.rknn")
    deploy(place, ours)
    rollback(place)
    assert (place.models / "remote_trained.rknn").read_bytes() == rknn_bytes("old")


def test_words_in_a_foreign_file_name_are_made_harmless(place: Place) -> None:
    ours = put_model(place.models, "ours")
    evil = os.fsencode(place.models) + b"/\x1b[2Jbad\xff.rknn"
    Path(os.fsdecode(evil)).write_bytes(rknn_bytes("old"))
    (place.models / "remote_trained.rknn").symlink_to(os.fsdecode(evil))
    deploy(place, ours)
    assert rollback(place).name == "bad?"
    assert (place.models / "remote_trained.rknn").read_bytes() == rknn_bytes("old")


def test_only_one_deployment_at_a_time(place: Place) -> None:
    a = put_model(place.models, "a")
    with activate._alone(place), pytest.raises(OperatorError) as caught:
        deploy(place, a)
    assert caught.value.code == "busy"
