"""A large set on disk: opening it from the index, reading it cold, deciding about one frame.

Run alone: ``python bench/store.py [--json]``. The cold set is full-size samples of a random
picture, written here and read back with every checksum; their pages may be in the machine's
cache, as they are on a rover that just wrote them.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from bench._report import options, tell
from rovertui.calibration import sample
from rovertui.calibration.axes import Plan
from rovertui.calibration.examine import Verdict
from rovertui.calibration.features import Features
from rovertui.calibration.index import Index, index_path
from rovertui.calibration.report import load_entries
from rovertui.calibration.selection import Member, Selection, Steady
from rovertui.calibration.space import Space
from rovertui.calibration.store import SampleStore
from rovertui.config import Config
from rovertui.demo.observation import sample_depth
from rovertui.demo.world import World

INDEXED, COLD, RUNS = 10_000, 1_000, 5
CONFIG = Config()


def stamp(number: int) -> sample.Stamp:
    return sample.Stamp(
        stamp=10.0 * number,
        session=f"s{number % 7}",
        source="bench",
        schema="rgbd6",
        role="check" if number % 4 == 3 else "calibration",
        simulated=False,
    )


def drive(count: int) -> list[dict[str, float]]:
    """Features of as many frames, wandering around those of the simulated rover."""
    world, measure, rng = World(1), Features(CONFIG.schema).measure, np.random.default_rng(1)
    base = []
    for _ in range(60):
        world.step(10.0)
        seen = world.observe()
        arrays = {"rgb": seen.rgb, "depth": sample_depth(seen.depth), "proprio": seen.proprio}
        base.append(measure(arrays))
    return [
        {
            name: value * (1 + 0.05 * noise)
            for (name, value), noise in zip(one.items(), row.tolist(), strict=True)
        }
        for one, row in ((base[i % 60], rng.standard_normal(len(base[0]))) for i in range(count))
    ]


def opened(root: Path) -> list[float]:
    """Seconds to open an indexed set with all its histograms, in new objects each time."""
    directory, kept = root / "many", root / "kept"
    directory.mkdir()
    index = Index(directory, CONFIG.schemas, index_path(kept, directory))
    for number, features in enumerate(drive(INDEXED)):
        path = directory / f"calibration_{number:05d}.npz"
        path.write_bytes(b"x")
        verdict = Verdict(state="usable", schema="rgbd6", stamp=stamp(number), features=features)
        index.put(path.name, path.stat(), verdict)
    index.save()
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        store = SampleStore(directory, CONFIG, kept, simulated=False)
        store.refresh()
        assert store.tally().usable > INDEXED // 2
        assert sum(store.histograms()[0].counts) > INDEXED // 2
        taken.append(time.perf_counter() - began)
    return taken


def cold(root: Path) -> float:
    """Seconds to read, check and measure full-size samples that no index knows."""
    directory = root / "cold"
    directory.mkdir()
    rng = np.random.default_rng(2)
    rgb = rng.integers(0, 256, (240, 424, 3), dtype=np.uint8)
    depth = np.linspace(0.3, 5.5, 240 * 424, dtype=np.float32).reshape(240, 424)
    for number in range(COLD):
        arrays = {
            "rgb": np.roll(rgb, number, 0),
            "depth": np.roll(depth, number, 0),
            "proprio": np.array([0.1, 0.2, 0, 0, 9.8, 1.0 + number / COLD], np.float32),
        }
        with (directory / f"calibration_{number:04d}.npz").open("wb") as stream:
            sample.write(stream, arrays, stamp(number))
    began = time.perf_counter()
    found = load_entries(directory, CONFIG, None)
    seconds = time.perf_counter() - began
    assert all(entry.verdict.state == "usable" for entry in found)
    return seconds


def decided() -> list[float]:
    """Seconds for each decision of the rule over a drive, its features given."""
    space = Space(CONFIG.schema)
    chosen, steady = Selection(space, Plan(CONFIG.schema), 50), Steady(space)
    taken = []
    for number, features in enumerate(drive(4000)):
        began = time.perf_counter()
        steady.jumped(10.0 * number, features)
        decision = chosen.decide(features, "s")
        taken.append(time.perf_counter() - began)
        if decision.keep:
            if decision.replaces:
                chosen.remove(decision.replaces)
            chosen.add(Member(f"calibration_{number:04d}.npz", features, "s"))
    return taken


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        opening, scanning = opened(Path(name)), cold(Path(name))
    decisions = sorted(decided())
    typical, late = statistics.median(decisions), decisions[int(0.99 * len(decisions))]
    figures = {
        "open_seconds": {"median": statistics.median(opening), "most": max(opening)},
        "cold_seconds": scanning,
        "decision_ms": {"median": 1e3 * typical, "p99": 1e3 * late, "most": 1e3 * decisions[-1]},
        "processors": os.cpu_count(),
    }
    rows = [
        ("10,000 indexed samples opened with all histograms", 0.3, statistics.median(opening), "s"),
        ("cold scan of 1,000 full-size samples", 10.0, scanning, "s"),
        ("decision about one frame, 99 of 100", 1.0, 1e3 * late, "ms"),
    ]
    goals = [
        {
            "what": what,
            "goal": f"< {goal:g} {unit}",
            "measured": f"{found:.3g} {unit}",
            "met": found < goal,
        }
        for what, goal, found, unit in rows
    ]
    return {"name": "store", "figures": figures, "goals": goals}


def main() -> int:
    parser = options(__doc__)
    given = parser.parse_args()
    tell(measure(), given.json, lambda figures: print(json.dumps(figures, indent=1)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
