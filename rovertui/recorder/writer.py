"""Samples written beside the loop that reads frames, so that no frame waits for the disk."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from rovertui.calibration import change, marks
from rovertui.calibration.gate import no_room
from rovertui.calibration.histogram import Histogram
from rovertui.calibration.index import Entry
from rovertui.calibration.marks import Marks
from rovertui.calibration.numbering import short
from rovertui.calibration.sample import BY_HAND, Stamp
from rovertui.calibration.store import SampleStore, Tally
from rovertui.calibration.worth import Worth
from rovertui.errors import OperatorError
from rovertui.sensors.frame import Arrays
from rovertui.snapshot import CoverageView

log = logging.getLogger(__name__)

_PLACES = 4
TAKEN_BACK = 100
"""How many samples can be taken back, one after the other."""
_BY_HAND_FIRST = 60.0
"""Seconds in which a sample kept by hand is taken back before those the rule kept after it: what an
operator undoes is the operator's own act."""
_LOOK_EVERY = 2.0
_SAVE_EVERY = 10.0
_JUDGE_EVERY = 0.5
_NOTHING = Marks()


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The last sample is to go, and what it replaced to return; ``ask``: who wants to know."""

    ask: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A frame that will be a sample. Its arrays must not be changed any more.

    ``ask`` is the number of the command that wants to know what came of it; 0: none.
    """

    arrays: Arrays
    stamp: Stamp
    features: dict[str, float]
    why: str
    settle: Callable[[bool], None] | None = None
    replaces: str = ""
    ask: int = 0

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
    entries: tuple[Entry, ...] = ()
    marks: Marks = _NOTHING


