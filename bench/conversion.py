"""What our worker costs beside the bare toolkit: wall time and memory of one INT8 conversion.

Run alone: ``python bench/conversion.py [--json] [--samples N] [--runs N]``; needs the toolkit's
environment. Both convert the demo policy from the same .npz samples, in turn: the bare side
loads and stages them and calls config, load_onnx, build and export_rknn; ours is ``convert``
with all its checks, the model sheet included, but without frames for checking.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._report import options, tell
from rovertui import demo
from rovertui.calibration import sample
from rovertui.config import Limits
from rovertui.conversion.recipe import Request
from rovertui.conversion.run import convert
from rovertui.demo.observation import sample_depth
from rovertui.demo.world import World
from rovertui.operations import toolkit
from rovertui.reporter import Reporter
from rovertui.schema import rgbd6

POLICY = Path(demo.__file__).with_name("policy.onnx")
BARE = """
import sys
from pathlib import Path
import numpy as np
from rknn.api import RKNN
samples, work, policy = (Path(word) for word in sys.argv[1:])
lines = []
for number, path in enumerate(sorted(samples.iterdir())):
    with np.load(path) as file:
        rgb, depth, proprio = file["rgb"], file["depth"], file["proprio"]
    parts = (rgb.transpose(2, 0, 1)[None], (depth / 6)[None, None], proprio[None])
    names = [f"{number}_{part}.npy" for part in range(3)]
    for name, array in zip(names, parts):
        np.save(work / name, array)
    lines.append(" ".join(names))
(work / "dataset.txt").write_text("\\n".join(lines) + "\\n")
rknn = RKNN(verbose=False)
rknn.config(mean_values=[[0, 0, 0], [0], [0] * 6], std_values=[[255, 255, 255], [1], [1] * 6],
            target_platform="rk3588")
rknn.load_onnx(str(policy), inputs=["rgb", "depth", "proprio"],
               input_size_list=[[1, 3, 240, 424], [1, 1, 240, 424], [1, 6]])
rknn.build(do_quantization=True, dataset=str(work / "dataset.txt"))
rknn.export_rknn(str(work / "model.rknn"))
"""


def samples(directory: Path, count: int) -> None:
    directory.mkdir()
    world = World(1)
    for number in range(count):
        world.step(10.0)
        seen = world.observe()
        stamp = sample.Stamp(
            stamp=seen.stamp,
            session="bench",
            source="simulated rover",
            schema="rgbd6",
            role="calibration",
            simulated=True,
        )
        arrays = {"rgb": seen.rgb, "depth": sample_depth(seen.depth), "proprio": seen.proprio}
        with (directory / f"calibration_{number:04d}.npz").open("wb") as stream:
            sample.write(stream, arrays, stamp)


class Chosen:
    session, block, simulated = "bench", None, True

    def __init__(self, path: Path) -> None:
        self.path = path


def ours(python: Path, given: Path, work: Path) -> None:
    """One conversion of ours, in a process of its own."""
    request = Request(
        model=POLICY,
        schema_name="rgbd6",
        schema=rgbd6(depth_net_scale="1/6"),
        precision="int8",
        target="rk3588",
        threads=2,
        limits=Limits(),
        calibration=[Chosen(path) for path in sorted(given.iterdir())],
        check=[],
        directory=work / "models",
    )
    convert(request, python, work / "scratch", Reporter())


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds, and the largest resident set in MB of the command or of its children."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def measure(count: int, runs: int) -> dict[str, Any]:
    python = toolkit.require("")
    taken: dict[str, list[tuple[float, float]]] = {"bare": [], "ours": []}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        samples(root / "samples", count)
        for run in range(runs):
            for side in ("bare", "ours") if run % 2 == 0 else ("ours", "bare"):
                work = root / f"{side}{run}"
                work.mkdir()
                given = [str(root / "samples"), str(work)]
                if side == "bare":
                    command = [str(python), "-c", BARE, *given, str(POLICY)]
                else:
                    command = [sys.executable, str(Path(__file__)), "--once", *given]
                taken[side].append(timed(command))
    figures: dict[str, Any] = {"samples": count, "runs": runs}
    for side, values in taken.items():
        seconds, memory = [v[0] for v in values], [v[1] for v in values]
        figures[side] = {
            "seconds": statistics.median(seconds),
            "seconds_least_most": [min(seconds), max(seconds)],
            "memory_mb": statistics.median(memory),
        }
    bare, own = figures["bare"], figures["ours"]
    more, factor = own["seconds"] - bare["seconds"], own["seconds"] / bare["seconds"]
    memory_more = own["memory_mb"] - bare["memory_mb"]
    goals = [
        {
            "what": "wall time against the bare toolkit",
            "goal": "<= 1.15 times, or 1.5 s more",
            "measured": f"{factor:.2f} times, {more:+.2f} s",
            "met": factor <= 1.15 or more <= 1.5,
        },
        {
            "what": "peak memory against the bare toolkit",
            "goal": "within 100 MB",
            "measured": f"{memory_more:+.0f} MB",
            "met": memory_more <= 100,
        },
    ]
    return {"name": "conversion", "figures": figures, "goals": goals}


def show(figures: dict[str, Any]) -> None:
    print(f"INT8 with {figures['samples']} samples, {figures['runs']} runs of each side")
    for side in ("bare", "ours"):
        found = figures[side]
        low, high = found["seconds_least_most"]
        print(
            f"{side}: median {found['seconds']:.2f} s ({low:.2f} to {high:.2f}), "
            f"{found['memory_mb']:.0f} MB"
        )


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--once", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.once:
        ours(toolkit.require(""), *given.once)
        return 0
    tell(measure(given.samples, given.runs), given.json, show)
    return 0


if __name__ == "__main__":
    sys.exit(main())
