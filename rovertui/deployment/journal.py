"""Where a deployment is, on disk before each step, and how the next start cleans up after it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from rovertui.called import called
from rovertui.deployment.entry import Outcome
from rovertui.deployment.switch import Switch
from rovertui.errors import OperatorError
from rovertui.files import sync_directory, write_whole
from rovertui.reading import Damaged, json_file

Step = Literal["preparing", "switching", "reloading", "confirming", "restoring"]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment under way.

    Attributes:
        step: what is being done; it may be half done.
        name: of the model, for sentences.
        entry: number of its entry, which may not be there yet; None before it is known.
        previous: number of the entry to go back to; None when nothing was live.
        fresh: whether the entry was made for this deployment and goes when it is undone.
        job: the job that deploys.
    """

    step: Step
    name: str
    entry: int | None = None
    previous: int | None = None
    fresh: bool = False
    job: str = ""


class Journal:
    """``.rovertui/deploy.json``: there while a deployment runs, gone when it has ended."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Record | None:
        """The deployment under way or cut short.

        Raises:
            OperatorError: the file is not a journal.
        """
        try:
            return json_file(self.path, Record)
        except FileNotFoundError:
            return None
        except (OSError, Damaged) as error:
            raise OperatorError(
                f"{self.path}: is not the journal of a deployment: {error}.",
                hint=f"Look which model is live (`{called()} models`), then move the file away.",
            ) from None

    def write(self, record: Record) -> None:
        write_whole(self.path, msgspec.json.encode(record) + b"\n")

    def clear(self) -> None:
        if self.path.exists():
            self.path.unlink()
            sync_directory(self.path.parent)


@dataclass(frozen=True)
class Recovery:
    """What became of a deployment that was cut short: ``undone``, ``finished`` or ``left``."""

    end: Literal["undone", "finished", "left"]
    text: str


def recover(switch: Switch, journal: Journal) -> Recovery | None:
    """Finish or undo a deployment that was cut short; afterwards model, sheet and link agree.

    Before the node was told, the deployment is undone, because the node still runs the model
    before. From then on the new model stays: it passed the checks, and the node may run it.
    The node is never told anything here: the rover may be driving. Doing this twice, or being
    cut short in it, changes nothing. A link that somebody else changed meanwhile is left alone.

    Returns:
        What was done, in words; None when nothing was cut short.
    """
    for left in journal.path.parent.glob(f".{journal.path.name}.*.part"):
        left.unlink(missing_ok=True)
    switch.sweep()
    record = journal.read()
    if record is None:
        return None
    standing = switch.standing()
    if record.entry is None:
        recovery = Recovery("undone", f"Deploying {record.name} was cut short before the switch.")
    elif standing.state == "foreign":
        if record.fresh and switch.current() != record.entry:
            switch.discard(record.entry)
        recovery = Recovery(
            "left", f"Deploying {record.name} was cut short. {standing.text} It was left so."
        )
    elif record.step in ("preparing", "switching"):
        _back(switch, record)
        recovery = Recovery(
            "undone",
            f"Deploying {record.name} was cut short before the node was told: "
            "what was live is live again.",
        )
    elif record.step == "restoring":
        _back(switch, record)
        recovery = Recovery(
            "undone",
            f"Putting the model before {record.name} back was cut short and is finished now; "
            "whether the node was told is not known.",
        )
        if record.previous is not None:
            _note(switch, record.previous, "put back while the program ended; deploy it again")
    elif not _whole(switch, record.entry):
        _back(switch, record)
        recovery = Recovery(
            "undone",
            f"Deploying {record.name} was cut short and its files are damaged: "
            "what was live before is set for the node's next start.",
        )
    else:
        switch.switch(record.entry)
        if record.step == "confirming":
            text = "it answered; the program ended before its commands were heard"
            switch.shelf.note(
                record.entry,
                Outcome(state="believed", text=text, when=time.time(), warning=True),
            )
        else:
            text = "the program ended while the node was told; deploy it again to be sure"
            _note(switch, record.entry, text)
        recovery = Recovery("finished", f"Deploying {record.name} was cut short: {text}.")
    journal.clear()
    switch.prune()
    return recovery


def _whole(switch: Switch, number: int) -> bool:
    try:
        switch.shelf.verify(number)
    except OperatorError:
        return False
    return True


def _back(switch: Switch, record: Record) -> None:
    if record.previous is None:
        switch.clear()
    else:
        switch.switch(record.previous)
    if record.fresh and record.entry is not None and record.entry != record.previous:
        switch.discard(record.entry)


def _note(switch: Switch, number: int, text: str) -> None:
    switch.shelf.note(
        number, Outcome(state="next start", text=text, when=time.time(), warning=True)
    )
