"""What a key leads to: a request to the daemon, a question first, or the reason why not."""

from __future__ import annotations

from rovertui.errors import OperatorError
from rovertui.ui.screens.confirm import ConfirmScreen

from .conftest import opened
from .scenes import ONNX, STAGES, busy, empty, job, model


async def test_c_switches_capture_on_and_off() -> None:
    async with opened(empty()) as bench:
        await bench.press("c")
        assert bench.daemon.done == [("capture.on", {})]
        bench.daemon.snapshot.capture.wanted = True
        await bench.push()
        await bench.press("c")
        assert bench.daemon.done[-1] == ("capture.off", {})


async def test_a_key_is_answered_at_once_in_the_status_line() -> None:
    async with opened() as bench:
        await bench.press("c")
        assert "Stop capture" in bench.line("status")


async def test_p_pulls_the_selected_checkpoint() -> None:
    async with opened() as bench:
        await bench.press("3", "p")
        assert bench.daemon.done == [("pull", {"checkpoint": "ppo_v620_update_1260"})]
        await bench.press("j", "p")
        assert bench.daemon.done[-1][1] == {"checkpoint": "ppo_v620_update_1250"}
        await bench.press("G", "p")
        assert len(bench.daemon.done) == 2
        assert "no ONNX" in bench.line("status")


async def test_capital_c_converts_what_is_selected_and_here() -> None:
    async with opened() as bench:
        await bench.press("3", "C")
        assert bench.daemon.done == []
        assert "press p to pull it" in bench.line("status")
        await bench.press("j", "C", "y")
        assert bench.daemon.done == [("convert", {"model": ONNX})]
        await bench.press("tab", "G", "C", "y")
        assert bench.daemon.done[-1] == ("convert", {"model": "ppo_v620_update_1230"})


async def test_converting_again_asks_before_it_replaces_what_was_built() -> None:
    snapshot = busy()
    snapshot.models.append(model(1260, "onnx"))
    snapshot.server.checkpoints[0].state = "here"
    async with opened(snapshot) as bench:
        await bench.press("3", "C")
        assert bench.daemon.done == [("convert", {"model": "ppo_v620_update_1260"})]
        await bench.press("j", "j", "C")
        assert "is here as hybrid LIVE, int8" in " ".join(bench.text().split())
        await bench.press("n")
        assert len(bench.daemon.done) == 1
        await bench.press("colon", *"fp16", "enter")
        assert bench.daemon.done[-1][1]["precision"] == "fp16", "that one is not built yet"


async def test_an_earlier_build_in_service_is_said_on_the_line_of_the_new_one() -> None:
    snapshot = busy()
    snapshot.models[2].live, snapshot.models[2].earlier_live = False, True
    async with opened(snapshot, size=(120, 40)) as bench:
        await bench.press("3", "tab", "j", "j")
        assert "an earlier build of it is LIVE" in bench.text()


async def test_small_letters_do_not_do_what_capitals_do() -> None:
    async with opened() as bench:
        await bench.press("3", "d", "t", "C" if False else "v", "X")
        assert bench.daemon.done == []
        assert not isinstance(bench.app.screen, ConfirmScreen)


async def test_a_refused_key_says_why_and_asks_nobody() -> None:
    snapshot = busy()
    snapshot.refusals = {"ship": "rknn-toolkit2 is still being installed.", "deploy": ""}
    async with opened(snapshot) as bench:
        assert "(x ship)" in bench.line("footer")
        await bench.press("x")
        assert "still being installed" in bench.line("status")
        assert bench.daemon.done == []
        await bench.press("question_mark")
        assert "not now: rknn-toolkit2 is still being installed." in bench.text()


async def test_what_the_daemon_refuses_is_said_with_its_hint() -> None:
    async with opened(empty()) as bench:
        bench.daemon.failure = OperatorError("The disk is full.", hint="Remove old samples.")
        await bench.press("c")
        assert "The disk is full. Remove old samples." in bench.line("status")


async def test_esc_cancels_the_running_job_after_asking() -> None:
    snapshot = busy()
    snapshot.jobs = [job("done", number=6), job(number=7)]
    async with opened(snapshot) as bench:
        await bench.press("escape")
        assert "Cancel ship?" in bench.text()
        await bench.press("y")
        assert bench.daemon.done == [("cancel", {"job": 7})]


async def test_the_question_whether_to_cancel_goes_when_its_job_ends() -> None:
    snapshot = busy()
    snapshot.jobs = [job(number=7)]
    async with opened(snapshot) as bench:
        await bench.press("escape")
        assert "Cancel ship?" in bench.text()
        snapshot.jobs = [job("done", number=7, text="built"), job(number=8)]
        await bench.push()
        assert not isinstance(bench.app.screen, ConfirmScreen)
        assert "ship done: built" in bench.line("status")
        await bench.press("y", "escape")
        assert bench.daemon.done == [] and "Job 8" in bench.text()


async def test_a_model_that_is_switched_already_is_not_offered_to_be_cancelled() -> None:
    snapshot = busy()
    snapshot.jobs = [job(at=STAGES.index("switch"))]
    async with opened(snapshot) as bench:
        await bench.press("escape")
        assert "Cancel ship?" in bench.text()
        snapshot.jobs = [job(at=STAGES.index("confirm"))]
        await bench.push()
        assert not isinstance(bench.app.screen, ConfirmScreen)
        await bench.press("escape")
        assert "switched already" in bench.line("status")


async def test_esc_with_nothing_running_says_so() -> None:
    async with opened() as bench:
        await bench.press("escape")
        assert "Nothing is running" in bench.line("status")


async def test_parking_works_in_simulation_only() -> None:
    async with opened() as bench:
        await bench.press("P")
        assert bench.daemon.done == [("drive.park", {})]
        bench.daemon.snapshot.stream.parked = True
        await bench.push()
        await bench.press("P")
        assert bench.daemon.done[-1] == ("drive.go", {})


async def test_installing_the_toolkit_asks_and_names_the_size() -> None:
    async with opened(empty()) as bench:
        await bench.press("T")
        assert "gigabytes" in bench.text()
        await bench.press("y")
        assert bench.daemon.done == [("toolkit.install", {})]


async def test_what_needs_a_selection_is_not_done_where_none_is_seen() -> None:
    async with opened() as bench:
        await bench.press("p", "C")
        assert bench.daemon.done == []
        assert "only on screen 3" in bench.line("status")
