"""Which samples to calibrate on: the error of the demo policy by choice, on common and rare frames.

Run alone: ``python bench/selection.py [--json] [--full] [--seconds S]``; needs the toolkit's
environment. One simulated drive (three with ``--full``) is seen twice a second; its blocks for
calibration are chosen from in six ways, 20 and 50 samples each, and the policy is converted as
hybrid, as int8 with raw numbers (the drop-in), and as int8 with numbers that the host normalised:
the same network, its first layer for them folded, so that both have the same float answers. Frames
for checking are of another drive. The floor is what calibrating on those very frames gives: no
choice of samples can be expected to do better. The error is |RKNN - float| of the action, the
largest of its two numbers, in the toolkit's simulator.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec
import numpy as np
import onnx
from onnx import numpy_helper

from rovertui import demo
from rovertui.calibration import sample
from rovertui.calibration.axes import Plan
from rovertui.calibration.choose import covering
from rovertui.calibration.coverage import cover
from rovertui.calibration.features import Features
from rovertui.calibration.roles import role_of
from rovertui.calibration.selection import Member, Selection, Steady
from rovertui.calibration.space import Space
from rovertui.config import Limits
from rovertui.conversion.recipe import Request
from rovertui.conversion.run import convert
from rovertui.demo.observation import sample_depth
from rovertui.demo.world import World
from rovertui.operations import toolkit
from rovertui.reporter import Reporter
from rovertui.schema import Field, Schema, rgbd6

POLICY = Path(demo.__file__).with_name("policy.onnx")
SCHEMA = rgbd6(depth_net_scale="1/6")
STEP, BLOCK, CHECK_EVERY = 0.5, 30.0, 4
COUNTS, PRECISIONS = (20, 50), ("hybrid", "int8", "int8 host")
CHECKED = 60
WORTH = ("score", "vendi", "span")
DIVERSE_FEW = "diverse 50, then k-centre"
FLOOR = "floor: the checked ones"
# Those of rovertui/demo/train_policy.py, which cannot be imported without torch.
MEAN = np.array([0.08, 0.0, 0.0, 0.0, 9.8, 1.5], np.float32)
SCALE = np.array([0.1, 0.3, 0.1, 0.1, 1.0, 1.0], np.float32)


@dataclass(frozen=True)
class Seen:
    """One frame of a drive: where it was and what it was like."""

    step: int
    stamp: float
    features: dict[str, float]
    rare: bool


@dataclass(frozen=True)
class File:
    """A sample, and ``host``: the same with numbers that the host normalised."""

    path: Path
    session: str
    features: dict[str, float]
    host: Path
    block: int | None = None
    simulated: bool = True


def written(directory: Path, name: str, arrays: dict[str, Any], stamp: sample.Stamp) -> File:
    """A sample in both forms."""
    host = directory / "host" / name
    host.parent.mkdir(parents=True, exist_ok=True)
    normalised = {**arrays, "proprio": (arrays["proprio"] - MEAN) / SCALE}
    for path, held in ((directory / name, arrays), (host, normalised)):
        with path.open("wb") as stream:
            sample.write(stream, held, stamp)
    return File(directory / name, stamp.session, Features(SCHEMA).measure(arrays), host)


def normalised_policy(path: Path) -> Path:
    """The policy for numbers that the host normalised: W x + b = (W s) (x - m) / s + (b + W m)."""
    model = onnx.load(str(POLICY))
    first = next(node for node in model.graph.node if "proprio" in node.input)
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    weight, bias = tensors[first.input[1]], tensors[first.input[2]]
    matrix, offset = numpy_helper.to_array(weight), numpy_helper.to_array(bias)
    weight.CopyFrom(numpy_helper.from_array(matrix * SCALE, weight.name))
    bias.CopyFrom(numpy_helper.from_array(offset + matrix @ MEAN, bias.name))
    onnx.save(model, str(path))
    return path


def normalised_schema() -> Schema:
    """The schema of such samples: the same numbers, without units and ranges."""
    arrays = dict(SCHEMA.arrays)
    fields = [Field(name=field.name) for field in arrays["proprio"].fields]
    arrays["proprio"] = msgspec.structs.replace(arrays["proprio"], fields=fields)
    return msgspec.structs.replace(SCHEMA, arrays=arrays)


def arrays_of(world: World) -> tuple[dict[str, Any], bool, float]:
    seen = world.observe()
    arrays = {"rgb": seen.rgb, "depth": sample_depth(seen.depth), "proprio": seen.proprio}
    return arrays, seen.rare, seen.stamp


def watch(seed: int, seconds: float) -> list[Seen]:
    """Every frame of a drive that is for calibration, as features."""
    world, measure, found = World(seed), Features(SCHEMA).measure, []
    for step in range(int(seconds / STEP)):
        world.step(STEP)
        if role_of(world.stamp, BLOCK, CHECK_EVERY) == "calibration":
            arrays, rare, stamp = arrays_of(world)
            found.append(Seen(step, stamp, measure(arrays), rare))
    return found


def write(directory: Path, seed: int, steps: set[int]) -> dict[int, File]:
    """The frames of these steps as files: a seed gives the same drive again."""
    world, files = World(seed), {}
    directory.mkdir(parents=True, exist_ok=True)
    for step in range(max(steps) + 1):
        world.step(STEP)
        if step in steps:
            arrays, _, stamp = arrays_of(world)
            name = f"drive{seed}_{step:05d}.npz"
            files[step] = written(directory, name, arrays, _stamp(stamp, f"drive{seed}"))
    return files


def _stamp(stamp: float, session: str) -> sample.Stamp:
    return sample.Stamp(
        stamp=stamp,
        session=session,
        source="simulated rover",
        schema="rgbd6",
        role="calibration",
        simulated=True,
    )


def for_checking(directory: Path, seed: int) -> dict[str, list[File]]:
    """As many common as rare frames of another drive, three seconds apart or more."""
    world = World(seed)
    groups: dict[str, list[File]] = {"common": [], "rare": []}
    directory.mkdir(parents=True, exist_ok=True)
    for number in range(1200):
        world.step(3.0)
        arrays, rare, stamp = arrays_of(world)
        group = groups["rare" if rare else "common"]
        if len(group) < CHECKED:
            name = f"check{seed}_{number:05d}.npz"
            group.append(written(directory, name, arrays, _stamp(stamp, f"check{seed}")))
        if all(len(each) == CHECKED for each in groups.values()):
            break
    return groups


def diverse(drive: Sequence[Seen], count: int) -> list[int]:
    """The capture rule on-line."""
    space = Space(SCHEMA)
    chosen, steady = Selection(space, Plan(SCHEMA), count), Steady(space)
    for place, seen in enumerate(drive):
        jumped = steady.jumped(seen.stamp, seen.features)
        decision = chosen.decide(seen.features, "s")
        if decision.keep and not jumped:
            if decision.replaces:
                chosen.remove(decision.replaces)
            chosen.add(Member(f"x_{place}.npz", seen.features, "s"))
    return sorted(int(key[2:-4]) for key in chosen.keys)


def every(drive: Sequence[Seen], seconds: float, count: int) -> list[int]:
    """The first ``count`` frames that are ``seconds`` apart."""
    found: list[int] = []
    for place, seen in enumerate(drive):
        if len(found) < count and (
            not found or seen.stamp - drive[found[-1]].stamp >= seconds - 1e-6
        ):
            found.append(place)
    return found


def choices(drive: Sequence[Seen], count: int, seed: int) -> dict[str, list[int]]:
    points = Space(SCHEMA).matrix(seen.features for seen in drive)
    kept = diverse(drive, max(COUNTS))
    # What the program does: it keeps 50, and a conversion takes those that cover them.
    few = {DIVERSE_FEW: [kept[place] for place in sorted(covering(points[kept], count))]}
    return {
        **(few if count < max(COUNTS) else {}),
        "first N, one a second": every(drive, 1.0, count),
        "every 10 s": every(drive, 10.0, count),
        "random": sorted(random.Random(seed).sample(range(len(drive)), count)),
        "diverse": diverse(drive, count),
        "k-centre": sorted(covering(points, count)),
    }


def worth(drive: Sequence[Seen], chosen: Sequence[int]) -> dict[str, float]:
    """Score, Vendi and span of a choice."""
    space = Space(SCHEMA)
    features = [drive[place].features for place in chosen]
    found = cover(Plan(SCHEMA), space, features, ["s"] * len(features))
    points, whole = space.matrix(features), space.matrix(seen.features for seen in drive)
    spans = (points.max(0) - points.min(0)) / np.maximum(whole.max(0) - whole.min(0), 1e-9)
    return {"score": found.score, "vendi": found.vendi, "span": float(spans.mean())}


def convert_one(
    root: Path, precision: str, files: list[File], check: dict[str, list[File]]
) -> dict[str, Any]:
    """Errors on common and on rare frames."""
    host = precision.endswith("host")

    def given(every: Sequence[File]) -> list[File]:
        return [replace(file, path=file.host) for file in every] if host else list(every)

    request = Request(
        model=normalised_policy(root / "policy_host.onnx") if host else POLICY,
        schema_name="rgbd6",
        schema=normalised_schema() if host else SCHEMA,
        precision=precision.partition(" ")[0],
        target="rk3588",
        threads=2,
        limits=Limits(),
        calibration=given(files),
        check=given([*check["common"], *check["rare"]]),
        directory=root / "models",
    )
    done = convert(request, toolkit.require(""), root / "scratch", Reporter())
    assert done.sheet.check is not None
    errors = {frame.name: frame.error for frame in done.sheet.check.by_frame}
    return {
        name: {
            "mean": statistics.fmean(errors[file.path.name] for file in group),
            "largest": max(errors[file.path.name] for file in group),
        }
        for name, group in check.items()
    }


def measure(drives: int, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for seed in range(1, drives + 1):
            began = time.monotonic()
            drive = watch(seed, seconds)
            check = for_checking(root / "check", 100 + seed)
            sets = {
                (choice, count): places
                for count in COUNTS
                for choice, places in choices(drive, count, seed).items()
            }
            steps = {drive[place].step for places in sets.values() for place in places}
            files = write(root / "samples", seed, steps)
            say(f"drive {seed}: {len(drive)} frames, {time.monotonic() - began:.0f} s")
            for (choice, count), places in sets.items():
                chosen = [files[drive[place].step] for place in places]
                facts = {"drive": seed, "choice": choice, "wanted": count, **worth(drive, places)}
                rows += converted(root, facts, chosen, check, say)
            facts = {"drive": seed, "choice": FLOOR, "wanted": COUNTS[-1]}
            rows += converted(root, facts, copied(root / "floor", best(check)), check, say)
    return judged(rows)


def best(check: dict[str, list[File]]) -> list[File]:
    """Those of the frames for checking that cover them."""
    every = [*check["common"], *check["rare"]]
    points = Space(SCHEMA).matrix(file.features for file in every)
    return [every[place] for place in covering(points, COUNTS[-1])]


def copied(directory: Path, files: Sequence[File]) -> list[File]:
    """The same frames as other files: a conversion refuses to check on what it calibrates on."""
    found = []
    for file in files:
        arrays, stamp = sample.read(file.path)
        assert stamp is not None
        other = msgspec.structs.replace(stamp, session="floor")
        found.append(written(directory, file.path.name, arrays, other))
    return found


def converted(
    root: Path,
    facts: dict[str, Any],
    chosen: list[File],
    check: dict[str, list[File]],
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """A row for each precision."""
    rows = []
    for precision in PRECISIONS:
        error = convert_one(root, precision, chosen, check)
        rows.append({**facts, "samples": len(chosen), "precision": precision, **error})
        words = " ".join(f"{what} {facts[what]:.2f}" for what in WORTH if what in facts)
        say(
            f"{precision:10}{facts['choice']:24}{len(chosen):4}  rare {error['rare']['mean']:.4f} "
            f"(largest {error['rare']['largest']:.3f})  common {error['common']['mean']:.4f}  "
            f"{words}"
        )
    return rows


def judged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    chosen = [row for row in rows if row["choice"] != FLOOR]
    correlation = {
        precision: {
            what: spearman(
                [row[what] for row in chosen if row["precision"] == precision],
                [row["rare"]["mean"] for row in chosen if row["precision"] == precision],
            )
            for what in WORTH
        }
        for precision in PRECISIONS
    }

    def mean(precision: str, choice: str, group: str, count: int = 20) -> float:
        return statistics.fmean(
            row[group]["mean"]
            for row in rows
            if (row["precision"], row["choice"], row["wanted"]) == (precision, choice, count)
        )

    goals = []
    for precision, wanted in (("hybrid", 1 / 3), ("int8 host", 1 / 5)):
        found = mean(precision, "diverse", "rare") / mean(precision, "every 10 s", "rare")
        few = mean(precision, DIVERSE_FEW, "rare") / mean(precision, "every 10 s", "rare")
        least = mean(precision, FLOOR, "rare", 50) / mean(precision, "every 10 s", "rare")
        goals.append(
            {
                "what": f"{precision}, 20 samples, rare frames: diverse against every 10 s",
                "goal": f"<= {wanted:.2f} (the checked frames themselves give {least:.2f})",
                "measured": round(found, 3),
                "met": found <= wanted,
            }
        )
        goals.append(
            {
                "what": f"{precision}, the 20 that cover 50 kept by diverse, against every 10 s",
                "goal": f"<= {wanted:.2f}",
                "measured": round(few, 3),
                "met": few <= wanted,
            }
        )
    common = mean("hybrid", "diverse", "common") / mean("hybrid", "every 10 s", "common")
    goals.append(
        {
            "what": "hybrid, 20 samples, common frames: diverse against every 10 s",
            "goal": "<= 1.0",
            "measured": round(common, 3),
            "met": common <= 1.0,
        }
    )
    return {
        "name": "selection",
        "figures": {"sets": rows, "spearman_with_rare_error": correlation},
        "goals": goals,
    }


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Rank correlation; ties get their mean rank."""

    def ranks(values: Sequence[float]) -> Any:
        array = np.asarray(values, float)
        below = (array[:, None] > array[None]).sum(1)
        same = (array[:, None] == array[None]).sum(1)
        return below + (same - 1) / 2

    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--full", action="store_true", help="three drives instead of one")
    parser.add_argument("--seconds", type=float, default=900.0, help="length of a drive")
    options = parser.parse_args()
    quiet = options.json
    result = measure(
        3 if options.full else 1,
        options.seconds,
        lambda text: None if quiet else print(text, flush=True),
    )
    if options.json:
        print(json.dumps(result))
        return 0
    for precision, found in result["figures"]["spearman_with_rare_error"].items():
        words = ", ".join(f"{what} {value:+.2f}" for what, value in found.items())
        print(f"{precision}: rank correlation with the error on rare frames: {words}")
    for item in result["goals"]:
        met = "met" if item["met"] else "NOT MET"
        print(f"{met}: {item['what']}: {item['measured']} (goal {item['goal']})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
