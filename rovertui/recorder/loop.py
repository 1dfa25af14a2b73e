"""The loop: a frame, its numbers, the rule, the gate, the role, and on to the writer."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from rovertui.calibration.features import Features
from rovertui.calibration.gate import no_room, refusal
from rovertui.calibration.index import Entry
from rovertui.calibration.problems import headers_of, misfit
from rovertui.calibration.roles import role_of
from rovertui.calibration.sample import Role, Stamp
from rovertui.calibration.selection import Decision
from rovertui.calibration.store import SampleStore
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.recorder import freshness
from rovertui.recorder.dead import DeadSensors
from rovertui.recorder.messages import (
    Capture,
    Command,
    Complete,
    Keep,
    Kept,
    Message,
    Notice,
    Numbers,
    Park,
    Removed,
    Skipped,
    Undo,
)
from rovertui.recorder.motion import Motion
from rovertui.recorder.rule import BY_HAND, Decisions, DiverseRule, IntervalRule
from rovertui.recorder.sessions import Sessions
from rovertui.recorder.view import ChangedAxes, Names, Rate, stale_after, stream_state, tidy
from rovertui.recorder.writer import Accepted, Writer
from rovertui.sensors.frame import Frame, Source, Switchable, Telling
from rovertui.snapshot import CaptureView, CoverageView, StreamView

_TELL_EVERY = 0.1
_SKIP_EVERY = 1.0
_STALLED_AFTER_S = 2.0
_READ_TIMEOUT = 0.1


class Recorder:
    """Runs in one thread (:meth:`run`); :meth:`command` and :meth:`stop` are for any thread.

    Args:
        say: receives every message; called from the loop and from the writer's thread.
        clock: monotonic seconds, the clock of ``Frame.received``.
        stopping: set from anywhere, a signal handler included, it ends :meth:`run`.
        sessions: where what each session lacked is noted.
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
        self._features = Features(self._schema)
        self._names = Names(self._features.units)
        self._axes = ChangedAxes(self._schema)
        self._motion = Motion(self._schema, config.rover)
        self._rule = IntervalRule(config.capture.interval)
        self._diverse = DiverseRule(config) if config.capture.rule == "diverse" else None
        self._decisions = Decisions()
        self._by_hand: Keep | None = None
        self._covered = CoverageView()
        self._rate = Rate()
        self._dead = DeadSensors(self._schema)
        self._sessions = sessions or Sessions(None)
        self._examined: Frame | None = None
        self._held = ""
        self._frames = 0
        self._frame: Frame | None = None
        self._present: dict[str, float] | None = {}
        self._parked = False
        self._told = float("-inf")
        self._lock = threading.Lock()
        self._on = False
        self._session = ""
        self._complete = False
        self._last: Kept | None = None
        self._last_at: float | None = None
        self._kept_since_on = 0
        self._obstacle = ""
        self._obstacle_since: float | None = None
        self._skip_told = float("-inf")

    def command(self, command: Command) -> None:
        """Have a command carried out before the next frame."""
        if isinstance(command, (Capture, Park, Keep, Undo)):
            self._commands.put(command)
        else:
            self.stop()

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
                self._by_hand = command
            elif isinstance(command, Undo):
                self._writer.take_back()
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
            with self._lock:
                self._kept_since_on = 0
                self._last, self._last_at = None, None
        self._on = command.on
        if isinstance(self._source, Switchable):
            self._source.switch(command.on)
        self._clear_obstacle()

    def _take(self, frame: Frame) -> None:
        self._frames += 1
        self._frame = frame
        self._rate.add(frame.received)
        ready = self._writer.state.ready
        wanted = self._on and ready and not self._is_complete()
        chosen = frame.settle is not None or self._diverse is not None
        due = wanted and (chosen or self._rule.due_in(frame.stamp) == 0.0)
        due = due or (ready and self._by_hand is not None)
        if frame.settle is not None and not due:
            frame.settle(False)
        limits = self._config.capture
        self._held = freshness.stale(frame.ages, limits.max_age, limits.max_skew)
        problem = misfit(headers_of(frame.arrays), self._schema)
        if problem is not None:
            self._present = {}
            if due:
                self._refuse(frame, problem.sentence)
            return
        self._present = None
        self._motion.add(frame.received, self._features.numbers(frame.arrays))
        if due:
            self._keep(frame)

    def _is_complete(self) -> bool:
        """Whether the disk holds what is wanted; files that vanish make it incomplete again."""
        complete = self._writer.state.tally.usable >= self._config.capture.count
        complete = complete and self._diverse is None
        if complete and not self._complete:
            self._clear_obstacle()
            self._say(Complete())
        self._complete = complete
        return complete

    def _keep(self, frame: Frame) -> None:
        capture = self._config.capture
        role: Role = role_of(frame.stamp, capture.block, capture.check_every)
        by_hand, self._by_hand = self._by_hand, None
        bounded = self._diverse is None and by_hand is None
        if bounded and role == "calibration" and self._writer.accepted() >= capture.count:
            self._leave(frame)
            return
        features = self._measured()
        session = frame.session or self._session
        decision = self._decision(frame, features, session, role, by_hand)
        if not decision.keep and not self._held:
            self._decisions.skipped(self._clock(), decision.kind, decision.why)
            self._leave(frame)
            return
        why_not = self._held or refusal(frame.arrays, self._schema, features)
        if why_not:
            self._refuse(frame, why_not)
            return
        why_not = no_room(self._store.directory)
        if why_not:
            self._leave(frame, why_not)
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
        )
        accepted = Accepted(
            frame.arrays, stamp, features, decision.why, frame.settle, decision.replaces or ""
        )
        if self._writer.offer(accepted):
            self._decisions.kept(decision.why)
            if by_hand is None:
                self._rule.took(frame.stamp)
            if self._diverse is not None:
                self._diverse.took(features, stamp.session, role, decision.replaces)
        else:
            self._leave(frame, "the disk does not keep up with the samples")

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

    def _refuse(self, frame: Frame, why: str) -> None:
        """This frame can never be a sample."""
        self._decisions.skipped(self._clock(), why.partition(":")[0], why)
        if frame.settle is not None:
            frame.settle(True)
        self._skip(why)

    def _leave(self, frame: Frame, why: str = "") -> None:
        """This frame cannot be a sample now."""
        if frame.settle is not None:
            frame.settle(False)
        if why:
            self._skip(why)

    def _measured(self) -> dict[str, float]:
        """Features of the latest frame, measured only when somebody wants them."""
        if self._present is None and self._frame is not None:
            self._present = self._features.measure(self._frame.arrays)
        return self._present or {}

    def _skip(self, why: str) -> None:
        now = self._clock()
        with self._lock:
            self._obstacle = why
            self._obstacle_since = now if self._obstacle_since is None else self._obstacle_since
        if now - self._skip_told >= _SKIP_EVERY:
            self._skip_told = now
            self._say(Skipped(why))

    def _clear_obstacle(self) -> None:
        with self._lock:
            self._obstacle, self._obstacle_since = "", None

    def _on_kept(self, accepted: Accepted, entry: Entry) -> None:
        stamp = accepted.stamp
        message = Kept(name=entry.name, why=accepted.why, role=stamp.role, stamp=stamp.stamp)
        with self._lock:
            self._last, self._last_at = message, self._clock()
            self._kept_since_on += 1
            self._obstacle, self._obstacle_since = "", None
        self._say(message)

    def _on_removed(self, name: str, text: str) -> None:
        with self._lock:
            if name and self._last is not None and self._last.name == name:
                self._last, self._last_at = None, None
        self._say(Removed(name=name, text=text))

    def _on_lost(self, why: str) -> None:
        self._skip(why)

    def _tell(self, *, force: bool = False) -> None:
        now = self._clock()
        if now - self._told < _TELL_EVERY and not force:
            return
        self._told = now
        self._examine()
        state = self._writer.state
        self._say(
            Numbers(
                simulated=self._source.facts.simulated,
                stream=self._stream(now),
                capture=self._capture(now),
                axes=self._axes.views(state.histograms),
                coverage=self._coverage(),
                now=self._axes.now(self._measured()),
            )
        )

    def _examine(self) -> None:
        """Look for dead sensors in the latest frame; what is new in a session is said once."""
        frame = self._frame
        if frame is None or frame is self._examined or self._present == {}:
            return
        self._examined = frame
        self._dead.add(frame.stamp, self._measured(), frame.action)
        if self._on and not self._source.facts.simulated:
            dead = self._dead.dead()
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

    def _stream(self, now: float) -> StreamView:
        age = None if self._frame is None else max(0.0, now - self._frame.received)
        view = StreamView(
            source=self._source.facts.text,
            rate=tidy(self._rate.value(now)),
            age=age,
            frames=self._frames,
            motion=self._motion.state(now),
            parked=self._parked,
            details=dict(self._source.facts.details),
            reasons=self._source.trouble() if isinstance(self._source, Telling) else [],
            dead=self._dead.dead(),
            ages={name: tidy(value) for name, value in self._ages(age).items()},
            skew=self._skew(),
            held=self._held,
            values=self._names.shown(self._measured()),
            units=self._names.units,
        )
        stream_state(view, self._source.facts.every)
        return view

    def _target(self) -> int:
        capture = self._config.capture
        return capture.count if self._diverse is None else capture.places

    def _no_frames(self) -> str:
        reasons = self._source.trouble() if isinstance(self._source, Telling) else []
        return f"no frames arrive: perhaps {reasons[0]}" if reasons else "no frames arrive"

    def _ages(self, age: float | None) -> dict[str, float]:
        if self._frame is None or age is None:
            return {}
        return {name: value + age for name, value in self._frame.ages.items()}

    def _skew(self) -> float | None:
        return None if self._frame is None else freshness.skew(self._frame.ages)

    def _capture(self, now: float) -> CaptureView:
        state = self._writer.state
        with self._lock:
            last, last_at = self._last, self._last_at
            obstacle, since, kept = self._obstacle, self._obstacle_since, self._kept_since_on
        view = CaptureView(
            wanted=self._on,
            rule=self._rule.text if self._diverse is None else self._diverse.text,
            kept=state.tally.usable,
            target=self._target(),
            checking=state.tally.checking,
            unusable=state.tally.unusable,
            session=self._session,
            decided=self._decisions.last,
            skipped=self._decisions.minute(now),
            can_undo=self._writer.can_undo,
        )
        if last is not None and last_at is not None:
            view.last, view.last_name, view.last_age = last.why, last.name, now - last_at
        if not state.ready:
            view.text = "reading the set"
        if not self._on:
            if not self.idle:
                view.state, view.text = "on", "writing the last sample"
            return view
        late = stale_after(self._source.facts.every)
        stale = self._frame is not None and now - self._frame.received > late
        blocked = since is not None and now - since > _STALLED_AFTER_S
        if not state.ready:
            view.state = "starting"
        elif self._complete:
            view.state, view.text = "complete", f"{state.tally.usable} samples for calibration"
        elif state.problem:
            view.state, view.text = "stalled", state.problem
        elif stale:
            view.state, view.text = "stalled", self._no_frames()
        elif blocked:
            view.state, view.text = "stalled", obstacle
        else:
            # With `diverse` a full set may keep nothing for long: looking is recording as well.
            looking = self._diverse is not None and bool(self._decisions.last)
            view.state = "on" if kept or looking else "starting"
            view.text = obstacle
            if not obstacle and self._diverse is not None and self._diverse.full("calibration"):
                view.text = "full: a better frame takes the place of one like another"
            if self._frame is not None and self._diverse is None:
                view.next_in = tidy(self._rule.due_in(self._frame.stamp))
        return view
