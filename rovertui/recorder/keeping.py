"""What becomes of a frame that is due: a sample, or none and why."""

from __future__ import annotations

from collections.abc import Callable

from rovertui.calibration.gate import no_room, refusal
from rovertui.calibration.goal import goal_of
from rovertui.calibration.index import Entry
from rovertui.calibration.numbering import short
from rovertui.calibration.roles import Roles
from rovertui.calibration.sample import BY_HAND, Role, Stamp, taken_now
from rovertui.calibration.selection import Decision
from rovertui.calibration.store import SampleStore
from rovertui.config import Config
from rovertui.recorder.decisions import Decisions
from rovertui.recorder.messages import Answer, Keep, Message, Notice, Removed, Skipped
from rovertui.recorder.progress import Progress
from rovertui.recorder.rule import rule_of
from rovertui.recorder.sight import Sight
from rovertui.recorder.writer import Accepted, Writer
from rovertui.sensors.frame import Frame, Source


class Keeper:
    """The rule, the gate, the role, and on to the writer.

    Args:
        say: receives every message; called from the loop and from the writer's thread.
    """

    def __init__(
        self,
        config: Config,
        source: Source,
        store: SampleStore,
        sight: Sight,
        say: Callable[[Message], None],
        clock: Callable[[], float],
    ) -> None:
        self._config = config
        self._source = source
        self._store = store
        self._sight = sight
        self._say = say
        self._clock = clock
        self._by_hand: Keep | None = None
        self._roles = Roles(config.capture.block, config.capture.check_every)
        self.rule = rule_of(config)
        self.goal = goal_of(config)
        self.progress = Progress(clock)
        self.decisions = Decisions()
        self.writer = Writer(
            store,
            self._on_kept,
            self._on_lost,
            lambda text: say(Notice(text)),
            self._on_removed,
            config.rover.site,
        )

    def ask(self, command: Keep) -> None:
        """Have the next frame kept, whatever the rule says."""
        if self._by_hand is not None:
            self._answer(self._by_hand, "not kept: another one was asked for meanwhile")
        self._by_hand = command

    def check_only(self, checking: bool) -> None:
        """Whether what is recorded from now on is for checking only."""
        self.rule.checking = checking

    @property
    def asked(self) -> bool:
        """Whether somebody waits for a frame to be kept."""
        return self._by_hand is not None

    def lacking(self) -> str:
        """What the set on disk still lacks; empty where it is complete."""
        tally = self.writer.state.tally
        return self.goal.lacking(tally.usable, tally.checking, self.writer.coverage.score)

    def take(self, frame: Frame, session: str, misfit: str) -> None:
        """Make a sample of a frame that is due, or say why it is none.

        Args:
            misfit: why the frame is not of the schema; empty where it is.
        """
        by_hand, self._by_hand = self._by_hand, None
        if misfit:
            self._refuse(frame, misfit, by_hand)
            return
        capture = self._config.capture
        self._roles.believe(self.writer.state.entries)
        role = self._roles.of(frame.stamp, checking=self.rule.checking)
        if role is None:
            self._refuse(frame, "of a moment that calibrates: drive anew to check on it", by_hand)
            return
        bounded = not self.rule.improves and by_hand is None
        if bounded and role == "calibration" and self.writer.accepted() >= self.rule.target:
            self._leave(frame)
            return
        features = self._sight.numbers()
        session = frame.session or session
        decision = self._decision(frame, features, session, role, by_hand)
        if not decision.keep and not self._sight.held:
            self.decisions.skipped(self._clock(), decision.kind, decision.why)
            self._leave(frame)
            return
        why_not = self._sight.held or refusal(frame.arrays, self._config.schema, features)
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
        if self.writer.offer(accepted):
            self.decisions.kept(decision.why)
            self.rule.took(frame.stamp, features, stamp.session, role, decision)
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
        """What is said of a frame that may become a sample, by whoever has the say."""
        if by_hand is not None:
            return Decision(True, BY_HAND, BY_HAND)
        if frame.settle is not None:
            return Decision(True, "chosen by the collector", "chosen")
        state = self.writer.state
        self.rule.believe(state.entries, state.marks, settled=self.writer.pending == 0)
        return self.rule.decide(frame.stamp, features, session, role)

    def _refuse(self, frame: Frame, why: str, by_hand: Keep | None) -> None:
        """This frame can never be a sample."""
        self._answer(by_hand, f"not kept: {why}")
        self.decisions.skipped(self._clock(), why.partition(":")[0], why)
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
        if self.progress.skip(why):
            self._say(Skipped(why))

    def _on_kept(self, accepted: Accepted, entry: Entry) -> None:
        self._say(self.progress.kept(accepted, entry))
        if accepted.ask:
            self._say(Answer(accepted.ask, True, self._kept_by_hand(entry)))

    def _kept_by_hand(self, entry: Entry) -> str:
        """What a sample kept by hand does to the set."""
        said = f"kept {short(entry.name)} by hand"
        if entry.role == "check":
            return f"{said}, for checking"
        if self.rule.improves and self.writer.state.tally.usable > self.rule.target:
            said += f", beyond the rule's {self.rule.target}: none goes for it"
        return said

    def _on_removed(self, name: str, text: str, ask: int) -> None:
        self.progress.removed(name)
        self._say(Removed(name=name, text=text))
        if ask:
            self._say(Answer(ask, bool(name), text))

    def _on_lost(self, accepted: Accepted, why: str) -> None:
        self._skip(why)
        if accepted.ask:
            self._say(Answer(accepted.ask, False, f"not kept: {why}"))
