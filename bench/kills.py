"""kill -9 at random moments of a demo that works: what was killed, and whether all promises held.

Not a measure of speed: the long form of ``tests/faults/test_kills.py``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._report import options
from tests.faults.drill import Drill


def measure(kills: int, seed: int, longest: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        drill = Drill(Path(directory) / "workspace", seed, longest)
        try:
            drill.warm_up()
            while sum(drill.kills.values()) < kills:
                drill.one()
                print(f"{drill.round}: {dict(drill.kills)}", file=sys.stderr)
                for words in drill.broken:
                    print(words, file=sys.stderr)
            drill.finish()
        finally:
            drill.end()
    found = drill.summary()
    broken = len(drill.broken)
    goal = {
        "what": f"promises broken by {found['kills']} kills",
        "measured": broken,
        "goal": 0,
        "met": broken == 0,
    }
    return {"name": "kills", "seed": seed, **found, "goals": [goal]}


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=8.0, help="seconds before a kill")
    given = parser.parse_args()
    found = measure(given.kills, given.seed, given.longest)
    print(json.dumps(found, indent=None if given.json else 2))
    return 0 if not found["broken"] else 1


if __name__ == "__main__":
    sys.exit(main())
