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

from bench._choices import COUNTS, SCHEMA, STEP, arrays_of, choices, watch, worth
from bench._judged import FLOOR, PRECISIONS, WORTH, judged
from bench._report import options, tell
from rovertui import demo
from rovertui.calibration import sample
from rovertui.calibration.features import Features
from rovertui.calibration.k_centre import covering
from rovertui.calibration.space import Space
from rovertui.config import Limits
from rovertui.conversion.recipe import Request
from rovertui.conversion.run import convert
from rovertui.demo.world import World
from rovertui.operations import toolkit
from rovertui.reporter import Reporter
from rovertui.schema import Field, Schema

POLICY = Path(demo.__file__).with_name("policy.onnx")
CHECKED = 60
# Those of rovertui/demo/train_policy.py, which cannot be imported without torch.
MEAN = np.array([0.08, 0.0, 0.0, 0.0, 9.8, 1.5], np.float32)
SCALE = np.array([0.1, 0.3, 0.1, 0.1, 1.0, 1.0], np.float32)


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
            f"{precision:10}{facts['choice']:37}{len(chosen):4}  rare {error['rare']['mean']:.4f} "
            f"(largest {error['rare']['largest']:.3f})  common {error['common']['mean']:.4f}  "
            f"{words}"
        )
    return rows


def show(figures: dict[str, Any]) -> None:
    correlation = "rank correlation with the error on rare frames"
    for precision, found in figures[correlation].items():
        words = ", ".join(f"{what} {value:+.2f}" for what, value in found.items())
        print(f"{precision}: {correlation}: {words}")


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--full", action="store_true", help="three drives instead of one")
    parser.add_argument("--seconds", type=float, default=900.0, help="length of a drive")
    given = parser.parse_args()
    told = (lambda text: None) if given.json else (lambda text: print(text, flush=True))
    tell(measure(3 if given.full else 1, given.seconds, told), given.json, show)
    return 0


if __name__ == "__main__":
    sys.exit(main())
