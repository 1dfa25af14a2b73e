"""The Set screen's lists: samples one by one, found, trashed, brought back."""

from __future__ import annotations

import asyncio

from .conftest import Bench, opened
from .looks import sample
from .scenes import busy
from .stand_in import StandIn


def many(count: int) -> StandIn:
    daemon = StandIn(busy())
    daemon.samples["set"] = [sample(number) for number in range(count - 1, -1, -1)]
    return daemon


async def listed(bench: Bench) -> None:
    await bench.press("2", "tab")
    await bench.until(lambda: "NUMBER" in bench.text(), "the list")


def test_the_list_shows_values_session_and_why_and_the_selected_one_in_full() -> None:
    async def go() -> None:
        async with opened(daemon=many(3)) as bench:
            await listed(bench)
            text = bench.text()
            assert "SAMPLES 1 of 3" in text
            assert "0002" in text and "gravel" in text and "new extreme of pitch" in text
            assert "depth valid 93 %" in text and "site lawn" in text
            assert all(len(line) <= 80 for line in text.splitlines())

    asyncio.run(go())


def test_a_line_of_the_selected_one_that_has_no_room_says_so() -> None:
    async def go() -> None:
        daemon = many(1)
        daemon.samples["trash"] = [
            sample(9, gone="replaced by calibration_0012.npz: " + "why " * 20)
        ]
        async with opened(daemon=daemon) as bench:
            await listed(bench)
            await bench.press("tab")
            await bench.until(lambda: "in the trash: replaced" in bench.text(), "the trash")
            line = next(li for li in bench.text().splitlines() if "in the trash: repl" in li)
            assert len(line) == 80 and line.endswith("…")

    asyncio.run(go())


def test_ten_thousand_samples_are_fetched_in_pages_and_g_goes_to_the_last() -> None:
    async def go() -> None:
        async with opened(daemon=many(10_000)) as bench:
            await listed(bench)
            assert all(asked["count"] <= 400 for _, asked in bench.daemon.looked)
            await bench.press("G")
            await bench.until(lambda: "0000 " in bench.line("body"), "the oldest")
            assert "10000 of 10000" in bench.text()

    asyncio.run(go())


def test_the_selected_sample_is_trashed_by_name_and_another_comes_back() -> None:
    async def go() -> None:
        daemon = many(3)
        daemon.samples["trash"] = [sample(9, gone="replaced by calibration_0012.npz")]
        async with opened(daemon=daemon) as bench:
            await listed(bench)
            assert " d trash" in bench.line("footer") and "(b restore)" in bench.line("footer")
            await bench.press("j", "d")
            await bench.until(lambda: bool(daemon.done), "the operation")
            assert daemon.done[-1] == ("sample.trash", {"name": "calibration_0001.npz"})
            await bench.press("b")
            assert "Select a sample first" in bench.line("status")
            await bench.press("tab")
            await bench.until(lambda: "replaced by" in bench.text(), "the trash")
            assert "of at most 1.0 GB" in bench.text()
            await bench.press("b")
            await bench.until(lambda: len(daemon.done) == 2, "the second operation")
            assert daemon.done[-1] == ("sample.restore", {"name": "calibration_0009.npz"})

    asyncio.run(go())


def test_a_search_lists_what_holds_it_and_esc_lists_all_again() -> None:
    async def go() -> None:
        daemon = many(3)
        daemon.samples["set"].append(sample(77, label="dusk"))
        async with opened(daemon=daemon) as bench:
            await listed(bench)
            await bench.press("slash", "d", "u", "s", "k", "enter")
            await bench.until(lambda: "1 of 1" in bench.text(), "what was found")
            assert "0077" in bench.text()
            await bench.press("escape")
            await bench.until(lambda: "of 4" in bench.text(), "all of them")

    asyncio.run(go())


def test_a_session_is_trashed_only_by_its_name_and_how_many_samples_it_has() -> None:
    async def go() -> None:
        daemon = many(3)
        daemon.samples["set"].append(sample(77, session="s2"))
        async with opened(daemon=daemon) as bench:
            await bench.press("2", "colon", *"trash session", "enter")
            assert "Select a sample first" in bench.line("status")
            await bench.press("tab")
            await bench.until(lambda: "NUMBER" in bench.text(), "the list")
            await bench.press("colon", *"trash session", "enter")
            assert "Trash session s1, its 3 samples?" in bench.text()
            await bench.press("n", "G", "colon", *"trash session", "enter")
            assert "Trash session s2, its only sample?" in bench.text()
            await bench.press("y")
            await bench.until(lambda: bool(daemon.done), "the operation")
            assert daemon.done[-1] == ("session.trash", {"session": "s2"})

    asyncio.run(go())


def test_without_a_selected_sample_trash_and_restore_stand_in_brackets() -> None:
    async def go() -> None:
        async with opened(daemon=many(0)) as bench:
            await bench.press("2")
            assert "(d trash)(b restore)" in bench.line("footer")
            await bench.press("tab")
            await bench.settle()
            assert "(d trash)(b restore)" in bench.line("footer")
            await bench.press("d")
            assert "No sample is listed in the set." in bench.line("status")

    asyncio.run(go())


def test_keys_while_the_samples_are_still_fetched_say_that_and_it_goes_when_they_come() -> None:
    async def go() -> None:
        daemon = many(3)
        daemon.samples["trash"] = [sample(9), sample(8)]
        async with opened(daemon=daemon) as bench:
            await bench.press("2", "tab")
            await bench.until(lambda: "NUMBER" in bench.text(), "the set")
            daemon.answers_looks.clear()
            bench.type("tab")
            await bench.until(lambda: "Looking ..." in bench.line("body"), "the look")
            bench.type("b")
            await bench.until(lambda: "Still looking ..." in bench.line("status"), "b")
            bench.type("j")
            await bench.until(lambda: "2x Still looking ..." in bench.line("status"), "j")
            daemon.answers_looks.set()
            await bench.until(lambda: "TRASH 1 of 2" in bench.text(), "the trash")
            assert bench.line("status").strip() == ""

    asyncio.run(go())


def test_sessions_of_one_day_are_told_apart_in_the_list() -> None:
    async def go() -> None:
        daemon = many(0)
        times = ("20261122-150102", "20261122-163004")
        daemon.samples["set"] = [
            sample(number, session=session, label="") for number, session in enumerate(times)
        ]
        async with opened(daemon=daemon) as bench:
            await listed(bench)
            assert " 1122-150102 " in bench.text() and " 1122-163004 " in bench.text()
        daemon.samples["set"] = [
            sample(number, label=f"behind the barn, {side}")
            for number, side in enumerate(("left", "right"))
        ]
        async with opened(daemon=daemon) as bench:
            await listed(bench)
            assert "behin~ left" not in bench.text()
            assert " behind~ left" in bench.text() and " behind~right" in bench.text()

    asyncio.run(go())
