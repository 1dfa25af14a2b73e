"""What goes to no other rover, or only when it is insisted on, and how that is said."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from rovertui import config_file
from rovertui.called import called
from rovertui.config import Config, Source
from rovertui.errors import OperatorError
from rovertui.operations import rovers
from rovertui.schema import rgbd6
from rovertui.ui import words
from tests.daemon.rig import Rig
from tests.deployment.parts import agreement, put_model, saying

from .fleet import Fleet

pytestmark = pytest.mark.needs_sshd


def test_a_simulated_model_goes_to_no_rover_that_is_not_simulated(fleet: Fleet) -> None:
    simulated = put_model(fleet.here.root / "models", "step_100", simulated=True)
    context = fleet.context()
    config = msgspec.structs.replace(context.config, source=Source(kind="simulated"))
    context = dataclasses.replace(context, config=config)
    with pytest.raises(OperatorError, match="nothing says that rover2 is simulated"):
        rovers.deploy_to(context, "rover2", simulated, force=True, accept_motion=True)
    assert list(fleet.models.iterdir()) == []


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


def test_where_it_cannot_be_stopped_first_nothing_is_switched(fleet: Fleet) -> None:
    with pytest.raises(OperatorError, match="could not be stopped first"):
        fleet.deploy(stop_command=["false"])
    assert agreement(fleet.models) == ("", "")
    assert fleet.left() == []


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
