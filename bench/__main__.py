"""Runs one benchmark by name, or all of them: ``./run bench [NAME] [--json] [--write]``.

All of them, or one with ``--write``, put what they found into docs/benchmarks.md. All are those
that take minutes; with ``--full`` also those that take an hour or more.
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
PAGE_FORM = {
    "endurance": ["--full"],
    "pull": ["--full"],
    "selection": ["--full"],
    "ui": ["--beside", "harlequin"],
}
"""Options with which a benchmark gives what its section of the page shows."""
LONG = ("endurance", "growth", "kills", "selection")


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
    parser.add_argument("--full", action="store_true", help="the hours too, or one's long form")
    given, rest = parser.parse_known_args()
    if given.name and given.full:
        rest.append("--full")
    if rest and not given.name:
        parser.error(f"{rest[0]} is an option of one benchmark: name it")
    if given.name and not given.json and not given.write:
        return subprocess.call([sys.executable, str(HERE / f"{given.name}.py"), *rest])
    if given.name:
        found = [measure(given.name, rest)]
    else:
        chosen = [name for name in names() if given.full or name not in LONG]
        found = [measure(name, PAGE_FORM.get(name, [])) for name in chosen]
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
