"""What the benchmarks share: their options, and how figures and goals are printed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

Report = dict[str, Any]


def options(about: str | None) -> argparse.ArgumentParser:
    """A parser described by the first line of ``about``, with ``--json``."""
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def tell(report: Report, as_json: bool, show: Callable[[Report], None]) -> None:
    """Print a report as JSON, or its figures as ``show`` words them and then its goals."""
    if as_json:
        print(json.dumps(report, indent=2))
        return
    show(report["figures"])
    for goal in report["goals"]:
        print(goal_line(goal))


def goal_line(goal: Report) -> str:
    """A goal as a line: met or missed, and by how much."""
    met = "met   " if goal["met"] else "MISSED"
    return f"{met} {goal['what']}: {goal['measured']} (goal {goal['goal']})"
