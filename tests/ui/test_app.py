"""Keys to operations, refusals, confirmations, questions, reconnecting: as it is used."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from rovertui.client import DaemonStopped
from rovertui.errors import OperatorError
from rovertui.snapshot import QuestionView
from rovertui.ui import copying
from rovertui.ui.app import RoverApp
from rovertui.ui.screens.confirm import ConfirmScreen
from rovertui.ui.screens.help import HelpScreen
from rovertui.ui.screens.log import LogScreen
from rovertui.ui.screens.palette import PaletteScreen
from rovertui.ui.screens.question import QuestionScreen
from widgets.line_view import LineView

from .conftest import Bench, opened
from .stand_in import STAGES, StandIn, busy, checkpoint, empty, job, model

ONNX = "ppo_v620_update_1250"


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


async def test_a_fault_of_our_own_is_words_and_ends_nothing() -> None:
    async with opened(empty()) as bench:
        bench.daemon.failure = ValueError("boom [/x]")
        await bench.press("c")
        await bench.until(lambda: "Internal fault" in bench.line("status"), "the fault in words")
        assert "ValueError: boom [/x]" in bench.line("status")
        bench.daemon.failure = None
        await bench.press("c")
        assert bench.daemon.done


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


async def test_screens_change_by_number_and_the_header_stays_the_same() -> None:
    snapshot = busy()
    snapshot.jobs = [job(at=5)]
    async with opened(snapshot, (120, 40)) as bench:
        header = bench.line("header")
        await bench.press("3")
        assert bench.line("header").replace("MODELS", "DRIVE") == header
        assert "ON THE V620" in bench.line("body")
        await bench.press("1")
        assert bench.line("header") == header


async def test_q_leaves_from_every_screen() -> None:
    for keys in ((), ("3",), ("L",), ("question_mark",)):
        async with opened() as bench:
            await bench.press(*keys, "q")
            assert bench.app.return_value == 0


async def test_the_palette_has_what_no_key_has() -> None:
    async with opened() as bench:
        await bench.press("colon", *"daemon", "enter")
        assert isinstance(bench.app.screen, ConfirmScreen)
        assert "Capture and running jobs end, and this screen closes." in bench.text()
        await bench.press("y")
        assert bench.daemon.done == [("daemon.stop", {})]
        await bench.until(lambda: bench.app.return_value == 0, "the end of the screen")


async def test_the_palette_offers_first_what_can_be_done_and_says_why_the_rest_cannot() -> None:
    snapshot = busy()
    snapshot.refusals = {"pull": "No V620 [/host] is set."}
    async with opened(snapshot, (100, 40)) as bench:
        await bench.press("colon")
        palette = bench.app.screen
        assert isinstance(palette, PaletteScreen)
        refused = [bool(bench.app.state.refusal(command)) for command in palette.found()]
        assert refused == sorted(refused)
        assert "pull" in [command.name for command in palette.found()[refused.index(True) :]]
        await bench.press(*"pull")
        lines = bench.text().split("\n")
        assert "not now: No V620 [/host] is set." in lines[0]
        await bench.press("escape")
        assert not isinstance(bench.app.screen, PaletteScreen)


async def test_the_palette_puts_the_best_match_first_also_where_it_is_refused() -> None:
    snapshot = busy()
    snapshot.refusals = {"rollback": "No model was live before."}
    async with opened(snapshot, (100, 40)) as bench:
        for typed, best in (("roll", "Roll back"), ("log", "log"), ("hist", "history")):
            await bench.press("colon", *typed)
            palette = bench.app.screen
            assert isinstance(palette, PaletteScreen)
            assert palette.found()[0].title(snapshot) == best, typed
            await bench.press("escape")


async def test_a_result_that_is_cut_says_so_and_is_read_whole_one_key_away() -> None:
    snapshot = busy()
    why = "The V620 answers, but " + "its directory of checkpoints is empty, " * 4 + "as it seems."
    snapshot.refusals = {"ship": why}
    async with opened(snapshot) as bench:
        await bench.press("x")
        assert bench.line("status").rstrip().endswith("… m: all of it")
        assert len(bench.line("status")) <= 80
        await bench.press("m")
        await bench.until(lambda: "LAST KEY" in bench.text(), "the messages")
        assert why in " ".join(bench.line("body").replace("LAST KEY", "").split())


async def test_a_precision_can_be_chosen_in_the_palette() -> None:
    async with opened() as bench:
        await bench.press("3", "j", "colon", *"fp16", "enter")
        assert bench.daemon.done == [("convert", {"model": ONNX, "precision": "fp16"})]


async def test_help_shows_the_keys_of_this_screen() -> None:
    async with opened(size=(80, 50)) as bench:
        await bench.press("question_mark")
        assert isinstance(bench.app.screen, HelpScreen)
        assert "KEYS OF DRIVE" in bench.text() and "Pull" not in bench.text()
        await bench.press("escape", "3", "question_mark")
        assert "KEYS OF MODELS" in bench.text() and "Pull" in bench.text()


async def test_a_fingerprint_is_shown_and_nothing_is_chosen_by_itself() -> None:
    async with opened() as bench:
        bench.daemon.snapshot.questions = [
            QuestionView(id=4, kind="fingerprint", text="v620 shows SHA256:abc. Is it right?")
        ]
        await bench.push()
        assert isinstance(bench.app.screen, QuestionScreen)
        await bench.until(lambda: "SHA256:abc" in bench.text(), "the question")
        await bench.press("enter")
        assert bench.daemon.answers == []
        await bench.press("1")
        assert bench.daemon.answers == [(4, "yes")]
        assert not isinstance(bench.app.screen, QuestionScreen)


async def test_a_passphrase_is_never_shown_and_not_kept() -> None:
    async with opened() as bench:
        bench.daemon.snapshot.questions = [
            QuestionView(id=5, kind="passphrase", text="Passphrase of id_ed25519?", secret=True)
        ]
        await bench.push()
        await bench.press(*"hunter2")
        assert bench.app.screen.query_one(Input).password
        shown = bench.app.export_screenshot()
        assert "hunter2" not in shown and "hunter2" not in bench.text()
        await bench.press("enter")
        assert bench.daemon.answers == [(5, "hunter2")]
        assert "hunter2" not in repr(bench.app.state)


async def test_esc_gives_no_answer() -> None:
    async with opened() as bench:
        bench.daemon.snapshot.questions = [QuestionView(id=6, kind="passphrase", text="?")]
        await bench.push()
        await bench.press("escape")
        assert bench.daemon.answers == [(6, None)]
        await bench.push()
        assert not isinstance(bench.app.screen, QuestionScreen)


async def test_a_question_answered_elsewhere_goes_away() -> None:
    async with opened() as bench:
        bench.daemon.snapshot.questions = [QuestionView(id=7, kind="passphrase", text="?")]
        await bench.push()
        assert isinstance(bench.app.screen, QuestionScreen)
        bench.daemon.snapshot.questions = []
        await bench.push()
        assert not isinstance(bench.app.screen, QuestionScreen)
        assert bench.daemon.answers == []


async def test_an_open_question_is_shown_again_after_the_line_was_lost() -> None:
    async with opened() as bench:
        bench.app.session._pause = 0.02
        bench.daemon.snapshot.questions = [QuestionView(id=1, kind="choice", text="Metres?")]
        await bench.push()
        assert isinstance(bench.app.screen, QuestionScreen)
        bench.daemon.drop()
        await bench.until(lambda: not isinstance(bench.app.screen, QuestionScreen), "no box")
        assert bench.daemon.answers == []
        bench.daemon.up = True
        await bench.until(lambda: "Metres?" in bench.text(), "the box again")


async def test_unread_warnings_are_counted_in_the_header_with_the_key_that_reads_them() -> None:
    snapshot = busy()
    snapshot.unread = 2
    async with opened(snapshot, (120, 40)) as bench:
        assert "2 warnings: m" in bench.line("header")
        await bench.pilot.resize_terminal(60, 20)
        await bench.until(lambda: "2! m" in bench.line("header"), "fewer words")
        await bench.press("m")
        await bench.push()
        assert "!" not in bench.line("header")


async def test_a_lost_daemon_is_said_and_found_again() -> None:
    async with opened() as bench:
        bench.app.session._pause = 0.02
        bench.daemon.drop()
        await bench.until(lambda: "daemon gone, reconnecting" in bench.line("header"), "gone")
        assert "BAD" in bench.line("header")
        await bench.press("c")
        assert bench.daemon.done == []
        assert "daemon gone" in bench.line("status")
        bench.daemon.up = True
        await bench.until(lambda: bench.line("header").startswith(" DRIVE ok"), "found again")
        assert "Connected again" in bench.line("status")
        await bench.press("c")
        assert bench.daemon.done == [("capture.off", {})]


async def test_the_end_of_a_job_is_said_on_whatever_screen() -> None:
    snapshot = busy()
    snapshot.jobs = [job()]
    async with opened(snapshot) as bench:
        ended = job("done", at=13, text="1250 is live, seen.")
        ended.result = {"model": ONNX + "_hybrid"}
        bench.daemon.snapshot.jobs = [ended]
        await bench.push()
        assert "ship done: 1250 is live, seen." in bench.line("status")
        await bench.press("3", "D")
        assert "Deploy 1250 hybrid to rover1?" in bench.text()


async def test_a_notice_of_the_daemon_is_said_once() -> None:
    async with opened() as bench:
        bench.daemon.snapshot.notices = ["The recorder was restarted."]
        await bench.push()
        assert "The recorder was restarted." in bench.line("status")
        await bench.press("c")
        await bench.push()
        assert "restarted" not in bench.line("status")


async def test_selection_stays_on_its_model_when_the_list_grows() -> None:
    async with opened() as bench:
        await bench.press("3", "j")
        bench.daemon.snapshot.server.checkpoints.insert(0, checkpoint(1270))
        await bench.push()
        await bench.press("p")
        assert bench.daemon.done == [("pull", {"checkpoint": ONNX})]


SIZES = [(40, 12), (200, 60), (3, 2), (80, 24)]


@pytest.mark.parametrize(
    "keys", [(), ("3",), ("L",), ("question_mark",), ("x",), ("colon",)], ids=str
)
async def test_resizing_breaks_nothing(keys: tuple[str, ...]) -> None:
    snapshot = busy()
    snapshot.jobs = [job()]
    async with opened(snapshot) as bench:
        await bench.press(*keys)
        for width, height in SIZES:
            await bench.pilot.resize_terminal(width, height)
            await bench.push()
        before = bench.app.screen.query(LineView)
        assert all(view.text() for view in before if view.id != "status")


async def test_a_small_terminal_still_shows_capture_count_and_last_event() -> None:
    async with opened(size=(40, 12)) as bench:
        shown = bench.text()
        assert "CAPTURE ON" in shown and "37/100" in shown
        assert "3 s ago calibration_0049" in shown


async def test_a_confirmation_is_read_whole_on_a_small_terminal() -> None:
    async with opened(size=(40, 12)) as bench:
        await bench.press("x")
        shown = " ".join(bench.text().split())
        assert "ready: press D" in shown and "y or enter: yes" in shown


async def test_only_changed_rows_are_repainted() -> None:
    stand_in = StandIn(busy())
    app = RoverApp(stand_in.client, "/w")
    # Ages that grow meanwhile would be rows that changed.
    app.state.clock = lambda: 0.0
    async with opened(daemon=stand_in, app=app) as bench:
        body = bench.app.screen.query_one("#body", LineView)
        before = body.painted
        await bench.push()
        assert body.painted == before
        bench.daemon.snapshot.capture.next_in = 5.5
        await bench.push()
        assert body.painted == before + 1


async def test_hidden_screens_are_not_drawn() -> None:
    async with opened() as bench:
        drive = bench.app.screen.query_one("#body", LineView)
        await bench.press("3")
        painted, shown = drive.painted, drive.text()
        bench.daemon.snapshot.capture.kept = 99
        await bench.push()
        assert (drive.painted, drive.text()) == (painted, shown)
        await bench.press("1")
        assert "99%" in drive.text()


def long_log(count: int) -> list[dict[str, object]]:
    return [{"kind": "log", "text": f"line {i} of [/all]"} for i in range(count)]


async def test_the_log_is_fetched_in_bounded_ranges_and_followed() -> None:
    snapshot = busy()
    snapshot.jobs = [job(events=50_000)]
    async with opened(snapshot) as bench:
        bench.daemon.log = long_log(50_000)
        await bench.press("L")
        assert isinstance(bench.app.screen, LogScreen)
        await bench.until(lambda: "line 49999 of [/all]" in bench.text(), "the end of the log")
        assert max(count for _, _, count in bench.daemon.fetched) <= 200
        bench.daemon.log += [{"kind": "warning", "text": "hot"}]
        bench.daemon.snapshot.jobs = [job(events=50_001)]
        await bench.push()
        await bench.until(lambda: "WARNING hot" in bench.text(), "the new line")
        await bench.press("g")
        await bench.until(lambda: "line 0 of [/all]" in bench.text(), "the first line")
        assert "G follows" in bench.text()


async def test_search_finds_lines_that_were_never_fetched() -> None:
    snapshot = busy()
    snapshot.jobs = [job(events=9_000)]
    async with opened(snapshot) as bench:
        bench.daemon.log = long_log(9_000)
        for index in (4_321, 6_543):
            bench.daemon.log[index] = {"kind": "log", "text": "E Needle [x"}
        await bench.press("L", "slash", *"needle", "enter")
        await bench.until(lambda: "in line 6544" in bench.line("status"), "the last match")
        await bench.press("N")
        await bench.until(lambda: "in line 4322" in bench.line("status"), "the match before")
        await bench.until(lambda: "E Needle [x" in bench.text(), "its line")
        await bench.press("N")
        await bench.until(lambda: "is not before" in bench.line("status"), "no more")
        await bench.press("n")
        await bench.until(lambda: "in line 6544" in bench.line("status"), "forward again")
        assert max(count for _, _, count in bench.daemon.fetched) <= 1000
        await bench.press("escape", "escape")
        assert not isinstance(bench.app.screen, LogScreen)


async def test_long_lines_are_marked_scrolled_copied_whole_and_found(tmp_path: Path) -> None:
    (tmp_path / ".rovertui").mkdir()
    snapshot = busy()
    snapshot.jobs = [job(events=30)]
    stand_in = StandIn(snapshot)
    stand_in.log = long_log(29)
    stand_in.log.append({"kind": "log", "text": "x" * 200 + " the end"})
    app = RoverApp(stand_in.client, str(tmp_path))
    async with opened(daemon=stand_in, app=app) as bench:
        await bench.press("L")
        await bench.until(lambda: "xxx>" in bench.line("body"), "the mark of a cut line")
        await bench.press("l")
        assert "<xxx" in bench.line("body") and "xxx>" in bench.line("body")
        await bench.press("h", "h")
        assert "Nothing further left" in bench.line("status")
        await bench.press("y")
        assert "x the end\n" in (tmp_path / copying.FILE).read_text()
        await bench.press("slash", *"the end", "enter")
        await bench.until(lambda: "the end" in bench.line("body"), "the match, scrolled to")


async def test_letters_typed_into_the_search_are_no_commands() -> None:
    async with opened() as bench:
        await bench.press("L", "slash", *"xcq")
        assert bench.app.screen.query_one("#search", Input).value == "xcq"
        assert bench.daemon.done == []
        assert isinstance(bench.app.screen, LogScreen)


async def test_the_logs_of_earlier_jobs_can_be_read() -> None:
    snapshot = busy()
    snapshot.jobs = [job("failed", number=3, events=5), job(number=7, events=5)]
    async with opened(snapshot) as bench:
        await bench.press("L")
        assert "JOB 7" in bench.text()
        await bench.press("less_than_sign")
        assert "JOB 3" in bench.text()
        await bench.press("less_than_sign")
        assert "JOB 3" in bench.text()
        await bench.press("greater_than_sign")
        assert "JOB 7" in bench.text()


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


async def test_what_needs_a_selection_is_not_done_where_none_is_seen() -> None:
    async with opened() as bench:
        await bench.press("p", "C")
        assert bench.daemon.done == []
        assert "only on screen 3" in bench.line("status")


async def test_a_flood_of_snapshots_is_drawn_no_faster_than_the_eye_needs() -> None:
    async with opened(draw_every=60.0) as bench:
        body = bench.app.screen.query_one("#body", LineView)
        bench.app._show()
        before = body.painted
        for count in range(50, 80):
            bench.daemon.snapshot.capture.kept = count
            await bench.push()
        assert body.painted == before
        await bench.press("c")
        assert "79%" in body.text()


async def test_a_stopped_daemon_is_told_by_whom_and_the_palette_starts_it_again() -> None:
    async with opened() as bench:
        bench.app.session._pause = 0.02
        bench.daemon.absence = DaemonStopped(
            "The daemon was stopped by op (command line) at 12:31."
        )
        bench.daemon.drop()
        await bench.until(lambda: "stopped by op" in bench.line("body"), "who stopped it")
        assert "BAD: daemon stopped" in bench.line("header")
        shown = " ".join(bench.line("body").split())
        assert "Start the daemon (in the palette, :) or run any rovertui command." in shown
        assert "NOT KNOWN" in shown
        # Nothing is offered that only a daemon does, and nothing is said to be recorded.
        assert "rec" not in bench.line("header").lower()
        foot = bench.line("footer")
        assert "(c stop)" in foot and "(x ship)" in foot and "(R roll back)" in foot
        await bench.press("colon")
        listed = bench.text().splitlines()
        assert "Start the daemon" in listed[0]
        await bench.press(*"ship")
        assert "not now: daemon stopped." in bench.text()
        await bench.press("escape", "colon", *"start the", "enter")
        await bench.until(lambda: not bench.app.state.gone, "the daemon")
        assert "stopped" not in bench.text()
        assert "ended unasked" not in bench.line("status")


async def test_a_configuration_that_is_refused_is_read_whole_where_it_is_needed() -> None:
    async with opened(size=(60, 20)) as bench:
        bench.app.session._pause = 0.02
        bench.daemon.absence = OperatorError(
            "/home/op/rover/config.toml: source.kind: expected one of none, tap, found 'tab'.",
            hint="The comments in the file say what is allowed.",
        )
        bench.daemon.drop()
        await bench.until(lambda: "found 'tab'." in " ".join(bench.text().split()), "the sentence")
        assert "say what is allowed" in " ".join(bench.line("body").split())
        await bench.press("c")
        assert "Not possible now: no daemon. The comments" in bench.line("status")
        bench.daemon.absence, bench.daemon.up = None, True
        await bench.until(lambda: not bench.app.state.gone, "it went on by itself")


async def test_a_daemon_that_ended_unasked_is_said_with_where_to_read_why() -> None:
    async with opened() as bench:
        bench.app.session._pause = 0.02
        bench.daemon.drop()
        await bench.until(lambda: "daemon gone" in bench.line("header"), "gone")
        bench.daemon.crashed = bench.daemon.up = True
        await bench.until(lambda: not bench.app.state.gone, "found again")
        await bench.until(lambda: "daemon.log" in bench.line("status"), "where to read why")


def painted(bench: Bench) -> list[str]:
    """What the terminal was given, line by line: not what was made to be drawn."""
    strips = bench.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


@pytest.mark.parametrize("meanwhile", [(), ("3",)], ids=["seen", "behind another screen"])
async def test_a_terminal_that_shrinks_keeps_nothing_of_the_rows_before(
    meanwhile: tuple[str, ...],
) -> None:
    snapshot = busy()
    values = snapshot.stream.values
    snapshot.stream.values = dict(list(values.items())[:4])
    async with opened(snapshot, (120, 40)) as bench:
        await bench.press(*meanwhile)
        await bench.pilot.resize_terminal(80, 24)
        await bench.press("1")
        await bench.push()
        body = bench.line("body").split("\n")
        assert len(body) < 21
        assert painted(bench)[1:22] == body + [""] * (21 - len(body))
