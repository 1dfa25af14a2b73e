"""What passes through the relay, counted, and as rates over the last ten seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass

WINDOW_S = 10.0
_SLOT_S = 0.5


@dataclass
class Counts:
    """Totals since the relay began. ``lost``: taken, but never handed to the V620's socket."""

    received: int = 0
    received_bytes: int = 0
    sent: int = 0
    sent_bytes: int = 0
    lost: int = 0
    capped: int = 0
    malformed: int = 0
    copy_lost: int = 0


class Figures:
    """Counts, and their growth over a sliding window in slots of half a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = Counts()
        self._clock = clock
        self._began = clock()
        self._slots: deque[tuple[float, Counts]] = deque([(self._began, Counts())])
        self.last_at: float | None = None

    def tick(self) -> None:
        """Close a slot when it is time; called at least twice a second."""
        now = self._clock()
        if now - self._slots[-1][0] < _SLOT_S:
            return
        self._slots.append((now, Counts(**asdict(self.now))))
        while len(self._slots) > 2 and self._slots[1][0] <= now - WINDOW_S:
            self._slots.popleft()

    def view(self) -> dict[str, float | int | None]:
        """Totals and rates as plain data: per second, bytes per second, share lost 0..1."""
        now = self._clock()
        begin, then = self._slots[0]
        passed = max(now - begin, _SLOT_S)
        received = self.now.received - then.received
        lost = self.now.lost - then.lost
        return {
            **asdict(self.now),
            "rate": received / passed,
            "bytes_rate": (self.now.received_bytes - then.received_bytes) / passed,
            "sent_rate": (self.now.sent - then.sent) / passed,
            "sent_bytes_rate": (self.now.sent_bytes - then.sent_bytes) / passed,
            "lost_share": lost / received if received else None,
            "age": None if self.last_at is None else now - self.last_at,
            "uptime": now - self._began,
        }
