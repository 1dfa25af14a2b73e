"""A new model is announced once, or converted, or shipped with every guard, as configured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rovertui import config_file
from rovertui.audit import Audit
from rovertui.config import Config, Conversion
from rovertui.deployment import activate
from rovertui.errors import OperatorError
from rovertui.operations import shipping
from rovertui.operations.context import Context
from rovertui.reporter import Reporter
from rovertui.workspace import Workspace
from tests.daemon.rig import Rig
from tests.deployment import parts
from tests.waiting import until


def configured(rig: Rig, **conversion: Any) -> Path:
    """The rig's workspace with another ``[conversion]``; its models directory."""
    config = msgspec.structs.replace(rig.workspace.load(), conversion=Conversion(**conversion))
    rig.workspace.config_path.unlink()
    config_file.create(rig.workspace.config_path, config)
    models = rig.workspace.root / "models"
    models.mkdir(exist_ok=True)
    return models


def first_look(rig: Rig) -> None:
    """Wait until what is here counts as known: what comes from now on is news."""
    seen = rig.workspace.kept / "seen.json"
    until(lambda: seen.exists() and json.loads(seen.read_bytes())["models"] is not None)


def said(rig: Rig, words: str) -> Callable[[Any], list[str]]:
    return lambda snapshot: [notice for notice in snapshot.notices if words in notice]


def test_a_copied_model_is_announced_when_all_of_it_is_there_and_once(rig: Rig) -> None:
    models = configured(rig)
    (models / "old_1.onnx").write_bytes(b"was here before")
    rig.start()
    first_look(rig)
    with (models / "ppo_7.onnx").open("wb") as stream:
        stream.write(b"first half")
        stream.flush()
        (models / "ppo_8.onnx").write_bytes(b"whole")
        # Both lie there for as long; the one that is open is not taken.
        snapshot = rig.until(said(rig, "New model here: ppo_8"), 60)
        assert not said(rig, "ppo_7")(snapshot)
        stream.write(b", second half")
    snapshot = rig.until(said(rig, "New model here: ppo_7"), 60)
    assert "23 B" in said(rig, "ppo_7")(snapshot)[0]
    assert not said(rig, "old_1")(snapshot) and not snapshot.jobs
    rig.kill()
    (models / "ppo_9.onnx").write_bytes(b"came while nobody looked")
    rig.start()
    snapshot = rig.until(said(rig, "New model here: ppo_9"), 60)
    assert not said(rig, "ppo_8")(snapshot)


def test_where_it_cannot_be_converted_that_is_said_with_the_reason(rig: Rig) -> None:
    # Without [conversion] python, and with a home without a toolkit, none is installed.
    models = configured(rig, on_arrival="convert")
    rig.start()
    first_look(rig)
    (models / "ppo_7.onnx").write_bytes(b"no network")
    snapshot = rig.until(said(rig, "New model here: ppo_7"), 60)
    text = said(rig, "ppo_7")(snapshot)[0]
    if snapshot.toolkit.state != "ready":
        assert "not converted by itself" in text and "rknn-toolkit2" in text
        return
    job = rig.until(lambda s: [j for j in s.jobs if j.state == "failed"], 60).jobs[0]
    assert "converted (on_arrival, job 1)" in text and "not a whole ONNX model" in job.text
    line = Audit(rig.workspace.audit).read()[0]
    assert (line["what"], line["model"], line["client"]) == ("arrival", "ppo_7", "daemon")


def context(root: Path) -> Context:
    return Context(
        workspace=Workspace(root),
        config=Config(),
        reporter=Reporter(),
        with_link=lambda work: pytest.fail("no link is needed"),
        motion=lambda: "still",
        on_child=lambda process: None,
    )


def test_a_shipment_that_cannot_be_converted_pulls_nothing(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no calibration samples") as refused:
        shipping.ship(context(tmp_path), "ppo_20")
    assert refused.value.code == "no-samples"
    assert "capture on" in refused.value.hint and "fp16" in refused.value.hint


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Ships ``ppo_20`` unattended; its conversion is a stand-in with the figures given."""

    def go(motion: str = "still", **figures: Any) -> dict[str, Any]:
        name = parts.put_model(tmp_path / "models", "ppo_20")
        found = {
            "model": name,
            "checkpoint": "ppo_20",
            "within": True,
            "grade": "GOOD",
            "strength": "40 frames, of 1 other drive: GOOD",
            "text": "converted.",
            **figures,
        }
        monkeypatch.setattr(shipping, "convert_model", lambda *a, **k: found)
        given = context(tmp_path)
        object.__setattr__(given, "motion", lambda: motion)
        return shipping.convert_and_deploy(given, "ppo_20", unattended=True)

    return go


def test_what_passes_every_check_goes_into_service_by_itself(
    shipped: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    assert shipped()["deploy"]["model"] == "ppo_20_int8"
    assert parts.agreement(tmp_path / "models")[0]


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"grade": "WEAK", "strength": "12 frames: WEAK"}, "its check is WEAK (12 frames: WEAK)"),
        ({"within": None, "grade": "NONE"}, "not measured"),
        ({"motion": "moving"}, "the rover is moving"),
        ({"motion": "unknown"}, "its motion is not known"),
    ],
)
def test_what_a_person_has_to_judge_ends_well_and_in_ready_press_d(
    shipped: Callable[..., dict[str, Any]], tmp_path: Path, figures: dict[str, Any], words: str
) -> None:
    done = shipped(**figures)
    assert done["ready"] is True and done["deploy"] is None
    assert "ready: press D" in done["text"] and words in done["text"]
    assert not (tmp_path / "models" / "remote_trained.rknn").exists()


def test_over_the_limits_is_a_failure(shipped: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(shipping.OperatorError, match="Nothing was deployed"):
        shipped(within=False)


@pytest.mark.parametrize("live", ["ppo_20", "ppo_30", "final"])
def test_what_is_no_newer_than_the_live_model_waits_for_a_person(
    shipped: Callable[..., dict[str, Any]], tmp_path: Path, live: str
) -> None:
    place = parts.place_in(tmp_path)
    activate.deploy(place, parts.put_model(place.models, live), motion="still")
    done = shipped()
    assert f"not newer than {live}" in done["text"] and done["ready"] is True


def test_a_newer_one_takes_the_place_of_an_older_one(
    shipped: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    place = parts.place_in(tmp_path)
    activate.deploy(place, parts.put_model(place.models, "ppo_3"), motion="still")
    assert shipped()["deploy"]["previous"] == "ppo_3_int8"
