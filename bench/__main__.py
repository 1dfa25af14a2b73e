"""Runs one benchmark by name, or all of them: ``./run bench [NAME] [--json] [--write]``.

All of them, or one with ``--write``, put what they found into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import _page, _report

HERE = Path(__file__).parent


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))


def measure(name: str, options: Sequence[str] = ()) -> dict[str, Any]:
    """Run ``bench/NAME.py --json``; its figures, or what kept it from giving any."""
    done = subprocess.run(
        [sys.executable, str(HERE / f"{name}.py"), "--json", *options],
        capture_output=True,
        text=True,
        cwd=HERE.parent,
        check=False,
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        lines = done.stderr.strip().splitlines() or ["no output"]
        return {"name": name, "failed": lines[-1], "goals": []}
    return {**found, "machine": _page.machine()}


def words(found: dict[str, Any]) -> str:
    """Goals as lines: met or missed, and by how much."""
    if "failed" in found:
        return f"{found['name']}: FAILED: {found['failed']}"
    lines = [f"{found['name']}:"]
    lines += [f"  {_report.goal_line(goal)}" for goal in found["goals"]]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=names(), help="without one: all")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--write", action="store_true", help="of one: write docs/benchmarks.md too")
    given, rest = parser.parse_known_args()
    if given.name and not given.json and not given.write:
        return subprocess.call([sys.executable, str(HERE / f"{given.name}.py"), *rest])
    found = [measure(name, rest) for name in ([given.name] if given.name else names())]
    if given.write or not given.name:
        _page.write(found)
    if given.json:
        print(json.dumps(found[0] if given.name else found, indent=2))
    else:
        for entry in found:
            print(words(entry))
    return 1 if any("failed" in entry for entry in found) else 0


if __name__ == "__main__":
    sys.exit(main())
