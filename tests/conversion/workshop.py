"""A small workspace for conversions: a schema, sample sets, and requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rovertui.config import Limits
from rovertui.conversion import contract, recipe
from rovertui.conversion.recipe import Request
from rovertui.schema import Array, Field, Input, Schema

from . import nets


@dataclass(frozen=True)
class File:
    """A chosen sample."""

    path: Path
    session: str = "one"
    block: int | None = 0
    simulated: bool = False


def schema(**inputs: dict[str, Any]) -> Schema:
    """The guide's schema at the test nets' size; keyword arguments replace parts of an input."""
    given = {
        "rgb": Input(array="rgb", layout="NHWC", dtype="uint8", net_scale="1/255"),
        "depth": Input(
            array="depth", layout="NHWC", dtype="float32", feed_scale="1/6", net_scale="1"
        ),
        "proprio": Input(array="proprio", layout="flat", dtype="float32"),
        "goal": Input(array="goal", layout="flat", dtype="float32"),
    }
    for name, parts in inputs.items():
        given[name] = msgspec.structs.replace(given[name], **parts)
    fields = [
        Field(name=name, low=-bound, high=bound)
        for name, bound in zip(
            ("lin_vel", "ang_vel", "roll", "pitch", "accel", "min_dist"),
            (2, 6, 1.6, 1.6, 80, 20),
            strict=True,
        )
    ]
    return Schema(
        arrays={
            "rgb": Array(shape=[nets.HEIGHT, nets.WIDTH, 3], dtype="uint8", low=0, high=255),
            "depth": Array(
                shape=[nets.HEIGHT, nets.WIDTH], dtype="float32", unit="m", low=0, high=6
            ),
            "proprio": Array(shape=[6], dtype="float32", fields=fields),
            "goal": Array(shape=[2], dtype="float32"),
        },
        inputs=given,
    )


def samples(
    directory: Path,
    seeds: range,
    moment: Callable[[int], dict[str, Any]] = nets.arrays,
    **stamped: Any,
) -> list[File]:
    """Write one sample a seed; ``stamped`` are attributes of :class:`File`."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for seed in seeds:
        path = directory / f"calibration_{seed:04d}.npz"
        np.savez(path, **moment(seed))
        files.append(File(path, **stamped))
    return files


def request(root: Path, model: Path, **parts: Any) -> Request:
    """A request for ``model`` with 12 samples to calibrate and 8 of another drive to check."""
    chosen: dict[str, Any] = {
        "model": model,
        "schema_name": "small",
        "schema": schema(),
        "precision": "auto",
        "target": "rk3588",
        "threads": 2,
        "limits": Limits(frames=8),
        "directory": root / "models",
        **parts,
    }
    if "calibration" not in chosen:
        chosen["calibration"] = samples(root / "calibration_data", range(12))
    if "check" not in chosen:
        chosen["check"] = samples(
            root / "calibration_data" / "check", range(100, 108), session="two"
        )
    return Request(**chosen)


def job(root: Path, model: Path) -> dict[str, Any]:
    """What the worker is given for a conversion of ``model`` to hybrid."""
    asked = request(root, model, precision="hybrid")
    found = contract.inspect(model, asked.schema_name, asked.schema)
    return recipe.job(found, found.rung("hybrid"), asked, root / "scratch")


def spoil(path: Path, how: str) -> None:
    """Damage a sample: ``nan``, ``inf``, ``shape``, ``absent`` or ``truncated``."""
    arrays: dict[str, Any] = dict(np.load(path))
    if how == "nan":
        arrays["depth"][3, 4] = np.nan
    elif how == "inf":
        arrays["depth"][3, 4] = np.inf
    elif how == "shape":
        arrays["depth"] = arrays["depth"][:, :-1]
    elif how == "absent":
        del arrays["proprio"]
    np.savez(path, **arrays)
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:900])
