"""Deploy, roll back, ship: asked first, with all that comes of it."""

from __future__ import annotations

import pytest

from rovertui.ui.screens.confirm import ConfirmScreen

from .conftest import opened
from .scenes import ONNX, busy, checkpoint, job, model


async def test_deploy_asks_and_names_model_precision_rover_and_motion() -> None:
    async with opened() as bench:
        await bench.press("3", "l", "D")
        asked = bench.text()
        for word in (ONNX + "_hybrid", "hybrid", "rover1", "MOVING", "wheel commands"):
            assert word in asked
        assert bench.daemon.done == []
        await bench.press("n")
        assert bench.daemon.done == []
        assert "Nothing was changed" in bench.line("status")
        await bench.press("D", "y")
        assert bench.daemon.done == [("deploy", {"model": ONNX + "_hybrid", "accept_motion": True})]


async def test_an_open_question_says_what_is_so_now_and_never_permits_more_than_was_asked() -> None:
    async with opened() as bench:
        await bench.press("3", "l", "D")
        assert "THE ROVER IS MOVING" in bench.text()
        bench.daemon.snapshot.stream.motion = "still"
        await bench.push()
        assert "MOVING" not in bench.text()
        bench.daemon.snapshot.stream.motion = "moving"
        await bench.push()
        await bench.press("y")
        assert bench.daemon.done == [("deploy", {"model": ONNX + "_hybrid"})]


async def test_deploying_on_a_rover_that_stands_still_accepts_no_motion() -> None:
    snapshot = busy()
    snapshot.stream.motion = "still"
    async with opened(snapshot) as bench:
        await bench.press("3", "l", "D")
        assert "MOVING" not in bench.text() and "MOTION" not in bench.text()
        await bench.press("enter")
        assert bench.daemon.done == [("deploy", {"model": ONNX + "_hybrid"})]


async def test_a_model_over_the_limits_is_deployed_only_by_insisting_on_it() -> None:
    snapshot = busy()
    snapshot.stream.motion = "still"
    snapshot.models = [model(1240, "int8", within=False, mean=0.09, largest=0.4)]
    async with opened(snapshot) as bench:
        await bench.press("3", "l", "D")
        assert "OVER THE LIMITS" in bench.text()
        await bench.press("y")
        assert bench.daemon.done == [
            ("deploy", {"model": "ppo_v620_update_1240_int8", "force": True})
        ]


async def test_an_onnx_is_not_deployed() -> None:
    async with opened() as bench:
        await bench.press("3", "l", "j", "D")
        assert "select its hybrid (j, k), then D" in bench.line("status")
        assert "(D deploy)" in bench.line("footer")
        bench.daemon.snapshot.models = [model(1250, "onnx")]
        await bench.push()
        await bench.press("D")
        assert "press C" in bench.line("status")
        assert bench.daemon.done == []


async def test_roll_back_asks_and_names_both_models() -> None:
    async with opened() as bench:
        await bench.press("R")
        assert "1240 hybrid" in bench.text() and "ppo_v620_update_1230_fp16" in bench.text()
        await bench.press("y")
        assert bench.daemon.done == [("rollback", {"accept_motion": True})]


async def test_ship_asks_once_naming_checkpoint_precision_rover_and_its_end() -> None:
    snapshot = busy()
    snapshot.precision = "int8"
    async with opened(snapshot) as bench:
        await bench.press("x")
        for word in ("ppo_v620_update_1260", "int8", "rover1", "ready: press D", "stays live"):
            assert word in " ".join(bench.text().split())
        await bench.press("y")
        assert bench.daemon.done == [("ship", {"checkpoint": "ppo_v620_update_1260"})]
        assert not isinstance(bench.app.screen, ConfirmScreen)


async def test_ship_says_beforehand_that_its_check_will_be_weak() -> None:
    snapshot = busy()
    snapshot.limits["frames"] = 30
    snapshot.capture.counted = True
    snapshot.capture.checking, snapshot.capture.check_apart = 40, 12
    async with opened(snapshot) as bench:
        await bench.press("x")
        shown = " ".join(bench.text().split())
        assert "It will be checked on 40 frames, 12 of another drive: WEAK" in shown
        assert "as hybrid or int8, then int16, then fp16." in shown
        await bench.press("n")
    snapshot.capture.check_apart = 30
    async with opened(snapshot) as bench:
        await bench.press("x")
        assert "WEAK" not in bench.text()
        await bench.press("n")


