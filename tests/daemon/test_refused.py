"""What is asked of it: refused with the reason, answered where it is so already, recorded."""

from __future__ import annotations

import os

import pytest

from rovertui.audit import Audit
from rovertui.errors import OperatorError
from tests.daemon.rig import Rig


@pytest.mark.parametrize(
    ("operation", "params", "words"),
    [
        ("rollback", {}, "No model was live before"),
        ("pull", {}, "No training server is set"),
        ("deploy", {"model": "x"}, "no converted model"),
        ("capture.on", {"session": "another"}, "as session first: switch it off first"),
        ("cancel", {}, "No job is running"),
        ("no.such", {}, "no operation"),
        ("capture.on", {"session": 3}, "expected text"),
        ("convert", {"model": "nope.onnx"}, r"no ONNX model .*nope\.onnx"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    rig: Rig, operation: str, params: dict[str, object], words: str
) -> None:
    rig.start()
    rig.do("capture.on", session="first")
    with pytest.raises(OperatorError, match=words):
        rig.do(operation, **params)


def test_what_is_so_already_is_answered_and_changes_nothing(rig: Rig) -> None:
    rig.start()
    assert rig.do("capture.off")["text"] == "Capture is off."
    assert rig.do("capture.on", session="gravel")["text"] == "Recording into session gravel."
    for session in ({}, {"session": "gravel"}):
        assert rig.do("capture.on", **session)["text"] == "Capture is on."
    rig.until(lambda s: s.capture.session == "gravel")
    assert "REFUSED" not in str([message.text for message in rig.ask(lambda c: c.messages())])


def test_who_decided_what_is_recorded_and_read_without_a_daemon(rig: Rig) -> None:
    rig.start()
    models = rig.workspace.root / "models"
    models.mkdir(exist_ok=True)
    (models / "x_int8.rknn").write_bytes(b"RKNN, but not one")
    rig.until(lambda s: "deploy" not in s.refusals)
    number = rig.do("deploy", model="x_int8", accept_motion=True)["job"]
    rig.until(lambda s: [j for j in s.jobs if j.id == number and j.state == "failed"])
    asked, failed = Audit(rig.workspace.audit).read()
    assert (asked["what"], asked["event"], asked["model"]) == ("deploy", "asked", "x_int8")
    assert asked["motion_accepted"] is True and asked["client"] == "script"
    assert asked["uid"] == os.getuid()
    assert failed["event"] == "failed" and "sheet" in failed["text"]


def test_an_unknown_or_doubtful_name_is_refused_before_there_is_a_job(rig: Rig) -> None:
    models = rig.workspace.root / "models"
    models.mkdir()
    for name in ("ppo_50.onnx", "other_50.onnx", "ppo_60_int8.rknn", "ppo_60_fp16.rknn"):
        (models / name).write_bytes(b"RKNN, but not one")
    rig.start()
    for operation, name, words in (
        ("convert", "ppo_70", "no ONNX model"),
        ("convert", "50", "other_50, ppo_50"),
        ("deploy", "70", "no converted model 70"),
        ("deploy", "60", "ppo_60_fp16"),
    ):
        with pytest.raises(OperatorError, match=words):
            rig.do(operation, model=name, accept_motion=True)
    assert not rig.snapshot().jobs
    number = rig.do("deploy", model="ppo_60_int8.rknn", accept_motion=True)["job"]
    rig.until(lambda s: [j for j in s.jobs if j.id == number and "ppo_60_int8" in j.title])
