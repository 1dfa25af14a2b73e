"""Models: what the V620 has, what is here, what is live, and the job."""

from __future__ import annotations

import asyncio

from textual.worker import Worker

from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from rovertui.ui import models_view, words
from rovertui.ui.screens.base import FullScreen
from rovertui.ui.session import LOST
from rovertui.ui.state import State
from widgets.rows import Piece, Row

_TAIL = 60
"""Events fetched for the end of the log: more than any screen shows."""

_REST = 0.3
"""Seconds that the cursor rests on a model before its inputs are looked at."""

_CHECK_AGAIN = 60.0
"""Seconds after which that is done again when the set has changed: it reads the samples."""

_Seen = tuple[tuple[float, float], tuple[int, str]]


class ModelsScreen(FullScreen):
    title_word = "MODELS"
    key_name = "models"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._tops = models_view.Tops()
        self._tail: list[Piece] = []
        self._tail_of: tuple[int, int] | None = None
        self._fetching: Worker[None] | None = None
        self._checking: Worker[None] | None = None
        self._checked: dict[str, tuple[_Seen, float]] = {}

    def body(self, width: int, height: int) -> list[Row]:
        return models_view.rows(self.state, self._tops, self._tail, width, height)

    def show(self) -> None:
        snapshot = self.state.snapshot
        job = words.present_job(snapshot) if snapshot else None
        wanted = (job.id, job.events) if job else None
        if job is None or (self._tail_of and self._tail_of[0] != job.id):
            self._tail = []
        busy = self._fetching is not None and self._fetching.is_running
        if wanted and wanted != self._tail_of and not busy and self.is_current:
            self._fetching = self.run_worker(self._fetch(*wanted), exit_on_error=False)
        self._check()
        super().show()

    def _check(self) -> None:
        """Have the selected model held against the samples, once it is selected for a moment."""
        snapshot, name = self.state.snapshot, self.state.selected_onnx()
        busy = self._checking is not None and self._checking.is_running
        if snapshot is None or self.state.gone or not name or busy or not self.is_current:
            return
        seen, when = self._checked.get(name, (None, 0.0))
        now, present = self.state.clock(), _seen(snapshot, name)
        changed = seen is None or seen[0] != present[0]
        if changed or (seen != present and now - when > _CHECK_AGAIN):
            self._checking = self.run_worker(self._look(name), exit_on_error=False)

    async def _look(self, name: str) -> None:
        await asyncio.sleep(_REST)
        if name != self.state.selected_onnx() or self.state.snapshot is None:
            return
        seen = _seen(self.state.snapshot, name)
        try:
            found = await self.state.look("check", {"model": name})
        except LOST:
            return
        except OperatorError as error:
            found = {"problem": error.sentence()}
        self.state.checks[name] = found
        self._checked[name] = (seen, self.state.clock())
        super().show()

    async def _fetch(self, job: int, events: int) -> None:
        try:
            lines, _ = await self.state.fetch(job, max(0, events - _TAIL), _TAIL)
        except LOST:
            return
        self._tail = [words.event_line(e) for e in lines if e.get("kind") != "progress"]
        self._tail_of = (job, events)
        super().show()

    def moved(self, name: str) -> bool:
        state = self.state
        before = (state.side, state.selected_checkpoint(), state.selected_model())
        if name in ("left", "right", "other"):
            other = "here" if state.side == "server" else "server"
            state.side = {"left": "server", "right": "here"}.get(name, other)
        elif state.side == "server":
            state.put_on = "server"
            names = [checkpoint.name for checkpoint in state.checkpoints()]
            chosen = state.selected_checkpoint()
            state.checkpoint = _moved(names, chosen.name if chosen else None, name)
        else:
            state.put_on = "here"
            names = [model.name for model in state.models()]
            model = state.selected_model()
            state.model = _moved(names, model.name if model else None, name)
        return before != (state.side, state.selected_checkpoint(), state.selected_model())


def _seen(snapshot: Snapshot, name: str) -> _Seen:
    """What a check rests on: the model's file and the answers about it; and the set, which when
    it is full takes new samples in place of others."""
    file = next((model.modified for model in snapshot.models if model.name == name), 0.0)
    return (file, snapshot.decided), (snapshot.capture.kept, snapshot.capture.last_name)


def _moved(names: list[str], chosen: str | None, move: str) -> str | None:
    if not names:
        return None
    place = names.index(chosen) if chosen in names else 0
    last = len(names) - 1
    by = {"down": 1, "up": -1, "page_down": 8, "page_up": -8, "first": -last, "last": last}
    return names[max(0, min(place + by.get(move, 0), last))]
