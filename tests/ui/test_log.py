"""The log of a job: fetched in ranges, followed, searched, copied."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from rovertui.ui import copying
from rovertui.ui.app import RoverApp
from rovertui.ui.screens.log import LogScreen

from .conftest import opened
from .scenes import busy, job
from .stand_in import StandIn


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
        await bench.until(lambda: "in line 6544, once round" in bench.line("status"), "the last")
        await bench.press("n")
        await bench.until(lambda: "in line 4322, once round" in bench.line("status"), "the first")
        await bench.press("slash", *"nowhere", "enter")
        await bench.until(lambda: "is in no line of this log" in bench.line("status"), "none")
        await bench.press("slash", *"needle", "enter")
        await bench.until(lambda: "'needle' in line" in bench.line("status"), "found again")
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
