"""What was decided of frames in the last minute, by reason."""

from __future__ import annotations

from collections import deque

_WINDOW_S = 60.0
_WORDS = {
    "copy": "like one we have",
    "score": "would cover less",
    "jump": "jumped, perhaps a glitch",
    "first": "first frame",
}


class Decisions:
    """Told of each decision; says the last one, and how many of a kind there were."""

    def __init__(self) -> None:
        self._skipped: deque[tuple[float, str]] = deque()
        self.last = ""

    def kept(self, why: str) -> None:
        self.last = f"kept: {why}"

    def skipped(self, now: float, kind: str, why: str) -> None:
        """``kind`` is a decision's, or the reason itself."""
        self.last = f"skipped: {why}"
        self._skipped.append((now, _WORDS.get(kind, kind)))

    def minute(self, now: float) -> dict[str, int]:
        while self._skipped and self._skipped[0][0] < now - _WINDOW_S:
            self._skipped.popleft()
        found: dict[str, int] = {}
        for _, reason in self._skipped:
            found[reason] = found.get(reason, 0) + 1
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))
