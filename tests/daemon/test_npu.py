"""The NPU check as the daemon runs it, on the demo's stand-in: there is no NPU at hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rovertui.config import Config, Node, Npu, Source
from rovertui.snapshot import JobView
from tests.conversion import board
from tests.daemon.rig import Rig
from tests.waiting import until

Make = Callable[..., Rig]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """A simulated workspace with a converted model, its daemon running."""
    made: list[Rig] = []

    def build(**npu: object) -> Rig:
        rig = Rig(
            tmp_path,
            Config(
                source=Source(kind="simulated", speed=20.0),
                npu=Npu(**npu),  # type: ignore[arg-type]
                node=Node(),
            ),
        )
        board.put(tmp_path / "models", simulated=True)
        made.append(rig)
        rig.start()
        return rig

    yield build
    for rig in made:
        rig.end()


def ended(rig: Rig, number: int) -> JobView:
    def look() -> JobView | None:
        job: JobView = rig.ask(lambda client: client.job(number))
        return job if job.state in ("done", "failed", "cancelled") else None

    found: JobView = until(look, 60)
    return found


def test_its_figures_reach_the_sheet_the_snapshot_and_the_live_model(make: Make) -> None:
    rig = make(stand_in=True)

    job = ended(rig, rig.do("npu", model=board.NAME)["job"])

    assert job.state == "done" and job.result["npu"]["frames"] == 5
    assert "stand-in, NOT AN NPU" in job.text
    rig.until(lambda s: any("ms p95" in model.npu for model in s.models))
    done = ended(rig, rig.do("deploy", model=board.NAME, accept_motion=True)["job"])
    assert done.state == "done", done.text
    live = json.loads((rig.workspace.root / "models" / "remote_trained.json").read_text())
    assert live["npu"]["stand_in"] is True and live["npu"]["runs"] > 0
    said = [e for e in rig.ask(lambda client: client.events(done.id, 0))[0] if e["kind"] == "log"]
    assert any("Measured here before" in event["text"] for event in said)


def test_a_deployment_measures_what_was_not_measured_yet(make: Make) -> None:
    rig = make(stand_in=True)

    job = ended(rig, rig.do("deploy", model=board.NAME, accept_motion=True)["job"])

    assert job.state == "done", job.text
    assert {"check", "npu", "switch"} <= {s.name for s in job.stages if s.state == "done"}
    live = json.loads((rig.workspace.root / "models" / "remote_trained.json").read_text())
    assert live["npu"]["frames"] == 5


def test_a_crash_of_its_process_is_told_and_the_daemon_goes_on(make: Make, tmp_path: Path) -> None:
    python = tmp_path.with_name(f"{tmp_path.name}-python")
    python.write_text("#!/bin/sh\nkill -SEGV $$\n")
    python.chmod(0o755)
    rig = make(stand_in=True, python=str(python))

    job = ended(rig, rig.do("npu", model=board.NAME)["job"])
    refused = ended(rig, rig.do("deploy", model=board.NAME, accept_motion=True)["job"])

    assert job.state == "failed" and "ended by SIGSEGV in stage prepare" in job.text
    assert refused.state == "failed" and "SIGSEGV" in refused.text
    assert not (rig.workspace.root / "models" / "remote_trained.rknn").exists()
    assert rig.answers()
    sheet = json.loads((rig.workspace.root / "models" / f"{board.NAME}.json").read_text())
    assert "SIGSEGV" in sheet["npu"]["problem"]


def test_without_an_npu_the_refusal_names_what_the_demo_can_show(make: Make) -> None:
    rig = make()

    assert "There is no NPU here" in rig.snapshot().refusals["npu"]
    assert "npu.stand_in" in rig.snapshot().refusals["npu"]
    done = ended(rig, rig.do("deploy", model=board.NAME, accept_motion=True)["job"])
    assert done.state == "done" and "npu" not in [stage.name for stage in done.stages]
