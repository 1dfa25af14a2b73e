"""Every decision is a line of the audit log: who, when, what, and on whose word."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rovertui.audit import Audit
from rovertui.config import Config, Node, Source
from rovertui.errors import OperatorError
from tests.daemon.rig import Rig
from tests.deployment.parts import put_model

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    config = Config(source=Source(kind="simulated"), node=Node(stop_command=["true"]))
    made = Rig(tmp_path, config)
    made.start()
    yield made
    made.end()


def lines(rig: Rig, what: str) -> list[dict[str, Any]]:
    found = [line for line in Audit(rig.workspace.audit).read() if line["what"] == what]
    assert all(line["user"] == ME and line["when"].endswith("Z") for line in found)
    return found


def job(rig: Rig, operation: str, **params: Any) -> None:
    number = rig.do(operation, **params)["job"]
    rig.until(lambda s: [j for j in s.jobs if j.id == number and j.state in ("done", "failed")])


def test_an_answer_given_without_being_asked(rig: Rig) -> None:
    said = rig.do("decide", key="depth.net_scale", value="1/6")["text"]
    assert "depth.net_scale = 1/6, decided by" in said
    kept = rig.workspace.decisions.stat().st_mtime
    rig.until(lambda s: s.decided == kept)
    asked, done = lines(rig, "decide")
    assert (asked["event"], asked["key"], asked["value"]) == ("asked", "depth.net_scale", "1/6")
    assert done["event"] == "done" and "1/6" in done["text"]

    rig.do("decide", answer="depth.net_scale 1")
    assert lines(rig, "decide")[-1]["text"].endswith(said.partition("1/6")[2])
    with pytest.raises(OperatorError, match="expected one of"):
        rig.do("decide", key="depth.net_scale", value="7")
    assert lines(rig, "decide")[-1]["event"] == "failed"


def test_what_is_insisted_on_stopped_pinned_and_let_go(rig: Rig) -> None:
    name = put_model(
        rig.workspace.root / "models", "step_100", within=False, reasons=["off"], simulated=True
    )
    rig.until(lambda s: "deploy" not in s.refusals)
    job(rig, "deploy", model=name, force=True, accept_motion=True)
    asked, done = lines(rig, "deploy")
    assert asked["forced_asked"] is True and asked["motion_accepted"] is True
    assert any("over the limits" in words for words in done["forced"])
    assert done["stopped"] is True, "the stop command was used"

    rig.until(lambda s: "pin" not in s.refusals)
    rig.do("pin", model=name)
    rig.until(lambda s: "unpin" not in s.refusals)
    rig.do("unpin", model=name)
    for operation in ("pin", "unpin"):
        asked, done = lines(rig, operation)
        assert (asked["event"], done["event"]) == ("asked", "done")
        assert asked["model"] == name and name in done["text"]
