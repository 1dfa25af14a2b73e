"""Questions of the daemon to whoever sits at a screen."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from rovertui.daemon.questions import QuestionDesk


def test_whoever_leaves_right_after_an_answer_does_not_take_it_back() -> None:
    shown, seen = threading.Event(), threading.Event()

    def changed() -> None:
        if desk.views():
            shown.set()
            # The asking thread goes on only when the answer was given and its giver has left.
            assert seen.wait(30)

    desk = QuestionDesk(lambda: True, changed)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(desk.ask, "fingerprint", "Is it this one?")
        assert shown.wait(30)
        (question,) = desk.views()
        assert desk.answer(question.id, "yes")
        desk.nobody()
        seen.set()
        assert asked.result(30) == "yes"
    assert not desk.views()
    assert not desk.answer(question.id, "no"), "it is closed"
