"""Questions to whoever sits at a screen: asked from any thread, answered once, kept nowhere."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence

from rovertui.snapshot import QuestionView
from rovertui.text import clean

_PATIENCE = 300.0
_LOOK = 0.2


class _Open:
    def __init__(self, view: QuestionView) -> None:
        self.view = view
        self.answered = threading.Event()
        self.value: str | None = None


class QuestionDesk:
    """Holds open questions until somebody answers, nobody is there, or patience ends."""

    def __init__(self, somebody: Callable[[], bool], on_change: Callable[[], None]) -> None:
        self._somebody = somebody
        self._on_change = on_change
        self._open: dict[int, _Open] = {}
        self._numbers = itertools.count(1)
        self._closed = False
        self._first = threading.Lock()

    def ask(
        self,
        kind: str,
        text: str,
        *,
        secret: bool = False,
        choices: Sequence[str] = (),
        stop: threading.Event | None = None,
    ) -> str | None:
        """Put a question and wait for the answer; None when nobody answers. Blocks a thread.

        Args:
            stop: ends the wait when it is set, as for a job that is cancelled.
        """
        if self._closed or not self._somebody():
            return None
        view = QuestionView(
            id=next(self._numbers), kind=kind, text=clean(text), secret=secret, choices=[*choices]
        )
        entry = _Open(view)
        self._open[view.id] = entry
        self._on_change()
        until = time.monotonic() + _PATIENCE
        while not entry.answered.wait(_LOOK) and time.monotonic() < until:
            if stop is not None and stop.is_set():
                break
        self._open.pop(view.id, None)
        self._on_change()
        return entry.value

    def views(self) -> list[QuestionView]:
        return [entry.view for entry in list(self._open.values())]

    def answer(self, number: int, value: str | None) -> bool:
        """Answer an open question; False when it is no longer open.

        The first answer counts: whoever leaves right after it does not take it back.
        """
        with self._first:
            entry = self._open.get(number)
            if entry is None or entry.answered.is_set():
                return False
            entry.value = value
            entry.answered.set()
        return True

    def nobody(self) -> None:
        """Everybody has left: open questions get no answer."""
        for number in list(self._open):
            self.answer(number, None)

    def close(self) -> None:
        self._closed = True
        self.nobody()
