"""Which models are here, and which is live, also after somebody else had a hand in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rovertui.deployment import activate, inventory
from rovertui.deployment.inventory import Inventory
from rovertui.deployment.journal import Journal, Record
from rovertui.deployment.place import Place
from rovertui.files import sha256_of
from rovertui.snapshot import with_build

from .parts import place_in, put_model, rknn_bytes, saying


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = place_in(tmp_path, reload_command=saying("success=True"))
    place.models.mkdir()
    return place


@pytest.fixture
def look(place: Place) -> Inventory:
    return Inventory(place.models, place.node.link, place.journal)


def deploy(place: Place, name: str) -> None:
    activate.deploy(place, name, motion="still")


def test_an_empty_or_missing_directory(tmp_path: Path) -> None:
    empty = Inventory(tmp_path / "none", "remote_trained.rknn")
    assert empty.models() == []
    assert empty.live_view().state == "none"
    assert empty.history() == []


def test_models_come_with_the_figures_of_their_sheets(place: Place, look: Inventory) -> None:
    (place.models / "a.onnx").write_bytes(b"x" * 100)
    put_model(place.models, "a", "fp16", simulated=True, within=False)
    views = {view.name: view for view in look.models()}
    assert set(views) == {"a", "a_fp16"}
    onnx, rknn = views["a"], views["a_fp16"]
    assert (onnx.precision, onnx.checkpoint, onnx.bytes, onnx.ratio) == ("onnx", "a", 100, None)
    assert (rknn.precision, rknn.checkpoint, rknn.ratio) == ("fp16", "a", 0.25)
    assert (rknn.mean, rknn.largest, rknn.over_limit, rknn.frames) == (0.004, 0.03, 0.0, 40)
    assert (rknn.within, rknn.simulated, rknn.live, rknn.problem) == (False, True, False, "")


def test_what_is_gone_is_not_remembered(place: Place, look: Inventory) -> None:
    names = [put_model(place.models, f"a{number}") for number in range(3)]
    assert len(look.models()) == len(look._sheets) == 3
    for name in names[1:]:
        for suffix in (".rknn", ".json"):
            (place.models / f"{name}{suffix}").unlink()
    assert [view.name for view in look.models()] == names[:1]
    assert len(look._sheets) == 1


def test_names_of_our_own_and_half_files_are_no_models(place: Place, look: Inventory) -> None:
    name = put_model(place.models, "a")
    deploy(place, name)
    (place.models / ".b.rknn.x.part").write_bytes(b"half")
    (place.models / "notes.txt").write_text("mine")
    assert [view.name for view in look.models()] == [name]


def test_problems_are_said(place: Place, look: Inventory) -> None:
    put_model(place.models, "a")
    (place.models / "a_int8.json").unlink()
    put_model(place.models, "b")
    (place.models / "b_int8.rknn").write_bytes(b"RKNN other")
    put_model(place.models, "c")
    (place.models / "c_int8.json").write_text("[]")
    problems = {view.name: view.problem for view in look.models()}
    assert "no model sheet" in problems["a_int8"]
    assert "belongs to another file" in problems["b_int8"]
    assert "not a usable model sheet" in problems["c_int8"]


def test_what_is_live_and_what_was(place: Place, look: Inventory) -> None:
    for checkpoint in "ab":
        deploy(place, put_model(place.models, checkpoint))
    put_model(place.models, "c")
    marks = {view.name: (view.live, view.kept) for view in look.models()}
    assert marks == {
        "a_int8": (False, True),
        "b_int8": (True, True),
        "c_int8": (False, False),
    }
    live = look.live_view()
    assert (live.state, live.name, live.precision) == ("believed", "b_int8", "int8")
    assert live.previous == "a_int8"
    assert [(past.name, past.live) for past in look.history()] == [
        ("b_int8", True),
        ("a_int8", False),
    ]


def test_a_model_converted_again_is_not_the_live_one(place: Place, look: Inventory) -> None:
    deploy(place, put_model(place.models, "a"))
    assert [view.live for view in look.models()] == [True]
    put_model(place.models, "a", words="again")
    assert [(view.live, view.earlier_live) for view in look.models()] == [(False, True)]
    live = look.live_view()
    assert (live.state, live.checkpoint) == ("believed", "a")
    put_model(place.models, "a")
    assert [(view.live, view.earlier_live) for view in look.models()] == [(True, False)]


def test_the_live_build_has_its_own_figures_not_those_of_another_of_its_name(
    place: Place, look: Inventory
) -> None:
    deploy(place, put_model(place.models, "a"))
    assert look.live_view().build is None, "it is listed"
    put_model(place.models, "a", words="again", strength="2 frames: WEAK", check=None)
    build = look.live_view().build
    assert build is not None
    assert (build.name, build.live, build.earlier_live) == ("a_int8", True, False)
    assert (build.mean, build.strength) == (0.004, "40 frames, of 1 other drive: GOOD")
    (newer,) = look.models()
    assert (newer.mean, newer.strength) == (None, "2 frames: WEAK")
    assert with_build([newer], look.live_view()) == [newer, build]


def test_a_deployment_under_way_is_said(place: Place, look: Inventory) -> None:
    deploy(place, put_model(place.models, "a"))
    Journal(place.journal).write(Record(step="reloading", name="b_int8", entry=2, previous=1))
    assert look.live_view().state == "switching"


def test_a_link_changed_by_somebody_else_is_not_ours(place: Place, look: Inventory) -> None:
    deploy(place, put_model(place.models, "a"))
    (place.models / "theirs_fp16.rknn").write_bytes(rknn_bytes("theirs"))
    link = place.models / "remote_trained.rknn"
    link.unlink()
    link.symlink_to("theirs_fp16.rknn")
    live = look.live_view()
    assert (live.state, live.name, live.precision) == ("not ours", "theirs_fp16", "fp16")
    assert "changed by somebody else: it leads to theirs_fp16.rknn" in live.text
    assert live.previous == "a_int8"
    activate.rollback(place, motion="still")
    assert look.live_view().name == "a_int8"


def test_a_rollback_is_seen_in_the_history(place: Place, look: Inventory) -> None:
    for job, checkpoint in enumerate("ab"):
        name = put_model(place.models, checkpoint)
        activate.deploy(place, name, motion="still", job=str(job + 1))
    assert [past.again for past in look.history()] == [None, None]
    activate.rollback(place, motion="still", job="3")
    newer, older = look.history()
    assert newer.again is None and older.live
    assert older.again is not None and older.again_job == "3"
    assert older.since == older.again > newer.when > older.when


def test_an_adopted_model_stays_not_ours(place: Place, look: Inventory) -> None:
    (place.models / "remote_trained.rknn").write_bytes(rknn_bytes("theirs"))
    assert look.live_view().state == "not ours"
    deploy(place, put_model(place.models, "a"))
    assert look.live_view().previous == "remote_trained"
    activate.rollback(place, motion="still")
    live = look.live_view()
    assert (live.state, live.name) == ("not ours", "remote_trained")


@pytest.mark.parametrize("what", ["removed", "other"])
def test_a_sheet_changed_by_somebody_else_is_noticed(
    place: Place, look: Inventory, what: str
) -> None:
    deploy(place, put_model(place.models, "a"))
    sheet = place.models / "remote_trained.json"
    sheet.unlink()
    if what == "other":
        sheet.write_text("{}")
    live = look.live_view()
    assert live.state == "not ours"
    assert "remote_trained.json was changed by somebody else" in live.text


def test_a_model_edited_in_its_place_is_noticed(place: Place, look: Inventory) -> None:
    deploy(place, put_model(place.models, "a"))
    kept = place.models / "deployed" / "0001" / "a_int8.rknn"
    kept.chmod(0o644)
    kept.write_bytes(rknn_bytes("edited"))
    assert look.live_view().state == "not ours"


def test_a_link_that_leads_nowhere(place: Place, look: Inventory) -> None:
    (place.models / "remote_trained.rknn").symlink_to("gone.rknn")
    live = look.live_view()
    assert live.state == "none"
    assert "leads to nothing" in live.text


def test_a_damaged_entry_is_said(place: Place, look: Inventory) -> None:
    for checkpoint in "ab":
        deploy(place, put_model(place.models, checkpoint))
    (place.models / "deployed" / "0001" / "entry.json").write_text("{")
    assert "is not the record of a deployment" in look.damaged()[0]
    assert [past.number for past in look.history()] == [2]


def test_files_are_read_again_only_when_they_changed(
    place: Place, look: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(place, put_model(place.models, "a"))
    hashed: list[str] = []

    def count(path: Path) -> str:
        hashed.append(path.name)
        return sha256_of(path)

    monkeypatch.setattr(inventory, "sha256_of", count)
    look.models(), look.live_view()
    assert hashed
    hashed.clear()
    look.models(), look.live_view()
    assert hashed == []
    put_model(place.models, "a", words="again")
    look.models()
    assert hashed == ["a_int8.rknn"]
