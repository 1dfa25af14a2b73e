"""The steps of a deployment, each in the journal before it is done."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import msgspec

from rovertui.deployment.checks import Candidate
from rovertui.deployment.confirm import conclude
from rovertui.deployment.entry import MODEL, SHEET, Entry, Outcome
from rovertui.deployment.golden import golden_of
from rovertui.deployment.journal import Journal, Record, Step, recover
from rovertui.deployment.node import Answer, Ear, Node
from rovertui.deployment.place import Deployed, Motion, Place
from rovertui.errors import Cancelled, OperatorError
from rovertui.reporter import Reporter

_FIRST_COMMAND = 1.0


@dataclass(frozen=True)
class _Turn:
    """From which entry to which; ``fresh`` when the new one was made for this and goes with it."""

    entry: Entry
    previous: Entry | None
    fresh: bool
    forced: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return self.previous is not None and self.previous.number == self.entry.number


class Sequence:
    """One deployment of a checked model. Its caller sees to it that there is only one."""

    def __init__(
        self, place: Place, reporter: Reporter, job: str, motion: Motion, accepted: bool
    ) -> None:
        self.place = place
        self.reporter = reporter
        self.job = job
        self.motion = motion
        self.accepted = accepted and motion != "still"
        self.switch = place.switch
        self.journal = Journal(place.journal)
        self.node = Node(place.node, place.root)
        self.warnings: list[str] = []
        self.stopped = False

    def settle(self) -> None:
        """Finish or undo what an earlier deployment left half done, before anything is judged."""
        try:
            recovery = recover(self.switch, self.journal)
        except OSError as error:
            raise OperatorError(
                f"{self.place.models}: a deployment that was cut short cannot be cleaned up: "
                f"{error.strerror or error}."
            ) from None
        if recovery:
            self._warn(recovery.text)

    def deploy(self, candidate: Candidate) -> Deployed:
        assert candidate.sheet is not None
        with self._ready(candidate) as ear:
            previous = self._adopt(candidate.name)
            if previous is not None and self._is(previous, candidate):
                self.reporter.log(f"{candidate.name} is live already; the node is told again.")
                return self._go(_Turn(previous, previous, False, candidate.forced), ear)
            entry = Entry(
                number=self.switch.shelf.next_number(),
                name=candidate.name,
                checkpoint=candidate.sheet.checkpoint,
                precision=candidate.sheet.precision,
                sha256=candidate.sha256,
                when=time.time(),
                job=self.job,
                before=previous.number if previous else self.switch.current(),
                forced=candidate.forced,
                motion=self.motion,
                motion_accepted=self.accepted,
                simulated=candidate.sheet.simulated,
            )
            turn = _Turn(entry, previous, True, candidate.forced)
            self._write("preparing", turn)
            golden, missing = golden_of(candidate)
            if missing:
                self.reporter.log(f"No frames for a test of the node go with it: {missing}.")
            self.switch.shelf.prepare(entry, candidate.rknn, candidate.sheet_bytes, golden)
            return self._go(turn, ear)

    def rollback(self, entry: Entry, candidate: Candidate) -> Deployed:
        with self._ready(candidate) as ear:
            return self._go(_Turn(entry, self._adopt(entry.name), False), ear)

    @contextlib.contextmanager
    def _ready(self, candidate: Candidate) -> Iterator[Ear | None]:
        """Everything that can be refused without touching what is live."""
        for sentence in candidate.forced:
            self._warn(f"Insisted: {sentence}")
        for sentence in candidate.warnings:
            self._warn(sentence)
        self.node.require()
        try:
            with self.node.listening() as ear:
                self.reporter.stage("switch", candidate.name)
                yield ear
        except OSError as error:
            raise OperatorError(
                f"{candidate.name}: cannot be put into service: "
                f"{error.filename or self.place.models}: {error.strerror or error}. "
                f"{self._undo()}"
            ) from None
        except (OperatorError, Cancelled):
            self._undo()
            raise

    def _undo(self) -> str:
        """Undo, or where the node was told already finish, what the journal says is half done."""
        try:
            recovery = recover(self.switch, self.journal)
        except (OSError, OperatorError):
            return "What is half done is cleaned up at the next start."
        return recovery.text if recovery else "What was live is still live."

    def _adopt(self, name: str) -> Entry | None:
        self.journal.write(Record(step="preparing", name=name, job=self.job))
        entry = self.switch.adopt()
        if entry is not None and not entry.ours:
            self.reporter.log(
                f"{entry.name} was put into service by somebody else; it is kept as number "
                f"{entry.number}."
            )
        return entry

    def _is(self, entry: Entry, candidate: Candidate) -> bool:
        sheet = self.switch.shelf.directory(entry.number) / SHEET
        return (
            entry.sha256 == candidate.sha256
            and sheet.is_file()
            and sheet.read_bytes() == candidate.sheet_bytes
        )

    def _go(self, turn: _Turn, ear: Ear | None) -> Deployed:
        """Switch, tell the node, listen. There is no cancelling from here on."""
        present = self.node.present()
        before = ear.drain(_FIRST_COMMAND) if ear and present is not False else 0
        self.reporter.check()
        if self.accepted:
            self._stop_first(turn)
        self._write("switching", turn)
        self.switch.switch(turn.entry.number)
        outcome = self._tell(turn, present, ear, before)
        self.switch.shelf.note(turn.entry.number, msgspec.structs.replace(outcome, job=self.job))
        self.journal.clear()
        if outcome.warning:
            self._warn(f"{outcome.state}: {outcome.text}")
        else:
            self.reporter.log(f"{outcome.state}: {outcome.text}")
        for gone in self.switch.prune():
            self.reporter.log(f"{gone.name} (number {gone.number}) is no longer kept.")
        return Deployed(
            state=outcome.state,
            text=outcome.text,
            name=turn.entry.name,
            precision=turn.entry.precision,
            entry=turn.entry.number,
            previous=turn.previous.name if turn.previous else "",
            forced=turn.forced,
            stopped=self.stopped,
            warnings=self.warnings,
        )

    def _stop_first(self, turn: _Turn) -> None:
        if not self.place.node.stop_command:
            return
        self.reporter.log("The rover is told to stand still first.")
        trouble = self.node.stop()
        if trouble:
            raise OperatorError(
                f"{turn.entry.name}: the rover could not be stopped first ({trouble}), so nothing "
                "was switched.",
                hint="Stop it by hand, or correct node.stop_command.",
                code="node",
            )
        self.stopped = True

    def _tell(self, turn: _Turn, present: bool | None, ear: Ear | None, before: int) -> Outcome:
        given = self.place.node
        if present is False:
            said = "no node answered (none runs, or it hangs); one that starts loads it"
            return _next_start(said)
        if not given.reload_command:
            if present:
                text = "a node runs, but node.reload_command is empty: restart the node"
                return _next_start(text, warning=True)
            return _next_start("the node loads the model when it starts")
        self._stage("reload", "the node is told")
        self._write("reloading", turn)
        answer = self.node.reload()
        if answer.said != "yes":
            self._refused(turn, answer)
        if ear:
            ear.drain()
        self._stage("confirm", answer.text)
        self._write("confirming", turn)
        path = self.node.model_path()
        heard = ear.listen(given.confirm, before) if ear else None
        if heard is not None and not heard.finite:
            text = "it answered success, but commands what is not a number"
            self._refused(turn, Answer("no", text))
        return conclude(
            asked=bool(given.model_path_command),
            path=path,
            expected=(self.switch.shelf.directory(turn.entry.number) / MODEL).resolve(),
            heard=heard,
            seconds=given.confirm,
        )

    def _refused(self, turn: _Turn, answer: Answer) -> NoReturn:
        """Put the previous model back, tell the node again, and say so."""
        words = "refused it" if answer.said == "no" else "did not take it"
        self.reporter.log(f"The node {words}: {answer.text}.")
        back = self._put_back(turn)
        hint = "The node's own log says why."
        if answer.said == "none" and not self.place.node.present_command:
            hint += " With node.present_command set, no running node would be no failure."
        raise OperatorError(
            f"{turn.entry.name}: the node {words}: {answer.text}. {back}", hint=hint, code="node"
        )

    def _put_back(self, turn: _Turn) -> str:
        if turn.same:
            self.journal.clear()
            return "It was live before and is set for the node's next start."
        self._write("restoring", turn)
        if turn.previous is None:
            self.switch.clear()
        else:
            self.switch.switch(turn.previous.number)
        if turn.fresh:
            self.switch.discard(turn.entry.number)
        if turn.previous is None:
            self.journal.clear()
            return "Nothing was live before, and nothing is now."
        answer = self.node.reload()
        took = answer.said == "yes"
        told = "the node took it again" if took else f"the node may run no model ({answer.text})"
        self.switch.shelf.note(
            turn.previous.number,
            Outcome(
                state="believed" if took else "next start",
                text=f"put back; {told}",
                when=time.time(),
                warning=not took,
                job=self.job,
            ),
        )
        self.journal.clear()
        text = f"{turn.previous.label} is live again; {told}."
        self._warn(text)
        return text

    def _write(self, step: Step, turn: _Turn) -> None:
        self.journal.write(
            Record(
                step=step,
                name=turn.entry.name,
                entry=turn.entry.number,
                previous=turn.previous.number if turn.previous else None,
                fresh=turn.fresh,
                job=self.job,
            )
        )

    def _stage(self, stage: str, text: str) -> None:
        """A stage of the part that cannot be cancelled any more."""
        self.reporter.cancelled.clear()
        self.reporter.stage(stage, text)

    def _warn(self, text: str) -> None:
        self.warnings.append(text)
        self.reporter.warning(text)


def _next_start(text: str, *, warning: bool = False) -> Outcome:
    return Outcome(state="next start", text=text, when=time.time(), warning=warning)
