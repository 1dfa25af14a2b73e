"""What never goes live, and what only an operator who insists gets past."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import onnx
import pytest

from rovertui.called import called
from rovertui.conversion.sheet import NpuCheck, decode, encode
from rovertui.deployment import activate
from rovertui.deployment.journal import Journal, Record
from rovertui.deployment.place import Place
from rovertui.errors import Cancelled, OperatorError
from rovertui.operations.deploying import ready_at_worst
from rovertui.reporter import Reporter
from rovertui.worker.model_file import fingerprint

from .parts import (
    agreement,
    place_in,
    put_model,
    put_policy,
    rknn_bytes,
    saying,
    sha256,
    sheet_for,
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_in(tmp_path)


def deploy(place: Place, name: str, **more: Any) -> activate.Deployed:
    return activate.deploy(place, name, **{"motion": "still", **more})


def refused(place: Place, name: str, **more: Any) -> OperatorError:
    """The refusal; nothing at all may have changed."""
    files = sorted(place.models.rglob("*"))
    live = agreement(place.models)
    with pytest.raises(OperatorError) as caught:
        deploy(place, name, **more)
    assert sorted(place.models.rglob("*")) == files
    assert agreement(place.models) == live
    assert not place.journal.exists()
    return caught.value


def test_no_such_model(place: Place) -> None:
    place.models.mkdir()
    assert "there is no model none_int8.rknn" in refused(place, "none_int8").message


def test_a_model_without_a_sheet(place: Place) -> None:
    name = put_model(place.models, "a")
    (place.models / f"{name}.json").unlink()
    assert "there is no model sheet a_int8.json" in refused(place, name, forced=True).message


def test_a_sheet_of_another_file(place: Place) -> None:
    name = put_model(place.models, "a")
    (place.models / f"{name}.rknn").write_bytes(rknn_bytes("converted again by other means"))
    assert "belongs to another file" in refused(place, name, forced=True).message


def test_a_sheet_that_is_none(place: Place) -> None:
    name = put_model(place.models, "a")
    (place.models / f"{name}.json").write_text('{"checkpoint": 7}')
    assert "not a usable model sheet" in refused(place, name, forced=True).message


def test_a_file_that_is_no_rknn(place: Place) -> None:
    data = b"<html>not found</html>"
    place.models.mkdir()
    (place.models / "a_int8.rknn").write_bytes(data)
    (place.models / "a_int8.json").write_bytes(encode(sheet_for(data, "a", "int8")))
    assert "is not an RKNN file" in refused(place, "a_int8", forced=True).message


def test_a_model_cut_short_is_refused_unless_insisted(place: Place) -> None:
    data = rknn_bytes("a")[:-10]
    place.models.mkdir()
    (place.models / "a_int8.rknn").write_bytes(data)
    (place.models / "a_int8.json").write_bytes(encode(sheet_for(data, "a", "int8")))
    assert "its header cannot be read" in refused(place, "a_int8").message


def test_a_model_made_of_other_weights_than_are_here_now_is_said(place: Place) -> None:
    put_policy(place.models, "a")
    onnx_file = place.models / "a.onnx"
    name = put_model(place.models, "a", onnx_sha256=sha256(onnx_file))
    assert not deploy(place, name).warnings

    onnx_file.write_bytes(onnx_file.read_bytes() + b"\x32\x00")
    warned = deploy(place, name).warnings
    assert [w for w in warned if "other weights than a.onnx has now" in w]


def test_only_the_file_of_weights_beside_the_model_changed_and_it_is_said(place: Place) -> None:
    put_policy(place.models, "a")
    model = onnx.load(place.models / "a.onnx")
    onnx.save(
        model,
        place.models / "a.onnx",
        save_as_external_data=True,
        location="a.weights",
        size_threshold=0,
    )
    name = put_model(place.models, "a", onnx_sha256=fingerprint(place.models / "a.onnx")[0])
    assert not deploy(place, name).warnings

    weights = place.models / "a.weights"
    weights.write_bytes(bytes(len(weights.read_bytes())))
    assert [w for w in deploy(place, name).warnings if "other weights" in w]


def test_a_model_of_another_chip(place: Place) -> None:
    data = rknn_bytes("a", target="rk3566")
    place.models.mkdir()
    (place.models / "a_int8.rknn").write_bytes(data)
    (place.models / "a_int8.json").write_bytes(encode(sheet_for(data, "a", "int8")))
    error = refused(place, "a_int8", forced=True)
    assert error.message == "a_int8: was built for rk3566, this rover has rk3588."


def test_a_model_of_another_precision_than_its_sheet_says(place: Place) -> None:
    data = rknn_bytes("a", kind="")
    place.models.mkdir()
    (place.models / "a_int8.rknn").write_bytes(data)
    (place.models / "a_int8.json").write_bytes(encode(sheet_for(data, "a", "int8")))
    message = refused(place, "a_int8", forced=True).message
    assert message == "a_int8: its sheet says int8, the file itself fp16."


def test_a_simulated_model_goes_live_in_the_demo_alone(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    name = put_model(place.models, "a", simulated=True)
    assert "simulated data" in refused(place, name, forced=True).message
    demo = place_in(tmp_path, simulated=True)
    assert deploy(demo, name).name == name
    assert demo.switch.shelf.entries()[0].simulated


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"within": False, "reasons": ["largest 0.31 (limit 0.15)"]},
            "over the limits: largest 0.31",
        ),
        ({"within": None, "check": None}, "was not measured"),
    ],
)
def test_an_error_over_the_limits_is_insisted_past_and_recorded(
    place: Place, changes: dict[str, Any], words: str
) -> None:
    name = put_model(place.models, "a", **changes)
    error = refused(place, name)
    assert words in error.message
    assert f"`{called()} deploy {name} --force`" in error.hint
    done = deploy(place, name, forced=True)
    assert words in done.forced[0]
    assert any(words in text for text in done.warnings)
    assert place.switch.shelf.entries()[0].forced == done.forced


def test_insisting_where_nothing_failed_records_nothing(place: Place) -> None:
    assert deploy(place, put_model(place.models, "a"), forced=True).forced == []


def test_a_weak_check_is_said(place: Place) -> None:
    name = put_model(place.models, "a", strength="12 frames, other blocks of the same drive: WEAK")
    assert deploy(place, name).warnings == [
        "How a_int8 was checked: 12 frames, other blocks of the same drive: WEAK."
    ]


def test_a_rollback_to_a_model_over_the_limits_warns(place: Place) -> None:
    name = put_model(place.models, "a", within=False, reasons=["mean 0.02 (limit 0.01)"])
    deploy(place, name, forced=True)
    deploy(place, put_model(place.models, "b"))
    done = activate.rollback(place, motion="still")
    assert done.name == name
    assert "mean 0.02" in done.warnings[0]


@pytest.mark.parametrize("motion", ["moving", "unknown"])
def test_a_rover_that_may_be_moving_must_be_accepted(place: Place, motion: Any) -> None:
    a, b = put_model(place.models, "a"), put_model(place.models, "b")
    error = refused(place, a, motion=motion)
    assert error.message.startswith("ready: press D")
    assert error.code == "motion"
    deploy(place, a, motion=motion, accept_motion=True)
    entry = place.switch.shelf.entries()[0]
    assert (entry.motion, entry.motion_accepted) == (motion, True)
    deploy(place, b)
    with pytest.raises(OperatorError, match="ready: press R"):
        activate.rollback(place, motion=motion)
    assert activate.rollback(place, motion=motion, accept_motion=True).name == a


def test_a_moving_rover_fails_no_job_but_what_went_wrong_does(place: Place) -> None:
    name = put_model(place.models, "a")
    found = ready_at_worst(lambda: {"text": deploy(place, name, motion="moving").text})
    assert found["ready"] is True and "--moving" in found["text"]
    assert ready_at_worst(lambda: {"text": deploy(place, name).text})["ready"] is False
    with pytest.raises(OperatorError):
        ready_at_worst(lambda: {"text": deploy(place, "nothing").text})


def test_a_rover_known_to_stand_still_needs_no_acceptance(place: Place) -> None:
    deploy(place, put_model(place.models, "a"), accept_motion=True)
    assert not place.switch.shelf.entries()[0].motion_accepted


@pytest.mark.parametrize("name", ["", "../secret", "/etc/passwd", ".hidden", "a/b", "a\0b"])
def test_a_name_cannot_leave_the_models_directory(place: Place, name: str) -> None:
    place.models.mkdir()
    assert "expected the name of a model" in refused(place, name).message


def test_a_missing_program_is_found_before_the_switch(tmp_path: Path) -> None:
    place = place_in(tmp_path, reload_command=["ros2-is-not-here", "service"])
    error = refused(place, put_model(place.models, "a"))
    assert "node.reload_command: there is no program 'ros2-is-not-here'" in error.message


def test_a_bad_address_is_found_before_the_switch(tmp_path: Path) -> None:
    place = place_in(tmp_path, commands="somewhere")
    name = put_model(place.models, "a")
    assert "node.commands" in refused(place, name).message


def test_cancelled_before_the_switch_nothing_changed(place: Place) -> None:
    a, b = put_model(place.models, "a"), put_model(place.models, "b")
    deploy(place, a)
    live = agreement(place.models)

    def cancel_at_switch(event: dict[str, Any]) -> None:
        if event.get("stage") == "switch":
            reporter.cancelled.set()

    reporter = Reporter(cancel_at_switch)
    with pytest.raises(Cancelled):
        deploy(place, b, reporter=reporter)
    assert agreement(place.models) == live
    assert len(place.switch.shelf.entries()) == 1
    assert not place.journal.exists()


def test_cancelled_after_the_switch_it_is_brought_to_an_end(tmp_path: Path) -> None:
    place = place_in(tmp_path, reload_command=saying("success=True"))
    name = put_model(place.models, "a")

    def cancel_at_reload(event: dict[str, Any]) -> None:
        if event.get("stage") == "reload":
            reporter.cancelled.set()

    reporter = Reporter(cancel_at_reload)
    assert deploy(place, name, reporter=reporter).state == "believed"


def test_a_place_that_cannot_be_written(place: Place) -> None:
    name = put_model(place.models, "a")
    (place.models / "deployed").write_text("a file in the way")
    assert "the model cannot be copied there" in refused(place, name).message


def test_a_deployment_cut_short_is_undone_before_the_next_is_judged(place: Place) -> None:
    a, b = put_model(place.models, "a"), put_model(place.models, "b")
    deploy(place, a)
    deploy(place, b)
    half = Record(step="switching", name=b, entry=2, previous=1, fresh=True)
    Journal(place.journal).write(half)
    with pytest.raises(OperatorError, match="a_int8 is the first model here"):
        activate.rollback(place, motion="still")
    assert agreement(place.models)[0] == sha256(place.models / f"{a}.rknn")
    assert activate.clean_up(place) == ""


def test_a_journal_that_is_none_is_said(place: Place) -> None:
    name = put_model(place.models, "a")
    place.journal.parent.mkdir()
    place.journal.write_text("what is this")
    with pytest.raises(OperatorError, match="is not the journal of a deployment"):
        deploy(place, name)
    with pytest.raises(OperatorError, match="is not the journal of a deployment"):
        activate.clean_up(place)


def test_what_the_npu_finds_is_found_before_anything_is_switched(place: Place) -> None:
    name = put_model(place.models, "ppo_v620_update_10")

    error = refused(place, name, proof=lambda rknn, reporter: f"{rknn.stem}: NPU: FAILED: NaN")

    assert error.code == "npu" and "FAILED: NaN" in error.message
    assert f"`{called()} deploy {name} --force`" in error.hint


def test_the_npus_finding_can_be_insisted_past_and_is_recorded(place: Place) -> None:
    name = put_model(place.models, "ppo_v620_update_10")

    done = deploy(place, name, forced=True, proof=lambda rknn, reporter: "NPU: FAILED: NaN")

    assert done.forced == ["NPU: FAILED: NaN"]
    assert place.switch.shelf.entries()[-1].forced == ["NPU: FAILED: NaN"]


def test_what_the_npu_check_noted_goes_live_with_the_model(place: Place) -> None:
    name = put_model(place.models, "ppo_v620_update_10")

    def proof(rknn: Path, reporter: Reporter) -> str:
        path = rknn.with_suffix(".json")
        sheet = decode(path.read_bytes(), path.name)
        noted = NpuCheck(when=1.0, rover="one", runtime="2.5.0", frames=5, ms_mean=12.5)
        path.write_bytes(encode(msgspec.structs.replace(sheet, npu=noted)))
        return ""

    deploy(place, name, proof=proof)

    live = (place.models / "remote_trained.json").read_bytes()
    found = decode(live, "live").npu
    assert found and found.ms_mean == 12.5


def test_the_npu_is_asked_before_motion_is(place: Place) -> None:
    name = put_model(place.models, "ppo_v620_update_10")
    asked: list[Path] = []

    error = refused(
        place, name, motion="moving", proof=lambda rknn, reporter: asked.append(rknn) or ""
    )

    assert error.code == "motion" and [path.stem for path in asked] == [name]
