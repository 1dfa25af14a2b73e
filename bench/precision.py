"""The ladder int8, hybrid, int16, fp16 of the demo policy: bytes and error on the same frames.

Run alone: ``python bench/precision.py [--json] [--samples N] [--seed N]``; needs the toolkit's
environment.
Calibration is the guide's recipe: one sample every 10 s of one simulated drive. The frames for
checking are every fourth 30 s block of that drive, and a second drive. int8 is thereby what the
guide does (raw proprio, everything INT8); the error is |RKNN - float| of the action, the RKNN
simulator given the node's feed, the float model what training fed it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._report import options, tell
from rovertui import demo
from rovertui.calibration import sample
from rovertui.calibration.roles import block_of, role_of
from rovertui.config import RUNGS, Limits
from rovertui.conversion import figures
from rovertui.conversion.recipe import Request
from rovertui.conversion.run import Converted, convert
from rovertui.demo.observation import Observation, sample_depth
from rovertui.demo.world import World
from rovertui.operations import toolkit
from rovertui.reporter import Reporter
from rovertui.schema import rgbd6

POLICY = Path(demo.__file__).with_name("policy.onnx")
INTERVAL, BLOCK, CHECK_EVERY = 10.0, 30.0, 4


@dataclass(frozen=True)
class Taken:
    """A sample on disk."""

    path: Path
    session: str
    block: int | None
    rare: bool
    simulated: bool = True


def written(directory: Path, seen: Observation, session: str, number: int) -> Taken:
    path = directory / f"{session}_{number:04d}.npz"
    stamp = sample.Stamp(
        stamp=seen.stamp,
        session=session,
        source="simulated rover",
        schema="rgbd6",
        role="calibration",
        simulated=True,
    )
    arrays = {"rgb": seen.rgb, "depth": sample_depth(seen.depth), "proprio": seen.proprio}
    with path.open("wb") as stream:
        sample.write(stream, arrays, stamp)
    return Taken(path, session, block_of(seen.stamp, BLOCK), seen.rare)


def drive(directory: Path, seed: int, count: int, name: str) -> list[Taken]:
    """One frame every 10 s until ``count`` are for calibration; the others come with them."""
    world, taken, used = World(seed), [], 0
    while used < count:
        world.step(INTERVAL)
        taken.append(written(directory, world.observe(), name, len(taken)))
        used += role_of(world.stamp, BLOCK, CHECK_EVERY) == "calibration"
    return taken


def for_checking(taken: Taken) -> bool:
    return taken.block is not None and taken.block % CHECK_EVERY == CHECK_EVERY - 1


def measured(converted: Converted, check: list[Taken], onnx_bytes: int) -> dict[str, Any]:
    found = converted.sheet.check
    assert found is not None
    errors = {frame.name: frame.error for frame in found.by_frame}
    groups = {
        "same drive": [t for t in check if t.session == "first"],
        "other drive": [t for t in check if t.session == "second"],
        "common": [t for t in check if not t.rare],
        "rare": [t for t in check if t.rare],
    }
    return {
        "bytes": converted.sheet.rknn_bytes,
        "ratio": converted.sheet.rknn_bytes / onnx_bytes,
        "mean": found.mean,
        "largest": found.max,
        "share_over": found.over_limit,
        "bias": found.outputs[0].bias,
        "numbers": figures.by_number(converted.sheet),
        "within": converted.sheet.within,
        "frame_error": {
            name: {
                "frames": len(group),
                "mean": statistics.fmean(errors[t.path.name] for t in group),
                "largest": max(errors[t.path.name] for t in group),
            }
            for name, group in groups.items()
            if group
        },
        "seconds": converted.seconds,
    }


def measure(count: int, seed: int = 1) -> dict[str, Any]:
    python = toolkit.require("")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        first = drive(root, seed, count, "first")
        second = drive(root, seed + 1, 60, "second")
        calibration = [taken for taken in first if not for_checking(taken)]
        check = [taken for taken in first if for_checking(taken)] + second
        ladder = {}
        for rung in RUNGS:
            request = Request(
                model=POLICY,
                schema_name="rgbd6",
                schema=rgbd6(depth_net_scale="1/6"),
                precision=rung,
                target="rk3588",
                threads=2,
                limits=Limits(),
                calibration=calibration,
                check=check,
                directory=root / "models",
            )
            done = convert(request, python, root / "scratch", Reporter())
            ladder[rung] = measured(done, check, POLICY.stat().st_size)
    guide, default = ladder["int8"], ladder["hybrid"]
    figures = {
        "onnx_bytes": POLICY.stat().st_size,
        "seed": seed,
        "samples": len(calibration),
        "frames": len(check),
        "ladder": ladder,
    }
    share, more = default["mean"] / guide["mean"], default["bytes"] / guide["bytes"]
    goals = [
        goal("mean error, hybrid against the guide's int8", "<= 1/20", share, share <= 0.05),
        goal("bytes, hybrid against the guide's int8", "<= 1.10", more, more <= 1.10),
        goal(
            "hybrid within the limits of config.toml",
            f"mean <= {Limits().mean}",
            default["mean"],
            default["within"] is True,
        ),
    ]
    return {"name": "precision", "figures": figures, "goals": goals}


def goal(what: str, wanted: str, found: float, met: bool) -> dict[str, Any]:
    return {"what": what, "goal": wanted, "measured": round(found, 4), "met": met}


def show(figures: dict[str, Any]) -> None:
    print(f"{figures['samples']} samples calibrate, {figures['frames']} frames check")
    print(f"{'':8}{'bytes':>10}{'of ONNX':>9}{'mean':>9}{'largest':>9}{'> 0.05':>8}")
    for rung, found in figures["ladder"].items():
        print(
            f"{rung:8}{found['bytes']:>10,}{found['ratio']:>9.2f}{found['mean']:>9.4f}"
            f"{found['largest']:>9.3f}{found['share_over']:>8.1%}"
        )
        for number in found["numbers"]:
            wheel, unit = number["wheel"], number["unit"]
            if wheel:
                print(
                    f"        {number['number']:<12} mean {figures.small(wheel['mean'], unit)}, "
                    f"largest {figures.small(wheel['largest'], unit)}, wrong sign "
                    f"{number['wrong_sign'] or 0.0:.1%} of {number['signed']}"
                )
        for name, group in found["frame_error"].items():
            print(
                f"        {name:<12}{group['frames']:>4} frames, worst component: mean "
                f"{group['mean']:.4f}, largest {group['largest']:.3f}"
            )


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--samples", type=int, default=100, help="samples that calibrate")
    parser.add_argument("--seed", type=int, default=1, help="of the first drive's world")
    given = parser.parse_args()
    tell(measure(given.samples, given.seed), given.json, show)
    return 0


if __name__ == "__main__":
    sys.exit(main())
