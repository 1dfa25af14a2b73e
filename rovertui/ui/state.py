"""What every screen shows: one value owned by the application, read by all."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from rovertui.keys.command import Command
from rovertui.keys.table import BY_NAME
from rovertui.snapshot import (
    AdviceView,
    CheckpointView,
    HistoryView,
    JobView,
    MessageView,
    ModelView,
    Snapshot,
)
from rovertui.text import clean
from rovertui.ui import words
from rovertui.ui.pictures import Pictures
from rovertui.ui.sample_list import SampleList
from widgets.glyphs import UNICODE, Glyphs

Fetch = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
FetchEvents = Callable[[int, int, int], Awaitable[tuple[list[dict[str, Any]], int]]]

FetchMessages = Callable[[bool], Awaitable[list[MessageView]]]

_STATUS_SECONDS = 20.0


async def _nothing(job: int, start: int, count: int) -> tuple[list[dict[str, Any]], int]:
    return [], 0


async def _unseen(what: str, params: dict[str, Any]) -> dict[str, Any]:
    figures = {"start": 0, "total": 0, "all": 0, "bytes": 0, "most": 0.0}
    return {"rows": [], **figures, "place": None, "sessions": {}}


STILL_LOOKING = "Still looking ..."
"""What a key that needs the samples is told until they have come."""

_OF_SAMPLES = {"sample.trash": "set", "session.trash": "set", "sample.restore": "trash"}
"""What is done with the selected sample, by the list that it is selected in."""

SET_SIDES = ("axes", "set", "trash")
"""What the Set screen shows: axes, the samples of the set, those of the trash."""


async def _unsaid(read: bool) -> list[MessageView]:
    return []


@dataclass
class State:
    """Attributes:
    gone: why there is no daemon at present, in few words; empty while connected.
    gone_text, remedy: the same in a sentence, and what to do about it, where there is more to say.
    status: the last result in one line, and its style.
    times: how often it was said, one time after the other.
    side: which list of the Models screen the keys act on: ``server`` or ``here``.
    checkpoint, model: names selected in these lists; None selects the first.
    job: the job whose log is shown; None follows the present one.
    advice: text of the advice selected on the Drive screen; ``unchosen``: none is, because the
        selected one has just been put aside and another takes its place.
    set_side: which of SET_SIDES the Set screen shows; ``lists`` are the two of samples.
    put_on: the list of Models in which the operator, and no job, put the cursor on a line.
    checks: what the daemon found of ONNX models held against the samples, by name.
    entry: number of the kept model chosen in the history, while that is open.
    keys: keys that differ from the table's, by command.
    sparing: the line is slow: no trends, and fewer drawings.
    colours: whether a picture may be drawn in colours of its own.
    pictures, sample_picture: of the stream, and of the sample selected on the Set screen.
    """

    workspace: str = ""
    glyphs: Glyphs = UNICODE
    snapshot: Snapshot | None = None
    gone: str = "connecting to the daemon"
    gone_text: str = ""
    remedy: str = ""
    status: str = ""
    status_style: str = ""
    times: int = 0
    side: str = "server"
    checkpoint: str | None = None
    model: str | None = None
    job: int | None = None
    advice: str = ""
    unchosen: bool = False
    set_side: str = SET_SIDES[0]
    lists: dict[str, SampleList] = field(
        default_factory=lambda: {where: SampleList(where) for where in SET_SIDES[1:]}
    )
    keys: dict[str, str] = field(default_factory=dict)
    sparing: bool = False
    colours: bool = True
    pictures: Pictures = field(default_factory=Pictures)
    sample_picture: Pictures = field(default_factory=Pictures)
    entry: int | None = None
    put_on: str = ""
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    fetch: FetchEvents = _nothing
    look: Fetch = _unseen
    messages: FetchMessages = _unsaid
    clock: Callable[[], float] = time.monotonic
    _arrived: float = field(default=0.0)
    _said: float = field(default=0.0)

    def receive(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.lose("")
        self._arrived = self.clock()

    def lose(self, gone: str, text: str = "", remedy: str = "") -> None:
        """There is no daemon, and why; with an empty word there is one again."""
        if gone and not self.gone and self.status_style != "bad":
            self.status = ""
        self.gone, self.gone_text, self.remedy = gone, clean(text), clean(remedy)

    def say(self, text: str, style: str = "") -> None:
        """Put one line where the operator looks for results."""
        again = self.status_is_fresh and text == self.status
        # A key that is refused once more is answered once more.
        self.times = self.times + 1 if again else 1
        self.status, self.status_style = text, style
        self._said = self.clock()

    def refusal(self, command: Command) -> str:
        """Why a command cannot be done now; empty when it can."""
        if self.gone and command.operations:
            return f"{self.gone}."
        command = self.meant(command)
        said = command.refusal(self.snapshot)
        if not said and command.name == "deploy":
            said = self._not_converted()
        return said or self._no_sample(_OF_SAMPLES.get(command.operation(self.snapshot), ""))

    def meant(self, command: Command) -> Command:
        """The command that a key means now: in the history R goes back to the chosen model."""
        chosen = command.name == "rollback" and self.entry is not None
        return BY_NAME["rollback.to"] if chosen else command

    def _not_converted(self) -> str:
        """Why the selected model is not one to deploy; empty where it is."""
        model = self.selected_model()
        if model is None or model.precision != "onnx":
            return ""
        of = model.checkpoint or model.name
        made = [m.precision for m in self.models() if m.checkpoint == of and m.precision != "onnx"]
        if not made:
            return f"{of} is not converted yet: press C, then deploy what comes out of it."
        return f"This is the ONNX of {of}; select its {clean(' or '.join(made))} (j, k), then D."

    def _no_sample(self, side: str) -> str:
        """Why no sample of ``side``, one of the two lists, is selected; empty when one is."""
        if not side or (self.set_side == side and self.selected_sample()):
            return ""
        if self.set_side == side:
            empty = self.lists[side].looked is not None and not self.lists[side].total
            return f"No sample is listed in the {side}." if empty else STILL_LOOKING
        where = "samples" if side == "set" else "trash"
        return f"Select a sample first: tab shows the {where}, j and k select."

    def key(self, command: Command) -> str:
        """The key of a command here; empty where only the palette has it."""
        return self.keys.get(command.name, command.key)

    @property
    def late(self) -> float:
        """Whole seconds since the snapshot came, by which its ages have grown."""
        return float(int(self.clock() - self._arrived)) if self.snapshot else 0.0

    @property
    def status_is_fresh(self) -> bool:
        return bool(self.status) and self.clock() - self._said < _STATUS_SECONDS

    def checkpoints(self) -> list[CheckpointView]:
        """What the V620 has, newest first."""
        if self.snapshot is None:
            return []
        return sorted(self.snapshot.server.checkpoints, key=lambda c: (-c.step, c.name))

    def models(self) -> list[ModelView]:
        """What is here, newest first; of one checkpoint the RKNN models before the ONNX."""
        if self.snapshot is None:
            return []
        return sorted(
            self.snapshot.models,
            key=lambda m: (-words.step(m.checkpoint), m.precision == "onnx", m.name),
        )

    def selected_checkpoint(self) -> CheckpointView | None:
        rows = self.checkpoints()
        return next((c for c in rows if c.name == self.checkpoint), rows[0] if rows else None)

    def meant_checkpoint(self) -> CheckpointView | None:
        """Of the line that the cursor was put on, in either list; None: the V620 has it not."""
        model = self.selected_model() if self.side == self.put_on == "here" else None
        if model is None:
            return self.selected_checkpoint()
        name = model.checkpoint or model.name
        return next((c for c in self.checkpoints() if c.name == name), None)

    def selected_model(self) -> ModelView | None:
        rows = self.models()
        return next((m for m in rows if m.name == self.model), rows[0] if rows else None)

    def selected_onnx(self) -> str:
        """Name of the ONNX model behind the selected line; empty where it is not here."""
        if self.side == "server":
            checkpoint = self.selected_checkpoint()
            name = checkpoint.name if checkpoint and checkpoint.state == "here" else ""
        else:
            model = self.selected_model()
            name = model.checkpoint or model.name if model else ""
        here = {model.name for model in self.models() if model.precision == "onnx"}
        return name if name in here else ""

    def chosen_entry(self) -> HistoryView | None:
        """The kept model chosen in the history; the newest where that one is gone."""
        kept = self.snapshot.history if self.snapshot and self.entry is not None else []
        return next((past for past in kept if past.number == self.entry), kept[0] if kept else None)

    def advice_place(self) -> int:
        """Which of the advice is selected; the first where that one is gone, -1: none is."""
        if self.unchosen:
            return -1
        advice = self.snapshot.coverage.advice if self.snapshot else []
        return next((i for i, each in enumerate(advice) if each.text == self.advice), 0)

    def selected_advice(self) -> AdviceView | None:
        advice = self.snapshot.coverage.advice if self.snapshot else []
        return advice[self.advice_place()] if advice and not self.unchosen else None

    def selected_sample(self) -> dict[str, Any] | None:
        """The sample that is selected on the Set screen, as the daemon lists it; None where the
        screen shows axes or an empty list."""
        shown = self.lists.get(self.set_side)
        return shown.selected if shown else None

    def shown_job(self) -> JobView | None:
        """The job chosen for the log, or the present one."""
        if self.snapshot is None:
            return None
        chosen = next((job for job in self.snapshot.jobs if job.id == self.job), None)
        return chosen or words.present_job(self.snapshot)
