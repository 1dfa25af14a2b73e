"""What this program itself costs: CPU and memory of the daemon and everything it started."""

from __future__ import annotations

import os

from rovertui.machine.read import Root

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Own:
    """CPU seconds and memory of a process and its descendants.

    A relay that an earlier daemon started is no descendant: its number is given besides.
    """

    def __init__(self, root: Root, pid: int) -> None:
        self._root = root
        self._pid = pid
        self._before: dict[int, int] = {}
        self._at: float | None = None

    def measure(self, now: float, besides: set[int]) -> tuple[float | None, int]:
        """CPU share of one core since the last call (None the first time), and bytes in use."""
        parents, ticks, pages = self._table()
        ours = {self._pid} | besides
        grown = True
        while grown:
            more = {pid for pid, parent in parents.items() if parent in ours} - ours
            ours |= more
            grown = bool(more)
        present = {pid: ticks[pid] for pid in ours if pid in ticks}
        passed = None if self._at is None else now - self._at
        share = None
        if passed and passed > 0:
            used = sum(t - self._before.get(pid, t) for pid, t in present.items())
            share = max(0.0, used / _CLOCK_TICKS / passed)
        self._before, self._at = present, now
        return share, sum(pages.get(pid, 0) for pid in present) * _PAGE

    def _table(self) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
        parents: dict[int, int] = {}
        ticks: dict[int, int] = {}
        pages: dict[int, int] = {}
        for folder in self._root.glob("proc/[0-9]*"):
            text = self._root.text(f"{folder}/stat")
            if not text or ")" not in text:
                continue
            fields = text[text.rindex(")") + 1 :].split()
            try:
                pid = int(folder.rpartition("/")[2])
                parents[pid] = int(fields[1])
                ticks[pid] = int(fields[11]) + int(fields[12])
                pages[pid] = int(fields[21])
            except (IndexError, ValueError):
                continue
        return parents, ticks, pages
