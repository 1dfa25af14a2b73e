"""Boxes fit small terminals, nothing in them is out of reach, and they leave nothing behind."""

from __future__ import annotations

import gc

import pytest
from textual.strip import Strip

from rovertui.snapshot import QuestionView
from rovertui.ui.screens.confirm import ConfirmScreen
from widgets.line_view import LineView

from .conftest import Bench, opened
from .scenes import busy, model

SMALL = (40, 12)


async def read_all(bench: Bench, key: str) -> str:
    """Everything that can be read in a box by pressing ``key``."""
    seen: list[str] = []
    for _ in range(400):
        shown = bench.text()
        seen += [line for line in shown.split("\n") if line not in seen]
        await bench.press(key)
        if bench.text() == shown:
            break
    return " ".join(" ".join(seen).split())


async def test_help_is_read_to_its_end_on_a_small_terminal() -> None:
    async with opened(size=SMALL) as bench:
        await bench.press("question_mark")
        assert all(len(line) <= 40 for line in bench.text().split("\n"))
        shown = await read_all(bench, "space")
        assert "Record calibration samples, or stop recording." in shown
        assert "The palette (:) has the rest." in shown
        await bench.press("g")
        assert "KEYS OF DRIVE" in bench.text()


async def test_a_long_confirmation_scrolls_and_keeps_its_answers_in_sight() -> None:
    snapshot = busy()
    snapshot.models = [model(1240, "int8", within=False, mean=0.09, largest=0.4)]
    async with opened(snapshot, SMALL) as bench:
        await bench.press("3", "l", "D")
        assert isinstance(bench.app.screen, ConfirmScreen)
        assert "y or enter: yes" in bench.text() and "below: j k" in bench.text()
        shown = await read_all(bench, "j")
        assert "IT IS OVER THE LIMITS" in shown and "MOVING" in shown
        assert "y or enter: yes" in bench.text() and " 0 below" in bench.text()
        await bench.press("n")
        assert bench.daemon.done == []


async def test_a_long_question_scrolls_and_keeps_its_choices_in_sight() -> None:
    async with opened(size=SMALL) as bench:
        text = " ".join(f"word{i}" for i in range(120))
        bench.daemon.snapshot.questions = [
            QuestionView(id=1, kind="fingerprint", text=text, choices=["yes", "no"])
        ]
        await bench.push()
        assert "1 yes" in bench.text() and "word0" in bench.text()
        shown = await read_all(bench, "pagedown")
        assert "word60" in shown and "word119" in shown and "1 yes" in bench.text()


async def test_while_a_box_takes_the_keys_no_footer_offers_any() -> None:
    async with opened(busy()) as bench:
        below = bench.app.screen.query_one("#footer", LineView)
        assert "x ship" in below.text()
        await bench.press("x")
        assert isinstance(bench.app.screen, ConfirmScreen)
        assert below.text().strip() == ""
        await bench.press("n")
        assert "x ship" in below.text()


@pytest.mark.parametrize(
    "keys", [("question_mark", "escape"), ("colon", "escape"), ("x", "n"), ("t", "escape")], ids=str
)
async def test_opening_again_and_again_leaves_nothing_behind(keys: tuple[str, ...]) -> None:
    async with opened() as bench:

        async def drawn_lines(times: int) -> int:
            for _ in range(times):
                await bench.press(*keys)
            gc.collect()
            return sum(isinstance(each, Strip) for each in gc.get_objects())

        before = await drawn_lines(4)
        assert await drawn_lines(10) <= before + 30
        assert sum(isinstance(each, LineView) for each in gc.get_objects()) < 20
