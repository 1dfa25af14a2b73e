"""Keys typed faster than screens open: none is lost, none means something else."""

from __future__ import annotations

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input

from rovertui.ui.screens.log import LogScreen
from rovertui.ui.screens.palette import PaletteScreen

from .conftest import Bench, opened
from .scenes import busy, job

ONNX = "ppo_v620_update_1250"
NAMED = {"\n": "enter", "\x1b": "escape"}


def burst(bench: Bench, keys: str) -> None:
    """All keys at once, as a terminal hands on what was typed while it was busy."""
    for key in keys:
        name = NAMED.get(key) or _character_to_key(key)
        bench.app.post_message(events.Key(name, key if key not in NAMED else None))


async def test_the_answer_may_be_typed_before_the_question_is_there() -> None:
    async with opened() as bench:
        burst(bench, "xy")
        await bench.until(lambda: bool(bench.daemon.done), "the answer")
        assert bench.daemon.done == [("ship", {"checkpoint": "ppo_v620_update_1260"})]
        assert not bench.app.clipboard


async def test_a_command_may_be_typed_into_a_palette_that_is_not_there_yet() -> None:
    async with opened() as bench:
        burst(bench, "3j:fp16\n")
        await bench.until(lambda: bool(bench.daemon.done), "the command")
        assert bench.daemon.done == [("convert", {"model": ONNX, "precision": "fp16"})]


async def test_letters_for_the_search_are_no_commands_however_fast_they_come() -> None:
    snapshot = busy()
    snapshot.jobs = [job(events=40)]
    async with opened(snapshot) as bench:
        bench.daemon.log = [{"kind": "log", "text": "a cupx"}] * 40
        burst(bench, "L/cupx\n")
        await bench.until(lambda: "'cupx' in line" in bench.line("status"), "the match")
        assert isinstance(bench.app.screen, LogScreen)
        assert bench.daemon.done == []


async def test_a_word_may_be_typed_before_its_line_is_there() -> None:
    async with opened() as bench:
        burst(bench, "tgravel, dusk\n")
        await bench.until(lambda: bool(bench.daemon.done), "the label")
        assert bench.daemon.done == [("session.label", {"label": "gravel, dusk"})]


async def test_boxes_may_be_opened_and_left_in_one_breath() -> None:
    async with opened() as bench:
        burst(bench, "?\x1bL\x1b3?\x1b:\x1bxn2")
        await bench.until(lambda: bench.text().lstrip().startswith("SET"), "the last screen")
        assert bench.daemon.done == []


@pytest.mark.parametrize(
    ("keys", "screen"), [("j" * 200 + "3", "MODELS"), ("1234" * 20 + "L", "LOG")]
)
async def test_a_key_held_down_comes_to_an_end(keys: str, screen: str) -> None:
    async with opened() as bench:
        burst(bench, keys)
        await bench.until(lambda: bench.text().lstrip().startswith(screen), "the last key's screen")


async def test_a_long_word_is_taken_letter_by_letter() -> None:
    async with opened() as bench:
        burst(bench, ":" + "z" * 60)
        await bench.until(lambda: isinstance(bench.app.screen, PaletteScreen), "the palette")
        await bench.until(
            lambda: bench.app.screen.query_one(Input).value == "z" * 60, "all its letters"
        )
