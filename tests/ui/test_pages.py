"""Pages over the screens: what they show, how they are read whole, copied, and left again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rovertui.errors import OperatorError
from rovertui.keys.table import COMMANDS
from rovertui.snapshot import HistoryView, MessageView, Snapshot
from rovertui.ui import check_view, copying, doctor_view, history_view, messages_view, report_view
from rovertui.ui.app import RoverApp
from rovertui.ui.pages import PAGES
from rovertui.ui.screens.page import PageScreen
from rovertui.ui.state import State
from widgets.rows import Row, scrolled, width_of

from .conftest import opened
from .looks import check, doctor, report
from .scenes import CLOCK, busy, empty
from .stand_in import StandIn


def text(rows: list[Row]) -> str:
    return "\n".join("".join(piece for piece, _ in row) for row in rows)


def kept(number: int, name: str, **more: Any) -> HistoryView:
    checkpoint, _, precision = name.rpartition("_")
    values: dict[str, Any] = {"when": CLOCK - number, "job": "7", "by": "op, screen", **more}
    return HistoryView(
        number=number, name=name, checkpoint=checkpoint, precision=precision, **values
    )


def with_history() -> Snapshot:
    snapshot = busy()
    snapshot.history = [
        kept(12, "ppo_v620_update_1240_hybrid", live=True, state="seen", before=11),
        kept(11, "ppo_v620_update_1230_fp16", pinned=True, text="ten commands came"),
        kept(9, "other", ours=False, forced=["over the limits: mean 0.09"]),
    ]
    return snapshot


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_every_row_of_a_page_that_is_wrapped_fits(width: int) -> None:
    state = State(snapshot=with_history(), gone="", entry=9)
    for rows in (
        doctor_view.rows(doctor(), width),
        messages_view.rows([MessageView(CLOCK, "x " * 90, "warn", 3)], CLOCK, width),
    ):
        assert all(width_of(row) <= width for row in rows)
    if width >= 80:
        for rows in (
            report_view.rows(report(), width),
            check_view.rows(check(), width),
            history_view.rows(state, width)[0],
        ):
            assert all(width_of(row) <= width for row in rows), text(rows)


def test_the_report_keeps_simulator_and_npu_apart_and_says_what_was_not_measured() -> None:
    shown = text(report_view.rows(report(), 80))
    assert "SIMULATOR" in shown and "NPU" in shown
    hybrid, int8 = (next(li for li in shown.split("\n") if n in li) for n in ("hybrid", "int8"))
    assert "0.0041" in hybrid and "not measured" in hybrid
    assert "0.092" in int8 and "0.095" in int8 and "31.4" in int8
    assert "OVER THE LIMITS" in shown and "WITHIN LIMITS   LIVE   SIMULATED data" in shown
    assert "mean 0.7 mm/s" in shown and "old: it has no model sheet" in shown
    assert "C converts one" in text(report_view.rows({}, 80))


def test_the_check_has_a_line_an_input_with_its_three_points_and_a_verdict() -> None:
    shown = text(check_view.rows(check(), 80))
    head, rgb, proprio, depth, verdict, reason = shown.split("\n")
    assert "on file" in head and "node gives" in head and "net was trained on" in head
    assert "u8 0..255" in rgb and "u8 1,240,424,3" in rgb and "x/255 0..1" in rgb
    assert "3..251" in rgb and rgb.rstrip().endswith("ok")
    assert "as on file" in proprio and "none" in proprio
    assert depth.rstrip().endswith("ASK")
    assert "ASKS FIRST  37 samples calibrate, 12 check" in verdict
    assert "nobody has said yet" in reason


async def test_details_of_the_selected_line_are_one_key_away() -> None:
    async with opened() as bench:
        await bench.press("3", "enter")
        assert "not here yet: p pulls it" in bench.line("body")
        await bench.press("escape", "j", "enter")
        await bench.until(lambda: "ASKS FIRST" in bench.line("body"), "the check")
        assert ("check", {"model": "ppo_v620_update_1250"}) in bench.daemon.looked
        assert bench.line("header").startswith(" DETAILS ")
        await bench.press("escape")
        assert bench.line("header").startswith(" MODELS ")


async def test_the_check_of_the_selected_model_stands_on_the_models_screen() -> None:
    async with opened() as bench:
        await bench.press("3")
        await bench.press("j")
        await bench.until(lambda: "net was trained on" in bench.line("body"), "the check")
        assert "u8 1,240,424,3" in bench.line("body") and "ASKS FIRST" in bench.line("body")
        assert "JOB" in bench.line("body")
        await bench.press("k")
        assert "net was trained on" not in bench.line("body"), "1260 is not here yet"


async def test_an_answer_given_anywhere_is_seen_in_the_check_that_stands_there() -> None:
    async with opened() as bench:
        await bench.press("3", "j")
        await bench.until(lambda: "ASKS FIRST" in bench.line("body"), "the check")
        bench.daemon.found["check"] = {**check(), "verdict": "ok", "reasons": []}
        bench.daemon.snapshot.decided = 1.0
        bench.daemon.push()
        await bench.until(lambda: "CAN BE CONVERTED" in bench.line("body"), "the check anew")


async def test_what_a_look_is_refused_for_stands_on_its_page() -> None:
    async with opened() as bench:
        bench.daemon.failure = OperatorError("No sheet [/x].", hint="Convert it.")
        await bench.press("a")
        await bench.until(lambda: "No sheet [/x]. Convert it." in bench.line("body"), "the refusal")
        bench.daemon.failure = None
        await bench.press("a")
        await bench.until(lambda: "SIMULATOR" in bench.line("body"), "the report")


async def test_the_feed_is_copied_whole_as_code_that_runs(tmp_path: Path) -> None:
    (tmp_path / ".rovertui").mkdir()
    stand_in = StandIn(busy())
    app = RoverApp(stand_in.client, str(tmp_path))
    async with opened(daemon=stand_in, app=app) as bench:
        await bench.press("3", "f")
        await bench.until(lambda: "def feed(depth):" in bench.line("body"), "the feed")
        assert ("feed", {}) in stand_in.looked, "of the live model: none converted is selected"
        assert "times 0.166667" in bench.line("body") and "float32 1,240,424,1" in bench.text()
        await bench.press("y")
        copied = (tmp_path / copying.FILE).read_text()
        assert copied.startswith("import numpy as np\n") and "float32" not in copied


async def test_the_feed_of_the_selected_model_is_asked_for() -> None:
    async with opened() as bench:
        await bench.press("3", "l", "f")
        model = bench.app.state.selected_model()
        assert model is not None
        asked = ("feed", {"model": model.name})
        await bench.until(lambda: asked in bench.daemon.looked, "the look")


async def test_there_is_no_feed_without_a_converted_model() -> None:
    async with opened(empty()) as bench:
        await bench.press("3", "f")
        assert "none is live: tab, j, k select one" in bench.line("body")


async def test_the_doctor_names_each_remedy_on_a_line_of_its_own() -> None:
    async with opened() as bench:
        await bench.press("4", "w")
        await bench.until(lambda: "1 missing" in bench.line("body"), "the findings")
        lines = [line.strip() for line in bench.line("body").split("\n")]
        assert "do: Set v620.host." in lines
        await bench.press("w")
        assert "Looking again" in bench.line("status")
        await bench.until(lambda: len(bench.daemon.looked) == 2, "the second look")


async def test_r_in_the_history_rolls_back_to_the_chosen_model() -> None:
    async with opened(with_history(), (80, 24)) as bench:
        bench.daemon.snapshot.live.previous = ""
        await bench.push()
        await bench.press("3", "H")
        assert " R roll back to it" in bench.line("footer"), "whatever was live before"
        bench.daemon.snapshot.live.previous = "ppo_v620_update_1230_fp16"
        await bench.push()
        assert "op, screen" in bench.line("body") and "LIVE" in bench.line("body")
        await bench.press("R")
        assert "is live: j, k choose another" in bench.line("status")
        await bench.press("j", "j")
        shown = bench.line("body")
        assert "somebody else" in shown and "INSISTED past: over the limits" in shown
        await bench.press("k", "R")
        assert "Roll back to ppo_v620_update_1230_fp16?" in bench.text()
        said = " ".join(bench.text().split())
        assert "wheel commands will come from ppo_v620_update_1230_fp16." in said
        await bench.press("y")
        operation, params = bench.daemon.done[0]
        assert (operation, params["to"]) == ("rollback", "11")
        await bench.press("escape", "R")
        assert "Roll back to ppo_v620_update_1230_fp16?" in bench.text(), "the one before, again"


async def test_what_was_put_back_says_when_and_by_whom() -> None:
    snapshot = with_history()
    back = snapshot.history[0]
    back.again, back.again_job, back.again_by = CLOCK - 1, "9", "eva, command"
    state = State(snapshot=snapshot, gone="", entry=back.number)
    shown = " ".join(text(history_view.rows(state, 120)[0]).split())
    assert "and again 1 s ago by eva, command (job 9); it is live now" in shown
    assert "LIVE eva, command" in shown


async def test_an_empty_history_says_what_to_do() -> None:
    async with opened(empty()) as bench:
        await bench.press("H")
        assert "(R roll back to it)" in bench.line("footer")
        assert "x ships the newest checkpoint" in bench.line("body")


async def test_messages_come_with_their_time_newest_first_and_are_read_then() -> None:
    async with opened() as bench:
        bench.daemon.snapshot.unread = 1
        bench.daemon.messages = [
            MessageView(CLOCK - 90_000, "Capture (op, screen): done."),
            MessageView(CLOCK - 5, "Sensors lost: [/x]", "bad", 2),
        ]
        await bench.push()
        await bench.press("m")
        await bench.until(lambda: "Sensors lost: [/x] (2 times)" in bench.line("body"), "them")
        lines = bench.line("body").split("\n")
        assert "!! Sensors lost" in lines[0] and lines[1].strip().count("-") == 2
        assert bench.daemon.snapshot.unread == 0
        bench.daemon.messages.append(MessageView(CLOCK, "The V620 is reached again.", "good"))
        bench.daemon.snapshot.messages += 1
        await bench.push()
        await bench.until(lambda: "reached again" in bench.line("body"), "the new one")
        await bench.press("m")
        assert "Looking again" in bench.line("status")
        bench.daemon.drop()
        await bench.press("a")
        await bench.until(lambda: "Nothing can be looked at" in bench.line("body"), "no daemon")


async def test_pages_follow_one_another_and_numbers_lead_away() -> None:
    async with opened() as bench:
        for key in ("a", "w", "H", "m", "L", "a"):
            await bench.press(key)
        assert isinstance(bench.app.screen, PageScreen) and len(bench.app.screen_stack) == 3
        await bench.press("4")
        assert bench.line("header").startswith(" MACHINE ") and len(bench.app.screen_stack) == 2


async def test_long_lines_of_a_page_are_scrolled_and_marked() -> None:
    async with opened() as bench:
        await bench.press("f")
        await bench.press("3", "f")
        await bench.until(lambda: "def feed(depth):" in bench.line("body"), "the feed")
        assert bench.line("body").count(">") >= 1
        await bench.press("l")
        assert "<" in bench.line("body")
        await bench.press("h", "h")
        assert "Nothing further left" in bench.line("status")


async def test_a_command_without_an_operation_is_the_application_s_own_or_has_its_page() -> None:
    async with opened() as bench:
        own = {*bench.app._own, "picture"}
    assert {command.name for command in COMMANDS if not command.operations} - own == set(PAGES)
    assert own.isdisjoint(PAGES)


def test_a_scrolled_row_keeps_its_width_and_marks_what_is_cut() -> None:
    row: Row = [("ab日本", "strong"), ("cdefgh", "dim")]
    assert text([scrolled(row, 0, 20)]) == "ab日本cdefgh"
    assert text([scrolled(row, 0, 8)]) == "ab日本c>"
    for left in range(12):
        for width in (3, 5, 8):
            cut = scrolled(row, left, width)
            assert width_of(cut) == width
            assert text([cut]).startswith("<") == (left > 0)
