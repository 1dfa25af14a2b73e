"""Samples written beside the loop that reads frames, so that no frame waits for the disk."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from rovertui.calibration.gate import no_room
from rovertui.calibration.histogram import Histogram
from rovertui.calibration.index import Entry
from rovertui.calibration.sample import Stamp
from rovertui.calibration.store import SampleStore, Tally
from rovertui.errors import OperatorError
from rovertui.sensors.frame import Arrays

log = logging.getLogger(__name__)

_PLACES = 4
_LOOK_EVERY = 2.0
_SAVE_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A frame that will be a sample. Its arrays must not be changed any more."""

    arrays: Arrays
    stamp: Stamp
    features: dict[str, float]
    why: str
    settle: Callable[[bool], None] | None = None

    def settled(self, done: bool) -> None:
        """Tell whoever chose this frame how it went."""
        if self.settle is not None:
            self.settle(done)


@dataclass(frozen=True, slots=True)
class SetState:
    """What is on disk, replaced as a whole; ``problem`` says why it could not be looked at."""

    tally: Tally
    histograms: tuple[Histogram, ...]
    problem: str = ""
    ready: bool = True


class Writer:
    """One thread that alone uses the store: writes what was accepted, and looks what is there.

    Args:
        on_kept: called from that thread for each sample on disk.
        on_lost: called from that thread with a sentence when an accepted one was not written.
        on_tidied: called from that thread with what was put in order at the start, in words.
    """

    def __init__(
        self,
        store: SampleStore,
        on_kept: Callable[[Accepted, Entry], None],
        on_lost: Callable[[str], None],
        on_tidied: Callable[[str], None],
    ) -> None:
        self._store = store
        self._on_kept = on_kept
        self._on_lost = on_lost
        self._on_tidied = on_tidied
        self._queue: queue.Queue[Accepted | None] = queue.Queue(_PLACES)
        self._lock = threading.Lock()
        self._pending = 0
        self._pending_calibration = 0
        self._saved = time.monotonic()
        self._looked = 0.0
        self._ended = False
        self.state = SetState(Tally(0, 0, ""), (), ready=False)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begin: put the set in order, count it (``state.ready``), then write."""
        self._thread.start()

    def offer(self, accepted: Accepted) -> bool:
        """Take a frame if there is room: then it will be written, whatever is switched off."""
        if self._ended:
            return False
        with self._lock:
            if self._pending >= _PLACES:
                return False
            self._pending += 1
            self._pending_calibration += accepted.stamp.role != "check"
        self._queue.put(accepted)
        return True

    @property
    def pending(self) -> int:
        """How many accepted frames are not on disk yet."""
        return self._pending

    def accepted(self) -> int:
        """Samples for calibration on disk and on their way there."""
        with self._lock:
            return self.state.tally.usable + self._pending_calibration

    def stop(self) -> None:
        """Write everything that was accepted, then end."""
        if not self._ended:
            self._ended = True
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        try:
            for sentence in self._store.tidy():
                self._on_tidied(sentence)
        except (OperatorError, OSError) as error:
            log.warning("%s", error)
        self._look()
        while True:
            try:
                accepted = self._queue.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                self._look()
                continue
            if accepted is None:
                self._store.save()
                return
            try:
                self._write(accepted)
            except Exception:
                # The loop must learn of it, or it would wait for this sample for ever.
                log.exception("a sample could not be written")
                self._finished(accepted)
                accepted.settled(False)
                self._on_lost("a sample could not be written; the log has the reason")
            if time.monotonic() - self._looked > _LOOK_EVERY:
                self._look()

    def _write(self, accepted: Accepted) -> None:
        try:
            problem = no_room(self._store.directory)
            if problem:
                raise OperatorError(problem)
            entry = self._store.add(accepted.arrays, accepted.stamp, accepted.features)
        except (OperatorError, OSError) as error:
            self._finished(accepted)
            accepted.settled(False)
            self._on_lost(str(error))
            return
        self._finished(accepted)
        accepted.settled(True)
        self._on_kept(accepted, entry)

    def _finished(self, accepted: Accepted) -> None:
        tally, histograms = self._store.tally(), self._store.histograms()
        with self._lock:
            self.state = SetState(tally, histograms)
            self._pending -= 1
            self._pending_calibration -= accepted.stamp.role != "check"

    def _look(self) -> None:
        """Believe the disk: others write and remove there as well."""
        problem = ""
        changed = not self.state.ready or bool(self.state.problem)
        try:
            changed = self._store.refresh() or changed
        except OperatorError as error:
            problem, changed = error.sentence(), True
        if changed:
            state = SetState(self._store.tally(), self._store.histograms(), problem)
            with self._lock:
                self.state = state
        now = self._looked = time.monotonic()
        if now - self._saved > _SAVE_EVERY:
            self._saved = now
            self._store.save()
