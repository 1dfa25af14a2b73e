"""How recording goes: what was kept last, what stands in the way, since when."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from rovertui.calibration.index import Entry
from rovertui.recorder.messages import Kept
from rovertui.recorder.writer import TAKEN_BACK, Accepted, SetState
from rovertui.snapshot import CaptureView

_SKIP_EVERY = 1.0
_STALLED_AFTER_S = 2.0


class Progress:
    """Told by the loop and by the writer's thread, each from its own.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._latest: deque[tuple[Kept, float]] = deque(maxlen=TAKEN_BACK)
        self._kept = 0
        self._obstacle = ""
        self._since: float | None = None
        self._told = float("-inf")

    def begin(self) -> None:
        """Another session: nothing was kept in it yet."""
        with self._lock:
            self._kept = 0
            self._latest.clear()

    def clear(self) -> None:
        """Nothing stands in the way any more, as far as is known."""
        with self._lock:
            self._obstacle, self._since = "", None

    def kept(self, accepted: Accepted, entry: Entry) -> Kept:
        """A sample is on disk; the message about it."""
        stamp = accepted.stamp
        message = Kept(name=entry.name, why=accepted.why, role=stamp.role, stamp=stamp.stamp)
        with self._lock:
            self._latest.append((message, self._clock()))
            self._kept += 1
            self._obstacle, self._since = "", None
        return message

    def removed(self, name: str) -> None:
        """A sample was taken back: the last one is again the one kept before it."""
        with self._lock:
            left = [each for each in self._latest if each[0].name != name]
            self._latest = deque(left, maxlen=TAKEN_BACK)

    def skip(self, why: str) -> bool:
        """A sample was due and could not be kept; whether to say so now, once a second."""
        now = self._clock()
        with self._lock:
            self._obstacle = why
            self._since = now if self._since is None else self._since
        if now - self._told < _SKIP_EVERY:
            return False
        self._told = now
        return True

    def describe(
        self,
        view: CaptureView,
        now: float,
        state: SetState,
        *,
        no_frames: str,
        looking: bool,
        full: bool,
    ) -> None:
        """Fill in the last sample and, while capture is on, its state in words.

        Args:
            no_frames: that no frames come; empty while they do.
            looking: whether frames are judged, be they kept or not.
            full: whether a frame has to take another's place.
        """
        with self._lock:
            last, last_at = self._latest[-1] if self._latest else (None, 0.0)
            obstacle, since, kept = self._obstacle, self._since, self._kept
        if last is not None:
            view.last, view.last_name, view.last_age = last.why, last.name, now - last_at
        if not state.ready:
            view.text = "reading the set"
        if not view.wanted:
            return
        blocked = since is not None and now - since > _STALLED_AFTER_S
        if not state.ready:
            view.state = "starting"
        elif view.complete and view.goal == 0:
            view.state, view.text = "complete", f"{state.tally.usable} samples for calibration"
        elif state.problem or no_frames or blocked:
            view.state, view.text = "stalled", state.problem or no_frames or obstacle
        elif view.complete:
            view.state, view.text = "complete", "better frames still take the place of others"
        else:
            view.state = "on" if kept or looking else "starting"
            view.text = obstacle
            if not obstacle and full:
                view.text = "full: a better frame takes the place of one like another"
