"""The palette and the help: every command, what can be done now first."""

from __future__ import annotations

from rovertui.ui.screens.confirm import ConfirmScreen
from rovertui.ui.screens.help import HelpScreen
from rovertui.ui.screens.palette import PaletteScreen

from .conftest import opened
from .scenes import busy

ONNX = "ppo_v620_update_1250"


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