async def test_ship_and_pull_mean_the_line_with_the_cursor_in_either_list() -> None:
    snapshot = busy()
    snapshot.models.append(model(77, "onnx"))
    async with opened(snapshot) as bench:
        await bench.press("3", "tab", "j", "j")
        chosen = bench.app.state.selected_model()
        assert chosen is not None and chosen.checkpoint == "ppo_v620_update_1240"
        await bench.press("x")
        assert "Ship 1240 to rover1" in bench.text() and "NOT THE NEWEST" in bench.text()
        await bench.press("n", "p")
        assert bench.daemon.done == [("pull", {"checkpoint": "ppo_v620_update_1240"})]
        await bench.press("end")
        for key in ("x", "p"):
            await bench.press(key)
            assert "The V620 lists no such checkpoint" in bench.line("status")
        assert len(bench.daemon.done) == 1
        made = job("done", 8, result={"model": "ppo_v620_update_1240_int8"})
        bench.daemon.snapshot.jobs = [made]
        bench.daemon.push()
        await bench.until(lambda: bench.app.state.model == made.result["model"], "the job's end")
        await bench.press("x")
        assert "Ship 1260 to rover1" in bench.text(), "nobody put the cursor there"


async def test_ship_without_samples_is_refused_before_anything_is_pulled() -> None:
    snapshot = busy()
    snapshot.capture.counted, snapshot.capture.kept = True, 0
    async with opened(snapshot) as bench:
        await bench.press("x")
        assert "There are no calibration samples" in bench.line("status")
        assert not isinstance(bench.app.screen, ConfirmScreen)
    snapshot.precision = "fp16"
    async with opened(snapshot) as bench:
        await bench.press("x")
        assert isinstance(bench.app.screen, ConfirmScreen), "fp16 needs none"


async def test_ship_takes_the_newest_checkpoint_that_has_an_onnx() -> None:
    snapshot = busy()
    snapshot.server.checkpoints = [
        checkpoint(900, "here"),
        checkpoint(1300, "no onnx"),
        checkpoint(1290, "growing"),
        checkpoint(1280),
    ]
    async with opened(snapshot) as bench:
        await bench.press("x", "y")
        assert bench.daemon.done == [("ship", {"checkpoint": "ppo_v620_update_1280"})]


@pytest.mark.parametrize("key", ["escape", "n"])
async def test_no_answer_is_a_no(key: str) -> None:
    async with opened() as bench:
        await bench.press("x", key)
        assert bench.daemon.done == []
        assert bench.app.screen.name != "confirm" and not isinstance(
            bench.app.screen, ConfirmScreen
        )


async def test_other_keys_do_nothing_while_a_question_is_open() -> None:
    async with opened() as bench:
        await bench.press("x", "c", "q", "1", "3", "D")
        assert isinstance(bench.app.screen, ConfirmScreen)
        assert bench.daemon.done == []


async def test_d_works_where_ready_press_d_is_read() -> None:
    snapshot = busy()
    snapshot.jobs = [job()]
    async with opened(snapshot) as bench:
        ended = job("done", at=13, text="ready: press D.")
        ended.result = {"convert": {"model": ONNX + "_hybrid"}, "deploy": None, "ready": True}
        bench.daemon.snapshot.jobs = [ended]
        await bench.push()
        assert "ship ready: D" in bench.line("header")
        await bench.press("D", "y")
        assert bench.daemon.done[0][1]["model"] == ONNX + "_hybrid"
        assert "ON THE V620" in bench.line("body")


async def test_what_is_over_the_limits_says_so_where_it_is_asked() -> None:
    snapshot = busy()
    snapshot.models = [model(1240, "int8", within=False, mean=0.09, largest=0.4)]
    async with opened(snapshot, (120, 40)) as bench:
        await bench.press("3", "l", "D")
        shown = " ".join(bench.text().split())
        assert "Deploy 1240 int8, OVER THE LIMITS, to rover1?" in shown and "is recorded" in shown
        await bench.press("n", "x")
        assert "FEW SAMPLES: 37 of 50 wanted" in bench.text()
        await bench.press("n")
        bench.daemon.snapshot.capture.state = "complete"
        await bench.push()
        assert "c stop" in bench.line("footer")
