"""What the set is worth, as the screen shows it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from rovertui.calibration.advice import advise
from rovertui.calibration.axes import Plan
from rovertui.calibration.coverage import Coverage, cover
from rovertui.calibration.index import Entry
from rovertui.calibration.space import Space
from rovertui.schema import Schema
from rovertui.snapshot import AdviceView, CoverageAxisView, CoverageView

_GAIN_OVER_S = 300.0
EXPLAINED = {
    "score": "covered: how full the ranges are; groups weigh alike, the emptiest pulls most",
    "vendi": "really different: the Vendi score; a hundred copies of one count as one",
}


class Worth:
    """Judges the samples for calibration of one schema; remembers the score for five minutes."""

    def __init__(self, schema: Schema, site: str) -> None:
        self._schema = schema
        self._site = site
        self._space = Space(schema)
        self._scores: deque[tuple[float, float]] = deque()

    def look(
        self, entries: Sequence[Entry], unreachable: frozenset[str], now: float
    ) -> CoverageView:
        """``entries`` are usable; ``now`` is monotonic."""
        found = self.judge(entries, unreachable)
        self._scores.append((now, found.score))
        return self.aged(view(found, self._site), now)

    def aged(self, known: CoverageView, now: float) -> CoverageView:
        """``known`` with the change of the score up to ``now``, also where nothing is new."""
        while len(self._scores) > 1 and self._scores[1][0] <= now - _GAIN_OVER_S:
            self._scores.popleft()
        since, before = self._scores[0] if self._scores else (now, known.score)
        gained = round(self._scores[-1][1] - before, 2) if self._scores else 0.0
        over = round(min(now - since, _GAIN_OVER_S)) if gained else 0
        if (gained, over) == (known.gained, known.gained_over):
            return known
        return msgspec.structs.replace(known, gained=gained, gained_over=over)

    def judge(self, entries: Sequence[Entry], unreachable: frozenset[str]) -> Coverage:
        mine = [entry for entry in entries if entry.role != "check"]
        return cover(
            Plan(self._schema, unreachable),
            self._space,
            [entry.verdict.features for entry in mine],
            [entry.session for entry in mine],
        )


def view(coverage: Coverage, site: str = "") -> CoverageView:
    """Plain data for screens and scripts."""
    return CoverageView(
        count=coverage.count,
        score=round(coverage.score, 2),
        vendi=round(coverage.vendi, 2),
        text=coverage.text,
        parked=coverage.parked,
        site=site,
        groups={name: round(share, 4) for name, share in coverage.groups.items()},
        axes=[
            CoverageAxisView(
                name=axis.judged.axis.name,
                group=axis.judged.group,
                unit=axis.judged.axis.unit,
                low=axis.judged.axis.low,
                high=axis.judged.axis.high,
                scale=axis.judged.axis.scale,
                counts=list(axis.counts),
                different=list(axis.different),
                share=round(axis.share, 4),
                unreachable=[i for i in range(len(axis.counts)) if i not in axis.reachable],
                dead=axis.dead,
            )
            for axis in coverage.axes
        ],
        advice=[
            AdviceView(
                text=line.text,
                where=line.where,
                have=line.have,
                want=line.want,
                marks=list(line.marks),
            )
            for line in advise(coverage)
        ],
        dead=list(coverage.dead),
        explained=EXPLAINED,
    )
