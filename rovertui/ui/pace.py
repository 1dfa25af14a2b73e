"""When the screen is drawn: no more often than the eye needs or the line bears."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.timer import Timer

from rovertui.ui.line_speed import ASK_EVERY, QUESTION, LineSpeed


class Pace:
    """Spreads the drawing of what is pushed over time, and measures the line to the terminal.

    Args:
        draw: draws what is seen.
        slower: told when the line has become slow (True) or well again (False).
        always: spare the line whatever it answers.
    """

    draw_every = 0.2
    """Seconds between two drawings of what the daemon pushes: the eye needs no more, and a slow
    line turns bytes into key latency. What a key does is drawn at once."""

    def __init__(
        self,
        app: App[Any],
        draw: Callable[[], None],
        slower: Callable[[bool], None],
        always: bool = False,
    ) -> None:
        self._app, self._draw, self._slower = app, draw, slower
        self._always = always
        self._drawn = 0.0
        self._waiting: Timer | None = None
        self._slow = False
        self.line = LineSpeed(time.monotonic)

    def start(self) -> None:
        """Ask the terminal from time to time how fast it answers."""
        if not self._app.is_headless and not self._always:
            self._app.set_interval(ASK_EVERY, self._ask)

    def _ask(self) -> None:
        """Time the terminal's answer to a question that changes nothing."""
        if self._app._driver is not None and self.line.ask():
            self._app._driver.write(QUESTION)
        self._spare()

    def answered(self) -> None:
        """The terminal's answer has come."""
        self.line.answered()
        self._spare()

    def _spare(self) -> None:
        slow = self.line.pause > 0
        if not self._always and slow != self._slow:
            self._slow = slow
            self._slower(slow)

    @property
    def pause(self) -> float:
        """Seconds between two drawings of what is pushed."""
        return max(self.draw_every, 1.0 if self._always else self.line.pause)

    def soon(self) -> None:
        """Draw now or, having drawn just before, as soon as it is time again."""
        wait = self._drawn + self.pause - time.monotonic()
        if wait <= 0:
            self._draw()
        elif self._waiting is None:
            self._waiting = self._app.set_timer(wait, self._draw)

    def drawn(self) -> None:
        """It was drawn, whatever for."""
        self._drawn = time.monotonic()
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
