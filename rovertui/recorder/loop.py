"""The loop: a frame, its numbers, the rule, the gate, the role, and on to the writer."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rovertui.calibration.gate import no_room, refusal
from rovertui.calibration.goal import goal_of
from rovertui.calibration.index import Entry
from rovertui.calibration.numbering import short
from rovertui.calibration.roles import role_of
from rovertui.calibration.sample import BY_HAND, Role, Stamp, taken_now
from rovertui.calibration.selection import Decision
from rovertui.calibration.sessions import Sessions
from rovertui.calibration.store import SampleStore
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.recorder.messages import (
    Answer,
    Capture,
    Command,
    Complete,
    Keep,
    Look,
    Message,
    Notice,
    Numbers,
    Park,
    Removed,
    Skipped,
    Stop,
    Undo,
)
from rovertui.recorder.progress import Progress
from rovertui.recorder.rule import Decisions, DiverseRule, IntervalRule
from rovertui.recorder.sight import Sight
from rovertui.recorder.view import stale_after, tidy
from rovertui.recorder.writer import Accepted, Writer
from rovertui.sensors.frame import Frame, Source, Switchable, Telling
from rovertui.snapshot import CaptureView, CoverageView

if TYPE_CHECKING:
    from rovertui.sensors.shared import Outlet

_TELL_EVERY = 0.1
_READ_TIMEOUT = 0.1


class Recorder:
    """Runs in one thread (:meth:`run`); :meth:`command` and :meth:`stop` are for any thread.

    Args:
        say: receives every message; called from the loop and from the writer's thread.
        clock: monotonic seconds, the clock of ``Frame.received``.
        stopping: set from anywhere, a signal handler included, it ends :meth:`run`.
        sessions: where what each session lacked is noted.
        outlet: sends frames to other processes of ours.
    """

    def __init__(
        self,
        config: Config,
        source: Source,
        store: SampleStore,
        say: Callable[[Message], None],
        clock: Callable[[], float] = time.monotonic,
        stopping: threading.Event | None = None,
        sessions: Sessions | None = None,
        outlet: Outlet | None = None,
    ) -> None:
        self._config = config
        self._schema = config.schema
        self._source = source
        self._store = store
        self._say = say
        self._clock = clock
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._stopping = stopping or threading.Event()
        self._writer = Writer(
            store,
            self._on_kept,
            self._on_lost,
            lambda text: say(Notice(text)),
            self._on_removed,
            config.rover.site,
        )
        self._sight = Sight(config, source)
        self._progress = Progress(clock)
        self._rule = IntervalRule(config.capture.interval)
        self._diverse = DiverseRule(config) if config.capture.rule == "diverse" else None
        self._decisions = Decisions()
        self._goal = goal_of(config)
        self._by_hand: Keep | None = None
        self._covered = CoverageView()
        self._sessions = sessions or Sessions(None)
        self._outlet = outlet
        self._parked = False
        self._told = float("-inf")
        self._on = False
        self._session = ""
        self._complete = False

    def command(self, command: Command) -> None:
        """Have a command carried out before the next frame."""
        if isinstance(command, Stop):
            self.stop()
        else:
            self._commands.put(command)

    def stop(self) -> None:
        """End :meth:`run` after the present frame; what was accepted is written first."""
        self._stopping.set()

    @property
    def idle(self) -> bool:
        """Whether everything that was accepted is written."""
        return self._writer.pending == 0

    def run(self) -> None:
        """Read frames until told to stop.

        Raises:
            OperatorError: the source failed; what was accepted is on disk.
        """
        self._writer.start()
        try:
            while not self._stopping.is_set():
                self._step()
            self._obey()
        finally:
            self._writer.stop()
        self._tell(force=True)

    def _step(self) -> None:
        self._obey()
        frame = self._source.read(_READ_TIMEOUT)
        if frame is not None:
            self._take(frame)
        if isinstance(self._source, Telling):
            for text in self._source.news():
                self._say(Notice(text))
        self._tell()

    def _obey(self) -> None:
        while True:
            try:
                command = self._commands.get_nowait()
            except queue.Empty:
                return
            if isinstance(command, Capture):
                self._switch(command)
            elif isinstance(command, Keep):
                if self._by_hand is not None:
                    self._answer(self._by_hand, "not kept: another one was asked for meanwhile")
                self._by_hand = command
            elif isinstance(command, Undo):
                self._writer.take_back(command.ask)
            elif isinstance(command, Look):
                self._say(self._sight.look(command, self._clock()))
            elif isinstance(command, Park):
                try:
                    self._source.park(command.on)
                    self._parked = command.on
                except OperatorError as error:
                    self._say(Notice(error.sentence()))

    def _switch(self, command: Capture) -> None:
        if command.on and (not self._on or command.session != self._session):
            self._session = command.session or time.strftime("%Y%m%dT%H%M%S")
            self._complete = False
            self._progress.begin()
        self._on = command.on
        if isinstance(self._source, Switchable):
            self._source.switch(command.on)
        self._progress.clear()

    def _take(self, frame: Frame) -> None:
        ready = self._writer.state.ready
        wanted = self._on and ready and not (self._is_complete() and self._diverse is None)
        chosen = frame.settle is not None or self._diverse is not None
        due = wanted and (chosen or self._rule.due_in(frame.stamp) == 0.0)
        due = due or (ready and self._by_hand is not None)
        if frame.settle is not None and not due:
            frame.settle(False)
        misfit = self._sight.take(frame)
        if self._outlet is not None and not misfit:
            self._outlet.offer(frame, self._source.facts.kind)
        if due and misfit:
            by_hand, self._by_hand = self._by_hand, None
            self._refuse(frame, misfit, by_hand)
        elif due:
            self._keep(frame)

    def _is_complete(self) -> bool:
        """Whether the disk holds what is wanted; files that vanish make it incomplete again."""
        complete = self._writer.state.ready and not self._lacking()
        if complete and not self._complete:
            self._progress.clear()
            self._say(Complete())
        self._complete = complete
        return complete

    def _lacking(self) -> str:
        tally = self._writer.state.tally
        return self._goal.lacking(tally.usable, tally.checking, self._writer.coverage.score)

    def _keep(self, frame: Frame) -> None:
        capture = self._config.capture
        role: Role = role_of(frame.stamp, capture.block, capture.check_every)
        by_hand, self._by_hand = self._by_hand, None
        bounded = self._diverse is None and by_hand is None
        if bounded and role == "calibration" and self._writer.accepted() >= capture.count:
            self._leave(frame)
            return
        features = self._sight.numbers()
        session = frame.session or self._session
        decision = self._decision(frame, features, session, role, by_hand)
        if not decision.keep and not self._sight.held:
            self._decisions.skipped(self._clock(), decision.kind, decision.why)
            self._leave(frame)
            return
        why_not = self._sight.held or refusal(frame.arrays, self._schema, features)
        if why_not:
            self._refuse(frame, why_not, by_hand)
            return
        why_not = no_room(self._store.directory)
        if why_not:
            self._leave(frame, why_not, by_hand)
            return
        facts = self._source.facts
        stamp = Stamp(
            stamp=frame.stamp,
            session=session or (by_hand.session if by_hand else ""),
            source=facts.text,
            schema=capture.schema,
            role="pinned" if by_hand and role == "calibration" else role,
            simulated=facts.simulated,
            why=decision.why,
            site=self._config.rover.site,
            camera=facts.camera,
            taken=taken_now(),
        )
        accepted = Accepted(
            frame.arrays,
            stamp,
            features,
            decision.why,
            frame.settle,
            decision.replaces or "",
            by_hand.ask if by_hand else 0,
        )
        if self._writer.offer(accepted):
            self._decisions.kept(decision.why)
            if by_hand is None:
                self._rule.took(frame.stamp)
            if self._diverse is not None:
                self._diverse.took(features, stamp.session, role, decision.replaces)
        else:
            self._leave(frame, "the disk does not keep up with the samples", by_hand)

    def _decision(
        self,
        frame: Frame,
        features: dict[str, float],
        session: str,
        role: Role,
        by_hand: Keep | None,
    ) -> Decision:
        """What the rule says of a frame that may become a sample."""
        if by_hand is not None:
            return Decision(True, BY_HAND, BY_HAND)
        if frame.settle is not None:
            return Decision(True, "chosen by the collector", "chosen")
        if self._diverse is None:
            return Decision(True, self._rule.why(frame.stamp), "interval")
        state = self._writer.state
        unreachable = state.marks.at(self._config.rover.site)
        if unreachable != self._diverse.unreachable:
            self._diverse = DiverseRule(self._config, unreachable)
        if self._writer.pending == 0:
            self._diverse.sync(state.entries, state.marks.imported)
        return self._diverse.decide(frame.stamp, features, session, role)

    def _refuse(self, frame: Frame, why: str, by_hand: Keep | None) -> None:
        """This frame can never be a sample."""
        self._answer(by_hand, f"not kept: {why}")
        self._decisions.skipped(self._clock(), why.partition(":")[0], why)
        if frame.settle is not None:
            frame.settle(True)
        self._skip(why)

    def _leave(self, frame: Frame, why: str = "", by_hand: Keep | None = None) -> None:
        """This frame cannot be a sample now."""
        self._answer(by_hand, f"not kept: {why}")
        if frame.settle is not None:
            frame.settle(False)
        if why:
            self._skip(why)

    def _answer(self, command: Keep | None, text: str) -> None:
        """Tell whoever wanted a frame kept that it was not."""
        if command is not None and command.ask:
            self._say(Answer(command.ask, False, text))

    def _skip(self, why: str) -> None:
        if self._progress.skip(why):
            self._say(Skipped(why))

    def _on_kept(self, accepted: Accepted, entry: Entry) -> None:
        self._say(self._progress.kept(accepted, entry))
        if accepted.ask:
            self._say(Answer(accepted.ask, True, self._kept_by_hand(entry)))

    def _kept_by_hand(self, entry: Entry) -> str:
        """What a sample kept by hand does to the set."""
        said = f"kept {short(entry.name)} by hand"
        if entry.role == "check":
            return f"{said}, for checking"
        over = self._writer.state.tally.usable - self._config.capture.places
        if self._diverse is not None and over > 0:
            said += f", beyond the rule's {self._config.capture.places}: none goes for it"
        return said

    def _on_removed(self, name: str, text: str, ask: int) -> None:
        self._progress.removed(name)
        self._say(Removed(name=name, text=text))
        if ask:
            self._say(Answer(ask, bool(name), text))

    def _on_lost(self, accepted: Accepted, why: str) -> None:
        self._skip(why)
        if accepted.ask:
            self._say(Answer(accepted.ask, False, f"not kept: {why}"))

    def _tell(self, *, force: bool = False) -> None:
        now = self._clock()
        if now - self._told < _TELL_EVERY and not force:
            return
        self._told = now
        self._note_dead()
        if self._on:
            self._is_complete()
        state = self._writer.state
        self._say(
            Numbers(
                simulated=self._source.facts.simulated,
                stream=self._sight.view(now, self._parked),
                capture=self._capture(now),
                axes=self._sight.axes.views(state.histograms),
                coverage=self._coverage(),
                now=self._sight.axes.now(self._sight.numbers()),
            )
        )

    def _note_dead(self) -> None:
        """Sensors that turn out not to be connected are noted for the session, and said once."""
        looked = self._sight.examine()
        if looked and self._on and not self._source.facts.simulated:
            dead = self._sight.dead()
            new = self._sessions.note(self._session, self._source.facts.text, dead)
            if new:
                self._say(Notice(f"Not connected in this session: {', '.join(new)}."))

    def _coverage(self) -> CoverageView | None:
        """What the set is worth, when that changed."""
        latest = self._writer.coverage
        if latest is self._covered:
            return None
        self._covered = latest
        return latest

    def _no_frames(self, now: float) -> str:
        """Why frames no longer come; empty while they do."""
        if not self._sight.stale(now, stale_after(self._source.facts.every)):
            return ""
        reasons = self._source.trouble() if isinstance(self._source, Telling) else []
        return f"no frames arrive: perhaps {reasons[0]}" if reasons else "no frames arrive"

    def _capture(self, now: float) -> CaptureView:
        state, diverse, limits = self._writer.state, self._diverse, self._config.capture
        view = CaptureView(
            wanted=self._on,
            rule=self._rule.text if diverse is None else diverse.text,
            kept=state.tally.usable,
            target=limits.count if diverse is None else limits.places,
            checking=state.tally.checking,
            check_apart=state.tally.apart,
            unusable=state.tally.named(self._store.directory),
            counted=state.ready,
            session=self._session,
            decided=self._decisions.last,
            skipped=self._decisions.minute(now),
            can_undo=self._writer.can_undo,
            goal=self._goal.covered,
            check_target=self._goal.checking,
            lacking=self._lacking() if state.ready else "",
            complete=state.ready and not self._lacking(),
        )
        self._progress.describe(
            view,
            now,
            state,
            no_frames=self._no_frames(now),
            # With `diverse` a full set may keep nothing for long: looking is recording as well.
            looking=diverse is not None and bool(self._decisions.last),
            full=diverse is not None and diverse.full("calibration"),
        )
        if not self._on and not self.idle:
            view.state, view.text = "on", "writing the last sample"
        frame = self._sight.frame
        if view.state in ("on", "starting") and state.ready and self._on and diverse is None:
            view.next_in = None if frame is None else tidy(self._rule.due_in(frame.stamp))
        return view
