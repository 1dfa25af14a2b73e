"""The whole chain on real parts: samples, SSH, the toolkit, the switch; and what kill -9 leaves.

The tests here have one workspace and go on from each other, in their order.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from rovertui.conversion import sheet
from rovertui.daemon import launch
from rovertui.demo import workspace as demo
from rovertui.errors import OperatorError
from rovertui.workspace import Workspace
from tests.waiting import until

from .demo_rig import NEWEST, DemoRig

pytestmark = pytest.mark.needs_toolkit


def test_the_headless_demo_measures_what_it_ships(
    figures: tuple[Path, dict[str, Any]],
) -> None:
    place, found = figures
    assert found["samples"] == 50, "of a hundred recorded, those that cover them"
    assert found["held_out"] >= 30
    assert found["strength"].endswith("WEAK"), "one drive is never a strong check"
    assert found["model"] == f"{NEWEST}_hybrid"
    assert found["precision"] == "hybrid"
    assert found["rknn_bytes"] < found["onnx_bytes"]
    limits = Workspace(place).load().limits
    assert 0 < found["error"]["mean"] <= limits.mean
    assert found["error"]["mean"] <= found["error"]["max"] <= limits.largest
    assert found["error"]["over_limit"] <= limits.share_over
    assert found["live"] == "seen"
    assert Path(found["active"]).stem == found["model"]
    assert Path(found["active"]).stat().st_size == found["rknn_bytes"]
    assert {"pull", "capture", "convert", "deploy", "total"} <= set(found["seconds"])


def test_nothing_runs_when_the_headless_demo_has_ended(
    figures: tuple[Path, dict[str, Any]],
) -> None:
    rig = DemoRig(Workspace(figures[0]))
    until(lambda: not rig.children())


def test_samples_for_checking_never_calibrated(figures: tuple[Path, dict[str, Any]]) -> None:
    described = sheet.load(Path(figures[1]["active"]))
    assert described.check is not None
    calibrated = {sample.sha256 for sample in described.calibration.samples}
    checked = {frame.sha256 for frame in described.check.by_frame}
    assert calibrated
    assert checked
    assert not calibrated & checked
    assert described.simulated


def test_a_second_model_goes_live_and_rolls_back(rig: DemoRig) -> None:
    shipped = rig.job("ship", checkpoint="1240", precision="fp16")
    assert shipped.state == "done", shipped.text
    assert rig.live() == "ppo_v620_update_1240_fp16"
    rig.until(lambda s: s.live.name == "ppo_v620_update_1240_fp16" and s.live.state == "seen")
    back = rig.job("rollback")
    assert back.state == "done", back.text
    assert rig.live() == f"{NEWEST}_hybrid"


def test_a_moving_rover_ends_the_chain_with_ready_press_d(rig: DemoRig) -> None:
    rig.do("drive.go")
    rig.until(lambda s: s.stream.motion == "moving")
    before = rig.live()
    shipped = rig.job("ship", checkpoint="1230", precision="fp16")
    assert shipped.state == "done"
    assert "ready: press D" in shipped.text
    assert rig.live() == before
    refused = rig.job("deploy", model="ppo_v620_update_1230_fp16")
    assert refused.state == "done" and refused.result["ready"] is True, "ready is not failed"
    assert rig.live() == before
    rig.do("drive.park")
    rig.until(lambda s: s.stream.motion == "still")
    assert rig.job("deploy", model="ppo_v620_update_1230_fp16").state == "done"
    assert rig.live() == "ppo_v620_update_1230_fp16"


def test_a_model_over_the_limits_is_deployed_only_when_insisted_on(rig: DemoRig) -> None:
    made = rig.job("convert", model=NEWEST, precision="int8")
    assert made.state == "done", made.text
    if made.result["within"]:
        pytest.fail(f"the guide's recipe is within the limits: {made.result['error']}")
    refused = rig.job("deploy", model=f"{NEWEST}_int8")
    assert refused.state == "failed"
    assert "limit" in refused.text
    assert rig.job("deploy", model=f"{NEWEST}_int8", force=True).result["forced"]
    assert rig.job("rollback").state == "done"


@pytest.mark.parametrize(
    ("mode", "state", "words"),
    [
        ("refuse", "failed", "refused"),
        ("deaf", "failed", "did not"),
        ("mute", "done", "believed"),
        ("constant", "done", "believed"),
    ],
)
def test_the_node_s_modes_end_as_they_should(
    rig: DemoRig, mode: str, state: str, words: str
) -> None:
    before = rig.live()
    other = f"{NEWEST}_hybrid" if before != f"{NEWEST}_hybrid" else "ppo_v620_update_1240_fp16"
    rig.node_mode(mode)
    try:
        job = rig.job("deploy", model=other)
        assert (job.state, words in job.text) == (state, True), job.text
        assert rig.live() == (before if state == "failed" else other)
    finally:
        rig.node_mode("ok")


def test_cancelling_a_conversion_ends_the_worker_and_leaves_nothing(rig: DemoRig) -> None:
    before = sorted((rig.workspace.root / "models").glob("*"))
    number = rig.do("convert", model=NEWEST, precision="hybrid")["job"]
    rig.stage(number, "quantize")
    rig.do("cancel", job=number)
    began = time.monotonic()
    assert rig.ended(number).state == "cancelled"
    assert time.monotonic() - began < 5
    until(lambda: not worker_of(rig))
    assert sorted((rig.workspace.root / "models").glob("*")) == before
    assert not list(rig.workspace.scratch.iterdir())


def test_a_killed_worker_is_told_by_signal_and_stage(rig: DemoRig) -> None:
    number = rig.do("convert", model=NEWEST, precision="hybrid")["job"]
    rig.stage(number, "quantize")
    os.kill(worker_of(rig)[0], signal.SIGKILL)
    job = rig.ended(number)
    assert job.state == "failed"
    assert "kill" in job.text.lower()
    assert "quantize" in job.text
    assert not list(rig.workspace.scratch.iterdir())


def test_kill_9_of_the_daemon_in_a_conversion_leaves_no_orphan_and_says_so(
    rig: DemoRig,
) -> None:
    live = rig.live()
    number = rig.do("convert", model=NEWEST, precision="hybrid")["job"]
    rig.stage(number, "quantize")
    assert worker_of(rig)
    rig.kill()
    until(lambda: not rig.children())
    assert rig.live() == live
    rig.ready()
    assert rig.ended(number).state == "interrupted"
    assert any("interrupted" in notice for notice in rig.snapshot().notices)
    assert not list(rig.workspace.scratch.iterdir())
    assert rig.live() == live


@pytest.mark.parametrize("stage", ["switch", "reload", "confirm"])
def test_kill_9_of_the_daemon_in_a_deployment_leaves_a_live_model(rig: DemoRig, stage: str) -> None:
    before = rig.live()
    other = f"{NEWEST}_hybrid" if before != f"{NEWEST}_hybrid" else "ppo_v620_update_1240_fp16"
    rig.node_mode("deaf" if stage == "reload" else "mute")
    number = rig.do("deploy", model=other)["job"]
    with contextlib.suppress(AssertionError):
        rig.stage(number, stage)
    rig.kill()
    assert rig.live() in (before, other)
    rig.ready()
    assert rig.live() in (before, other)
    assert not (rig.workspace.kept / "deploy.json").exists()
    rig.until(lambda s: s.live.name == rig.live())


def test_a_v620_that_dies_is_said_and_comes_back(rig: DemoRig) -> None:
    files = rig.workspace.kept / demo.MARK / "v620"
    away = files.rename(files.with_name("away"))
    listed = rig.snapshot().server.listed
    assert listed is not None
    try:
        server = next(p for p in rig.children() if "rovertui.demo.v620" in p.info["cmdline"])
        server.kill()

        def said() -> bool:
            rig.do("server.list")
            messages = rig.ask(lambda client: client.messages())
            return any("The V620 cannot be reached" in message.text for message in messages)

        # It is begun again at once, and ends for want of its files.
        until(said, 40)
        assert rig.snapshot().stream.state == "live", "nothing else stands still for it"
    finally:
        away.rename(files)

    rig.until(lambda s: s.server.state == "up" and (s.server.listed or 0) > listed, 60)
    assert not server.is_running()


def test_an_unforeseen_client_death_leaves_the_job_running(rig: DemoRig) -> None:
    async def start_and_leave() -> int:
        client = await launch.connected(rig.workspace)
        number = (await client.do("convert", model=NEWEST, precision="fp16"))["job"]
        await client.close()
        return int(number)

    job = rig.ended(asyncio.run(start_and_leave()))
    assert job.state == "done"
    events, total = rig.ask(lambda client: client.events(job.id, 0, 1000))
    assert total == len(events)
    assert events[-1]["kind"] == "result"
    with pytest.raises(OperatorError, match="no job"):
        rig.ask(lambda client: client.events(9999, 0, 1))


def test_a_pushed_model_is_converted_by_itself_and_a_weak_check_waits_for_a_person(
    figures: tuple[Path, dict[str, Any]],
) -> None:
    made = DemoRig(demo.prepare(figures[0]))
    path = made.workspace.config_path
    path.write_text(path.read_text().replace('on_arrival = "notify"', 'on_arrival = "ship"'))
    made.ready()
    try:
        live = made.live()
        pushed = made.workspace.root / "models" / "ppo_v620_update_1260.onnx"
        # As scp does: under its own name, from its first byte on.
        with pushed.open("wb") as stream:
            stream.write((pushed.with_name(f"{NEWEST}.onnx")).read_bytes())
        until(lambda: [j for j in made.snapshot().jobs if "1260" in j.title], 40)
        job = made.ended([j for j in made.snapshot().jobs if "1260" in j.title][-1].id)
        assert job.state == "done" and "ready: press D" in job.text and "WEAK" in job.text
        assert made.live() == live
    finally:
        made.end()


def worker_of(rig: DemoRig) -> list[int]:
    return [
        process.pid
        for process in rig.children()
        if any(word.endswith("worker/main.py") for word in process.info["cmdline"])
    ]
