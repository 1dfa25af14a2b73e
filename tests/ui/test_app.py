"""The screen as it is used: going about, selecting, and what is said where the operator looks."""

from __future__ import annotations

from pathlib import Path

from rovertui.ui import bell, copying, look
from rovertui.ui.app import RoverApp
from rovertui.ui.screens.page import PageScreen

from .conftest import opened
from .scenes import ONNX, busy, checkpoint, covered, empty, job
from .stand_in import StandIn


async def test_a_fault_of_our_own_is_words_and_ends_nothing() -> None:
    async with opened(empty()) as bench:
        bench.daemon.failure = ValueError("boom [/x]")
        await bench.press("c")
        await bench.until(lambda: "Internal fault" in bench.line("status"), "the fault in words")
        assert "ValueError: boom [/x]" in bench.line("status")
        bench.daemon.failure = None
        await bench.press("c")
        assert bench.daemon.done


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


async def test_what_was_well_is_not_said_any_more_once_capture_has_stalled() -> None:
    async with opened() as bench:
        bench.daemon.reply = {"text": "Recording into session 20231114-221320."}
        await bench.press("c")
        assert "ok Recording" in bench.line("status")
        bench.daemon.snapshot.capture.state = "stalled"
        bench.daemon.snapshot.capture.text = "no frames arrive"
        await bench.push()
        assert "BAD: no frames arrive" in bench.line("header")
        assert "Recording" not in bench.line("status")


async def test_a_job_that_fails_at_once_is_never_said_to_run() -> None:
    async with opened() as bench:
        failed = job("failed", text="There are no calibration samples.")
        bench.daemon.snapshot.jobs = [failed]
        await bench.push()
        assert "!! ship FAILED: There are no calibration samples." in bench.line("status")
        bench.daemon.reply = {"job": failed.id}
        await bench.press("c")
        assert "!! ship FAILED: There are no calibration samples." in bench.line("status")
        bench.daemon.reply = {"job": failed.id + 1}
        await bench.press("c")
        assert f"job {failed.id + 1} runs" in bench.line("status")


async def test_what_was_said_before_the_screen_was_opened_is_no_news() -> None:
    snapshot = busy()
    snapshot.notices = ["The recorder was restarted."]
    snapshot.jobs = [job("done", at=13, text="1250 is live, seen.")]
    stand_in = StandIn(snapshot)
    app = RoverApp(stand_in.client, "/home/op/rover", first=snapshot)
    async with opened(daemon=stand_in, app=app) as bench:
        assert bench.line("status").strip() == ""
        await bench.push()
        assert bench.line("status").strip() == ""


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


async def test_y_copies_the_screen_to_clipboard_and_file(tmp_path: Path) -> None:
    (tmp_path / ".rovertui").mkdir()
    stand_in = StandIn(busy())
    app = RoverApp(stand_in.client, str(tmp_path))
    async with opened(daemon=stand_in, app=app) as bench:
        await bench.press("y")
        assert "clipboard" in bench.line("status")
        copied = (tmp_path / copying.FILE).read_text()
        assert "CAPTURE ON" in copied and "calibration_0049" in copied
        assert app.clipboard.strip() == copied.strip()
        (tmp_path / copying.FILE).unlink()
        (tmp_path / ".rovertui").rmdir()
        await bench.press("y")
        assert "No such directory" in bench.line("status")


async def test_only_the_newest_message_is_shown_and_m_has_the_older_ones() -> None:
    snapshot = busy()
    snapshot.notices = ["The recorder was restarted.", "The [/relay] was taken over."]
    async with opened(snapshot, (120, 40)) as bench:
        assert "The [/relay] was taken over.   (1 older: m)" in bench.line("body")
        assert "restarted" not in bench.line("body")
        await bench.press("m")
        assert isinstance(bench.app.screen, PageScreen)
        await bench.press("escape")
        await bench.press("4")
        assert "MACHINE" in bench.line("header") and "n/a" in bench.line("body")
        await bench.press("colon", *"theme", "enter")
        assert bench.app.theme == look.THEMES["light"]
        await bench.press("L")
        assert "q leave" in bench.line("footer")


def test_the_bell_rings_once_for_what_is_worth_it() -> None:
    before, now = busy(), busy()
    assert not bell.rings(None, now) and not bell.rings(before, now)
    now.capture.state = "complete"
    assert bell.rings(before, now) and not bell.rings(now, now)
    lost = busy()
    lost.stream.state = "stale"
    assert bell.rings(before, lost) and not bell.rings(lost, before)
    before.jobs, ended = [job()], busy()
    ended.jobs = [job("failed")]
    assert bell.rings(before, ended) and not bell.rings(ended, ended)


async def test_all_screens_have_their_number() -> None:
    async with opened(covered()) as bench:
        for key, title in zip("1234", ("DRIVE", "SET", "MODELS", "MACHINE"), strict=True):
            await bench.press(key)
            assert bench.line("header").startswith(f" {title} ")
