"""The list of samples on the Set screen: a cursor, and a window of rows that the daemon gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

BLOCK = 200
FRESH_S = 2.0


@dataclass
class SampleList:
    """One list, of the set or of the trash; rows outside the window are fetched when needed.

    Attributes:
        where: ``set`` or ``trash``, as the daemon calls them.
        words: what rows must hold to be listed.
        name: the selected sample; ``cursor`` is its place among ``total`` that match of ``all``.
        bytes: what all of them take; ``most`` what they may take, 0 for no limit.
        rows: those from ``start`` on, as :func:`rovertui.calibration.listing.row` makes them.
        sessions: how many samples the sessions of ``rows`` have in all.
        looked: when the daemon last gave rows; None before the first time.
    """

    where: str
    words: str = ""
    name: str = ""
    cursor: int = 0
    top: int = 0
    total: int = 0
    all: int = 0
    bytes: int = 0
    most: float = 0.0
    start: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    sessions: dict[str, int] = field(default_factory=dict)
    looked: float | None = None

    def at(self, place: int) -> dict[str, Any] | None:
        """The row of that place, where it has come."""
        index = place - self.start
        return self.rows[index] if 0 <= index < len(self.rows) else None

    @property
    def selected(self) -> dict[str, Any] | None:
        return self.at(self.cursor)

    def move(self, by: int) -> None:
        self.cursor = max(0, min(self.cursor + by, self.total - 1))
        found = self.selected
        self.name = found["name"] if found else ""

    def search(self, words: str) -> None:
        """List only what holds these words; the list begins at its top again."""
        self.words, self.name, self.cursor, self.top, self.looked = words, "", 0, 0, None

    def wanted(self, now: float) -> dict[str, Any] | None:
        """Parameters of the look that is needed now; None where nothing is."""
        here = self.selected is not None or self.total == 0
        if here and self.looked is not None and now - self.looked < FRESH_S:
            return None
        return {
            "where": self.where,
            "words": self.words,
            "name": self.name,
            "start": max(0, self.cursor - BLOCK // 2),
            "count": BLOCK,
        }

    def supply(self, asked: dict[str, Any], found: dict[str, Any], now: float) -> None:
        """Take what the daemon gave; an answer to an older question is of no use."""
        if asked["words"] != self.words:
            return
        self.rows, self.start = found["rows"], found["start"]
        self.total, self.all = found["total"], found["all"]
        self.bytes, self.most, self.sessions = found["bytes"], found["most"], found["sessions"]
        if found["place"] is not None and asked["name"] == self.name:
            self.top += found["place"] - self.cursor
            self.cursor = found["place"]
        self.looked = now
        self.move(0)
