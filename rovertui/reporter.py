"""How long work says where it is: stages, progress, log lines; and learns it should stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rovertui.errors import Cancelled

Event = dict[str, Any]


class Reporter:
    """Hands events of one job to whoever keeps them. Safe to use from any thread.

    Events are plain dictionaries with a ``kind``: ``stage`` (``stage``, ``text``), ``progress``
    (``done``, ``total``, ``text``), ``log`` (``text``), ``warning`` (``text``), ``pause`` (``on``,
    ``text``).
    """

    def __init__(self, emit: Callable[[Event], None] | None = None) -> None:
        self._emit = emit or (lambda event: None)
        self.cancelled = threading.Event()

    def stage(self, stage: str, text: str = "") -> None:
        """A new stage begins; the one before it has succeeded."""
        self.check()
        self._emit({"kind": "stage", "stage": stage, "text": text})

    def progress(self, done: float, total: float, text: str = "") -> None:
        """How far the present stage is; ``total`` 0 means that it is not known."""
        self._emit({"kind": "progress", "done": done, "total": total, "text": text})

    def log(self, text: str) -> None:
        self._emit({"kind": "log", "text": text})

    def warning(self, text: str) -> None:
        self._emit({"kind": "warning", "text": text})

    def pause(self, text: str) -> None:
        """The work rests, and why; said again when the reason's figures change."""
        self._emit({"kind": "pause", "on": True, "text": text})

    def resume(self, text: str) -> None:
        self._emit({"kind": "pause", "on": False, "text": text})

    def check(self) -> None:
        """Raise :class:`Cancelled` when the operator asked for the job to stop."""
        if self.cancelled.is_set():
            raise Cancelled


class Part(Reporter):
    """Work inside a job that is one stage of it: its own stages become that stage's text."""

    def __init__(self, outer: Reporter, stage: str, text: str = "") -> None:
        super().__init__(outer._emit)
        self.cancelled = outer.cancelled
        super().stage(stage, text)

    def stage(self, stage: str, text: str = "") -> None:
        self.check()
        self.progress(0, 0, f"{stage} {text}".strip())
