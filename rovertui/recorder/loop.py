"""The loop: commands, frames, and what is told of both."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rovertui.calibration.sessions import Sessions
from rovertui.calibration.store import SampleStore
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.recorder.keeping import Keeper
from rovertui.recorder.messages import (
    Capture,
    Command,
    Complete,
    Keep,
    Look,
    Message,
    Notice,
    Park,
    Stop,
    Undo,
)
from rovertui.recorder.sight import Sight
from rovertui.recorder.status import Status
from rovertui.sensors.frame import Frame, Source, Switchable, Telling

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
        self._source = source
        self._say = say
        self._clock = clock
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._stopping = stopping or threading.Event()
        self._sight = Sight(config, source)
        self._keeper = Keeper(config, source, store, self._sight, say, clock)
        self._status = Status(source, self._sight, self._keeper, store.directory)
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
        return self._keeper.writer.pending == 0

    def run(self) -> None:
        """Read frames until told to stop.

        Raises:
            OperatorError: the source failed; what was accepted is on disk.
        """
        self._keeper.writer.start()
        try:
            while not self._stopping.is_set():
                self._step()
            self._obey()
        finally:
            self._keeper.writer.stop()
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
                self._keeper.ask(command)
            elif isinstance(command, Undo):
                self._keeper.writer.take_back(command.ask)
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
            self._keeper.progress.begin()
        self._on = command.on
        self._keeper.check_only(command.checking)
        if isinstance(self._source, Switchable):
            self._source.switch(command.on)
        self._keeper.progress.clear()

    def _take(self, frame: Frame) -> None:
        keeper = self._keeper
        ready, rule = keeper.writer.state.ready, keeper.rule
        goes_on = rule.improves or rule.checking
        wanted = self._on and ready and not (self._is_complete() and not goes_on)
        due = wanted and (frame.settle is not None or rule.due_in(frame.stamp) == 0.0)
        due = due or (ready and keeper.asked)
        if frame.settle is not None and not due:
            frame.settle(False)
        misfit = self._sight.take(frame)
        if self._outlet is not None and not misfit:
            self._outlet.offer(frame, self._source.facts.kind)
        if due:
            keeper.take(frame, self._session, misfit)

    def _is_complete(self) -> bool:
        """Whether the disk holds what is wanted; files that vanish make it incomplete again."""
        complete = self._keeper.writer.state.ready and not self._keeper.lacking()
        if complete and not self._complete:
            self._keeper.progress.clear()
            self._say(Complete())
        self._complete = complete
        return complete

    def _tell(self, *, force: bool = False) -> None:
        now = self._clock()
        if now - self._told < _TELL_EVERY and not force:
            return
        self._told = now
        self._note_dead()
        if self._on:
            self._is_complete()
        self._say(
            self._status.numbers(now, on=self._on, session=self._session, parked=self._parked)
        )

    def _note_dead(self) -> None:
        """Sensors that turn out not to be connected are noted for the session, and said once."""
        looked = self._sight.examine()
        if looked and self._on and not self._source.facts.simulated:
            dead = self._sight.dead()
            new = self._sessions.note(self._session, self._source.facts.text, dead)
            if new:
                self._say(Notice(f"Not connected in this session: {', '.join(new)}."))
