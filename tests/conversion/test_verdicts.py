"""Verdicts on sets are in the order of what their models are worth: by the real toolkit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rovertui import demo
from rovertui.calibration import sample
from rovertui.calibration.axes import Plan
from rovertui.calibration.coverage import Coverage, cover
from rovertui.calibration.features import Features
from rovertui.calibration.k_centre import covering
from rovertui.calibration.space import Space
from rovertui.config import Limits
from rovertui.conversion.recipe import Request
from rovertui.conversion.run import convert
from rovertui.demo.observation import sample_depth
from rovertui.demo.world import World
from rovertui.reporter import Reporter
from rovertui.schema import rgbd6

from .workshop import File

pytestmark = pytest.mark.needs_toolkit

SCHEMA = rgbd6(depth_net_scale="1/6")
POLICY = Path(demo.__file__).with_name("policy.onnx")
COMMON = ("corridor", "room")
FEW = 12


def frame(world: World) -> dict[str, Any]:
    seen = world.observe()
    return {"rgb": seen.rgb, "depth": sample_depth(seen.depth), "proprio": seen.proprio}


def driven(seed: int, count: int, every: float, labels: tuple[str, ...] = ()) -> list[Any]:
    """Frames of a simulated drive, only of these labels where some are given."""
    world, found = World(seed), []
    while len(found) < count:
        world.step(every)
        if not labels or world.label() in labels:
            found.append(frame(world))
    return found


def parked(seed: int, count: int) -> list[Any]:
    world, found = World(seed), []
    world.step(20.0)
    world.parked = True
    for _ in range(count):
        world.step(1.0)
        found.append(frame(world))
    return found


def varied(seed: int, count: int) -> list[Any]:
    """Those of a long drive that cover it."""
    drive = driven(seed, 5 * count, 7.0)
    measure = Features(SCHEMA).measure
    points = Space(SCHEMA).matrix(measure(arrays) for arrays in drive)
    return [drive[place] for place in covering(points, count)]


def verdict(frames: list[Any]) -> Coverage:
    measure = Features(SCHEMA).measure
    features = [measure(arrays) for arrays in frames]
    return cover(Plan(SCHEMA), Space(SCHEMA), features, ["s"] * len(frames))


def written(directory: Path, frames: list[Any], session: str) -> list[File]:
    directory.mkdir(parents=True)
    files = []
    for number, arrays in enumerate(frames):
        path = directory / f"calibration_{number:04d}.npz"
        stamp = sample.Stamp(
            stamp=float(number),
            session=session,
            source="simulated rover",
            schema="rgbd6",
            role="calibration",
            simulated=True,
        )
        with path.open("wb") as stream:
            sample.write(stream, arrays, stamp)
        files.append(File(path, session, simulated=True))
    return files


def test_a_parked_a_corridor_and_a_varied_drive_are_judged_in_the_order_of_their_errors(
    tmp_path: Path, toolkit_python: Path
) -> None:
    rare = ("dark", "overexposed", "reverse", "fast_turn", "near_obstacle", "slope")
    check = written(tmp_path / "check", driven(101, 24, 3.0, rare), "other drive")
    sets = {
        "parked": parked(1, FEW),
        "corridor": driven(1, FEW, 2.0, COMMON[:1]),
        "varied": varied(1, FEW),
    }
    scores, errors = {}, {}
    for name, frames in sets.items():
        found = verdict(frames)
        scores[name] = found.score
        request = Request(
            model=POLICY,
            schema_name="rgbd6",
            schema=SCHEMA,
            precision="int8",
            target="rk3588",
            threads=2,
            limits=Limits(),
            calibration=written(tmp_path / name, frames, name),
            check=check,
            directory=tmp_path / "models" / name,
        )
        done = convert(request, toolkit_python, tmp_path / "scratch", Reporter())
        assert done.sheet.check is not None
        errors[name] = done.sheet.check.mean
        assert found.parked is (name == "parked")
    order = ["varied", "corridor", "parked"]
    assert sorted(scores, key=scores.__getitem__, reverse=True) == order
    assert sorted(errors, key=errors.__getitem__) == order
    assert scores["corridor"] < scores["varied"] / 1.3
    assert errors["varied"] < errors["corridor"] / 1.25
