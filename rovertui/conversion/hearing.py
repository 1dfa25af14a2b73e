"""What the worker and the toolkit said, turned into the reporter's events."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rovertui.conversion.care import Pauses
from rovertui.conversion.progress import STAGES, Folded, Said
from rovertui.reporter import Reporter
from rovertui.text import clean

_LAST_LINES = 12
_MOST_HELD = 1000


def _is_count(value: Any) -> bool:
    """Whether it is a number that can be shown: an integer of JSON may have no float."""
    return isinstance(value, (int, float)) and 0 <= value < 1e15


@dataclass
class Heard:
    """What the worker said so far."""

    stage: str = STAGES[0]
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    fatal: str = ""
    last_lines: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


class Hearing:
    """Turns what was heard into the reporter's events; stages only ever go forward.

    Hybrid goes through the toolkit's first stages twice. Events of the worker wait until the
    mark of their stage has been read from the other stream. Seconds are those at work.
    """

    def __init__(
        self,
        heard: Heard,
        reporter: Reporter,
        stages: Sequence[str] = STAGES,
        pauses: Pauses | None = None,
    ) -> None:
        self.heard = heard
        self.reporter = reporter
        self.folded = Folded()
        self._stages = list(stages)
        self._pauses = pauses
        self._entered = self._now()
        self._marks: set[str] = set()
        self._held: deque[dict[str, Any]] = deque()

    def _now(self) -> float:
        return time.monotonic() - (self._pauses.seconds if self._pauses else 0.0)

    def take(self, kind: str, value: Any) -> None:
        if kind == "said":
            self._said(value)
        elif len(self._held) < _MOST_HELD and (self._held or self._ahead(value)):
            self._held.append(value)
        else:
            self._event(value)

    def _ahead(self, event: dict[str, Any]) -> bool:
        """Whether a stage's event came before its mark among the toolkit's words."""
        stage = event.get("stage")
        return event.get("event") == "stage" and stage in self._stages and stage not in self._marks

    def _release(self, *, all_of_them: bool = False) -> None:
        while self._held and (all_of_them or not self._ahead(self._held[0])):
            self._event(self._held.popleft())

    def _enter(self, stage: str, text: str) -> None:
        order = self._stages.index(stage) if stage in self._stages else -1
        if order < 0 or (self.heard.stage and order <= self._stages.index(self.heard.stage)):
            return
        self._settle()
        self.heard.stage = stage
        self.reporter.stage(stage, text)

    def _settle(self) -> None:
        now = self._now()
        if self.heard.stage:
            self.heard.seconds[self.heard.stage] = round(now - self._entered, 3)
        self._entered = now

    def _event(self, event: dict[str, Any]) -> None:
        kind, text = event.get("event"), clean(str(event.get("text", "")))
        if kind == "stage":
            self._enter(str(event.get("stage")), text)
        elif kind == "progress":
            self._progress(event.get("done"), event.get("total"), text)
        elif kind == "log":
            self.reporter.log(text)
        elif kind == "warning":
            self._warn(text)
        elif kind == "result":
            self.heard.result = event
        elif kind == "error":
            self.heard.error = event

    def _progress(self, done: Any, total: Any, text: str) -> None:
        if _is_count(done) and _is_count(total):
            self.reporter.progress(done, total, text)

    def _warn(self, text: str) -> None:
        if self.folded.first(text):
            self.reporter.warning(text)

    def _said(self, said: Said) -> None:
        if said.kind in ("log", "warning"):
            self.heard.last_lines = [*self.heard.last_lines, said.text][-_LAST_LINES:]
        if said.kind == "mark":
            self._marks.add(said.stage)
            self._enter(said.stage, said.text)
            self._release()
        elif said.kind == "stage":
            self._enter(said.stage, said.text)
        elif said.kind == "progress":
            self._enter(said.stage, "")
            if said.total and said.stage == self.heard.stage:
                self.reporter.progress(said.done, said.total, said.text)
        elif said.kind == "warning":
            self._warn(said.text)
        elif said.kind == "fatal":
            self.heard.fatal = said.text
        else:
            self.reporter.log(said.text)

    def close(self) -> None:
        self._release(all_of_them=True)
        self._settle()
        if repeats := self.folded.repeats():
            self.reporter.log(f"{repeats} warnings were repetitions.")
