"""What the sensors give now: the newest frame, its numbers, and what is wrong with it."""

from __future__ import annotations

from rovertui.calibration.features import Features
from rovertui.calibration.picture import pictures
from rovertui.calibration.problems import headers_of, misfit
from rovertui.config import Config
from rovertui.recorder import freshness
from rovertui.recorder.dead import DeadSensors
from rovertui.recorder.messages import Look, Pictures
from rovertui.recorder.motion import Motion
from rovertui.recorder.view import ChangedAxes, Names, Rate, stale_after, stream_state, tidy
from rovertui.sensors.frame import Frame, Source, Telling
from rovertui.snapshot import StreamView


class Sight:
    """The newest frame of a source, measured when somebody wants its numbers.

    Attributes:
        frame: the newest one; None before the first.
        held: why its streams are fit for no sample now, or empty.
    """

    def __init__(self, config: Config, source: Source) -> None:
        self._schema = config.schema
        self._limits = config.capture
        self._source = source
        self._features = Features(self._schema)
        self._names = Names(self._features.units)
        self._motion = Motion(self._schema, config.rover)
        self._dead = DeadSensors(self._schema)
        self._rate = Rate()
        self._frames = 0
        self._waited_since: float | None = None
        self._examined: Frame | None = None
        # None: not measured yet; empty: the frame is not of the schema.
        self._present: dict[str, float] | None = {}
        self.axes = ChangedAxes(self._schema)
        self.frame: Frame | None = None
        self.held = ""

    def take(self, frame: Frame) -> str:
        """Note a new frame; why it is not of the schema, or nothing."""
        self._frames += 1
        self.frame = frame
        self._rate.add(frame.received)
        self.held = freshness.stale(frame.ages, self._limits.max_age, self._limits.max_skew)
        problem = misfit(headers_of(frame.arrays), self._schema)
        if problem is not None:
            self._present = {}
            return problem.sentence
        self._present = None
        self._motion.add(frame.received, self._features.numbers(frame.arrays))
        return ""

    def numbers(self) -> dict[str, float]:
        """Features of the newest frame; empty where there are none."""
        if self._present is None and self.frame is not None:
            self._present = self._features.measure(self.frame.arrays)
        return self._present or {}

    def examine(self) -> bool:
        """Look for dead sensors in the newest frame; whether it had not been looked at."""
        frame = self.frame
        if frame is None or frame is self._examined or self._present == {}:
            return False
        self._examined = frame
        self._dead.add(frame.stamp, self.numbers(), frame.action)
        return True

    def dead(self) -> list[str]:
        """Sensors that are not connected, in words."""
        return self._dead.dead()

    def stale(self, now: float) -> bool:
        """Whether no frame has come for longer than the source takes, the first one included."""
        if self._waited_since is None:
            self._waited_since = now
        last = None if self.frame is None else self.frame.received
        since = self._waited_since if last is None else last
        return now - since > stale_after(self._source.facts.every, first=last is None)

    def look(self, wish: Look, now: float) -> Pictures:
        """A picture of the newest frame, made now: nobody else asks for it."""
        frame = self.frame
        if frame is None:
            return Pictures(wish.number, [])
        made = pictures(frame.arrays, self._schema, wish.width, wish.height)
        return Pictures(wish.number, made, max(0.0, now - frame.received))

    def view(self, now: float, parked: bool) -> StreamView:
        """Everything the screen shows of the sensors."""
        frame, facts = self.frame, self._source.facts
        age = None if frame is None else max(0.0, now - frame.received)
        view = StreamView(
            source=facts.text,
            camera=facts.camera,
            kind=facts.kind,
            rate=tidy(self._rate.value(now)),
            age=age,
            frames=self._frames,
            motion=self._motion.state(now),
            parked=parked,
            details=dict(facts.details),
            reasons=self._source.trouble() if isinstance(self._source, Telling) else [],
            dead=self.dead(),
            ages={name: tidy(value) for name, value in self._ages(age).items()},
            skew=None if frame is None else freshness.skew(frame.ages),
            held=self.held,
            values=self._names.shown(self.numbers()),
            units=self._names.units,
        )
        stream_state(view, stale=self.stale(now), every=facts.every)
        return view

    def _ages(self, age: float | None) -> dict[str, float]:
        if self.frame is None or age is None:
            return {}
        return {name: value + age for name, value in self.frame.ages.items()}
