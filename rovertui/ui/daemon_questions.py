"""The daemon's open questions over the screen: shown one at a time, answered, taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from rovertui.text import clean
from rovertui.ui.screens.question import QuestionScreen
from rovertui.ui.session import GONE, LOST, Session


class DaemonQuestions:
    """Args:
    say: puts a line, and its style, where the operator looks for results.
    """

    def __init__(self, app: App[Any], session: Session, say: Callable[[str, str], None]) -> None:
        self._app, self._session, self._say = app, session, say
        self._asked: set[int] = set()

    def show(self, snapshot: Snapshot) -> None:
        """Show the first open question; take away one that another client answered."""
        open_now = {question.id for question in snapshot.questions}
        self._asked &= open_now
        for screen in self._app.screen_stack:
            if isinstance(screen, QuestionScreen):
                if screen.question.id not in open_now and screen is self._app.screen:
                    screen.dismiss(None)
                return
        for question in snapshot.questions:
            if question.id not in self._asked:
                self._asked.add(question.id)
                self._app.push_screen(QuestionScreen(question), self._answered)
                return

    def put_away(self) -> None:
        """Their daemon is gone; the numbers begin anew with the next one."""
        self._asked.clear()
        for screen in self._app.screen_stack:
            if isinstance(screen, QuestionScreen) and screen is self._app.screen:
                screen.dismiss(None)

    def _answered(self, answer: tuple[int, str | None] | None) -> None:
        if answer is not None:
            self._app.run_worker(self._answer(*answer), exit_on_error=False)

    async def _answer(self, question: int, value: str | None) -> None:
        try:
            await self._session.answer(question, value)
        except OperatorError as error:
            self._say(clean(error.sentence()), "bad")
        except LOST:
            # The question is still open: it is shown again with the next connection.
            self._asked.discard(question)
            self._say(f"The answer did not arrive: {GONE}.", "bad")
