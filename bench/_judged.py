"""What conversions by different choices of samples say: means, rank correlations, goals."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bench._choices import COUNTS, DIVERSE, DIVERSE_FEW, GUIDE

FLOOR = "floor: the checked frames themselves"
PRECISIONS = ("int8 host", "int8", "hybrid")
WORTH = ("score", "vendi", "span")

Row = dict[str, Any]


def judged(rows: list[Row]) -> dict[str, Any]:
    """Rows as ``selection.converted`` makes them, of any number of drives."""
    few, many = COUNTS
    names = dict.fromkeys((row["choice"], row["wanted"]) for row in rows)
    ordered = sorted(names, key=lambda name: (name[1], name[0] == FLOOR))
    return {
        "name": "selection",
        "figures": {
            "drives": len({row["drive"] for row in rows}),
            "mean error on rare frames, in parentheses on common ones": {
                f"{choice}, {count}": {
                    precision: f"{_mean(rows, precision, choice, 'rare', count):.4f} "
                    f"({_mean(rows, precision, choice, 'common', count):.4f})"
                    for precision in PRECISIONS
                }
                for choice, count in ordered
            },
            "rank correlation with the error on rare frames": {
                precision: _correlation(rows, precision) for precision in PRECISIONS
            },
        },
        "goals": list(_goals(rows, few, many)),
        "rows": rows,
    }


def _mean(rows: list[Row], precision: str, choice: str, group: str, count: int) -> float:
    wanted = (precision, choice, count)
    return statistics.fmean(
        row[group]["mean"]
        for row in rows
        if (row["precision"], row["choice"], row["wanted"]) == wanted
    )


def _goals(rows: list[Row], few: int, many: int) -> Iterator[dict[str, Any]]:
    def goal(what: str, found: float, most: float, more: str = "") -> dict[str, Any]:
        words = f"<= {most:.2f}{more}"
        return {"what": what, "goal": words, "measured": round(found, 3), "met": found <= most}

    for precision, most in (("hybrid", 1 / 3), ("int8 host", 1 / 5)):
        guide = _mean(rows, precision, GUIDE, "rare", few)
        least = _mean(rows, precision, FLOOR, "rare", many) / guide
        yield goal(
            f"{precision}, {few} samples, rare frames: {DIVERSE} against {GUIDE}",
            _mean(rows, precision, DIVERSE, "rare", few) / guide,
            most,
            f" (the checked frames themselves give {least:.2f})",
        )
        yield goal(
            f"{precision}, the {few} that cover {many} kept by {DIVERSE}, against {GUIDE}",
            _mean(rows, precision, DIVERSE_FEW, "rare", few) / guide,
            most,
        )
    common = [_mean(rows, "hybrid", choice, "common", few) for choice in (DIVERSE, GUIDE)]
    what = f"hybrid, {few} samples, common frames: {DIVERSE} against {GUIDE}"
    yield goal(what, common[0] / common[1], 1.0)


def _correlation(rows: list[Row], precision: str) -> dict[str, float]:
    mine = [row for row in rows if row["precision"] == precision and row["choice"] != FLOOR]
    errors = [row["rare"]["mean"] for row in mine]
    return {what: round(spearman([row[what] for row in mine], errors), 2) for what in WORTH}


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Rank correlation; ties get their mean rank."""

    def ranks(values: Sequence[float]) -> Any:
        array = np.asarray(values, float)
        below = (array[:, None] > array[None]).sum(1)
        same = (array[:, None] == array[None]).sum(1)
        return below + (same - 1) / 2

    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])