class Writer:
    """One thread that alone uses the store: writes what was accepted, and looks what is there.

    Args:
        on_kept: called from that thread for each sample on disk.
        on_lost: called from that thread with an accepted one that was not written, and why.
        on_tidied: called from that thread with what was put in order at the start, in words.
        on_removed: called from that thread with the name of a sample that was taken back, or an
            empty one, a sentence, and who asked for it.
        site: whose unreachable bins count.
    """

    def __init__(
        self,
        store: SampleStore,
        on_kept: Callable[[Accepted, Entry], None],
        on_lost: Callable[[Accepted, str], None],
        on_tidied: Callable[[str], None],
        on_removed: Callable[[str, str, int], None] = lambda name, text, ask: None,
        site: str = "",
    ) -> None:
        self._store = store
        self._on_kept = on_kept
        self._on_lost = on_lost
        self._on_tidied = on_tidied
        self._on_removed = on_removed
        self._worth = Worth(store.schema, site)
        self._site = site
        self._marks = _NOTHING
        self._judged_at = float("-inf")
        self._judged: tuple[object, object] = (None, None)
        self._done: deque[tuple[str, str]] = deque(maxlen=TAKEN_BACK)
        self._by_hand: deque[tuple[str, float]] = deque(maxlen=TAKEN_BACK)
        self.coverage = CoverageView(site=site)
        self._queue: queue.Queue[Accepted | TakeBack | None] = queue.Queue(_PLACES)
        self._lock = threading.Lock()
        self._pending = 0
        self._pending_calibration = 0
        self._saved = time.monotonic()
        self._looked = 0.0
        self._ended = False
        self._said_trash = False
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

    def take_back(self, ask: int = 0) -> None:
        """Have the last sample of this run taken back."""
        if not self._ended:
            self._queue.put(TakeBack(ask))

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

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
        if changed := change.notice(self._store, self._marks.at(self._site)):
            self._on_tidied(changed)
        while True:
            if self._queue.empty():
                self._judge()
            try:
                accepted = self._queue.get(timeout=self._patience())
            except queue.Empty:
                if time.monotonic() - self._looked > _LOOK_EVERY:
                    self._look()
                continue
            if accepted is None:
                self._judge(force=True)
                self._store.save()
                return
            if isinstance(accepted, TakeBack):
                self._take_back(accepted.ask)
                continue
            try:
                self._write(accepted)
            except Exception:
                # The loop must learn of it, or it would wait for this sample for ever.
                log.exception("a sample could not be written")
                self._finished(accepted)
                accepted.settled(False)
                self._on_lost(accepted, "a sample could not be written; the log has the reason")
            if time.monotonic() - self._looked > _LOOK_EVERY:
                self._look()

    def _write(self, accepted: Accepted) -> None:
        try:
            problem = no_room(self._store.directory)
            if problem:
                raise OperatorError(problem)
            entry = self._store.add(accepted.arrays, accepted.stamp, accepted.features)
            replaced = self._replace(accepted, entry)
        except (OperatorError, OSError) as error:
            self._finished(accepted)
            accepted.settled(False)
            self._on_lost(accepted, str(error))
            return
        self._done.append((entry.name, replaced))
        if accepted.why == BY_HAND:
            self._by_hand.append((entry.name, time.monotonic()))
        self._finished(accepted)
        accepted.settled(True)
        self._on_kept(accepted, entry)

    def _replace(self, accepted: Accepted, entry: Entry) -> str:
        """The new file is on disk; now the one it replaces goes. Its name, or nothing."""
        if not accepted.replaces:
            return ""
        try:
            self._store.discard(accepted.replaces, f"replaced by {entry.name}: {accepted.why}")
            self._tell_trash()
            self._store.refresh()
        except OperatorError as error:
            log.warning("%s", error)
            return ""
        return accepted.replaces

    def _tell_trash(self) -> None:
        """That the trash is over its limit is said once."""
        if self._store.said and not self._said_trash:
            self._on_tidied(self._store.said)
        self._said_trash = bool(self._store.said)

    def _take_back(self, ask: int) -> None:
        if not self._done:
            self._on_removed("", "There is no sample of this run to take back.", ask)
            return
        name, replaced = self._next_back()
        try:
            self._store.discard(name, "taken back by hand")
            if replaced:
                self._store.restore(replaced)
        except OperatorError as error:
            self._on_removed("", error.sentence(), ask)
        else:
            back = f", {short(replaced)} is back" if replaced else ""
            self._on_removed(name, f"took back {short(name)}{back}", ask)
        self._look()

    def _next_back(self) -> tuple[str, str]:
        """The sample to take back: one kept by hand just now, else the last one."""
        while self._by_hand:
            name, at = self._by_hand.pop()
            found = next((done for done in self._done if done[0] == name), None)
            if found is not None and time.monotonic() - at < _BY_HAND_FIRST:
                self._done.remove(found)
                return found
        return self._done.pop()

    def _patience(self) -> float:
        """Seconds until there is something to do beside writing."""
        judged = self._judged == (self.state.entries, self.state.marks)
        return _LOOK_EVERY if judged else _JUDGE_EVERY

    def _judge(self, *, force: bool = False) -> None:
        """What the set is worth, when it changed and at most twice a second."""
        state, now = self.state, time.monotonic()
        wanted = (state.entries, state.marks)
        if wanted == self._judged:
            self.coverage = self._worth.aged(self.coverage, now)
            return
        if not force and now - self._judged_at < _JUDGE_EVERY:
            return
        unreachable = state.marks.at(self._site)
        self.coverage = self._worth.look(state.entries, unreachable, now)
        self._judged, self._judged_at = wanted, time.monotonic()

    def _finished(self, accepted: Accepted) -> None:
        tally, histograms = self._store.tally(), self._store.histograms()
        with self._lock:
            self.state = SetState(tally, histograms, entries=self._store.good(), marks=self._marks)
            self._pending -= 1
            self._pending_calibration -= accepted.stamp.role != "check"

    def _look(self) -> None:
        """Believe the disk: others write and remove there as well."""
        problem = ""
        changed = not self.state.ready or bool(self.state.problem)
        try:
            changed = self._store.refresh() or changed
            seen, self._marks = self._marks, marks.load(self._store.kept)
            changed = changed or seen != self._marks
        except OperatorError as error:
            problem, changed = error.sentence(), True
        if changed:
            state = SetState(
                self._store.tally(),
                self._store.histograms(),
                problem,
                entries=self._store.good(),
                marks=self._marks,
            )
            with self._lock:
                self.state = state
        now = self._looked = time.monotonic()
        if now - self._saved > _SAVE_EVERY:
            self._saved = now
            self._store.save()
