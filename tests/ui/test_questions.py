"""What the daemon must know from a person is asked, answered, and taken away again."""

from __future__ import annotations

from textual.widgets import Input

from rovertui.snapshot import QuestionView
from rovertui.ui.screens.question import QuestionScreen

from .conftest import opened


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
