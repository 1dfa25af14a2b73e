"""What an open screen in constant use holds more after an hour: memory, handles, threads.

    bench/growth.py [--json] [--minutes N]

Screens, boxes and pages are opened and left again all the time, on a real daemon with a rover that
moves. The last half is judged: in the first one caches fill.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench._report import options, tell  # noqa: E402
from bench.ui import CONTENT, SMALL, Bench, goal  # noqa: E402

KEYS = (b"2", b"?", b"\x1b", b"3", b":", b"\x1b", b"L", b"m", b"\x1b", b"1")
LIMITS = {"megabytes": 1.0, "handles": 0.0, "threads": 0.0}


def held(bench: Bench, minutes: float) -> dict[str, dict[str, float]]:
    """Memory, handles and threads of the screen, every tenth of the time."""
    path = bench.workspace("simulated", "simulated")
    terminal = bench.open(path, SMALL)
    found: dict[str, dict[str, float]] = {}
    try:
        terminal.seconds_to(CONTENT, terminal.began)
        began = time.perf_counter()
        while (gone := time.perf_counter() - began) <= minutes * 60:
            if gone >= len(found) * minutes * 6:
                found[f"after {gone / 60:.1f} min"] = terminal.holds()
            for key in KEYS:
                terminal.press(key)
                # An escape and the key after it would be one key.
                terminal.listen(0.25 if key == b"\x1b" else 0.1)
            terminal.output = b""
        found[f"after {minutes:g} min, the end"] = terminal.holds()
        return found
    finally:
        terminal.close(5.0)
        bench.stop(path)


def report(minutes: float, found: dict[str, dict[str, float]]) -> dict[str, Any]:
    """What is held at the end beside what is held half way."""
    looks = list(found.values())
    first, last = looks[len(looks) // 2], looks[-1]
    goals = [
        goal(
            f"{what} more in the last half of {minutes:g} min",
            limit,
            round(last[what] - first[what], 1),
        )
        for what, limit in LIMITS.items()
    ]
    return {"name": "growth", "figures": {"held": found}, "goals": goals}


def show(figures: dict[str, Any]) -> None:
    for when, holds in figures["held"].items():
        print(f"{when}: {holds}")


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ui") as name:
        found = held(Bench(Path(name)), given.minutes)
    tell(report(given.minutes, found), given.json, show)
    return 0


if __name__ == "__main__":
    sys.exit(main())
