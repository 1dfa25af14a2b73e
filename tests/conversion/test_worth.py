"""What a set is said to be worth, held against the error of the model that it calibrates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration.report import report
from rovertui.config import Capture, Config
from rovertui.conversion.run import convert
from rovertui.reporter import Reporter

from . import nets, workshop

Arrays = dict[str, Any]


def parked(seed: int) -> Arrays:
    """One moment over and over, but for the noise of sensors."""
    random, arrays = np.random.default_rng(seed), nets.arrays(0)
    picture = arrays["rgb"] + random.normal(0, 1, arrays["rgb"].shape)
    numbers = arrays["proprio"] + random.normal(0, 0.002, 6)
    numbers[:2] = 0.0
    return {
        **arrays,
        "rgb": np.clip(picture, 0, 255).astype(np.uint8),
        "proprio": numbers.astype(np.float32),
    }


def corridor(seed: int) -> Arrays:
    """Moments that are a quarter as far from the first as those of a varied drive."""
    first, other = nets.arrays(0), nets.arrays(seed)
    return {
        name: (0.75 * array + 0.25 * other[name]).astype(array.dtype)
        for name, array in first.items()
    }


@pytest.mark.needs_toolkit
def test_parked_corridor_and_varied_sets_stand_in_the_order_of_their_models_errors(
    tmp_path: Path, toolkit_python: Path
) -> None:
    drives: dict[str, Callable[[int], Arrays]] = {
        "parked": parked,
        "corridor": corridor,
        "varied": nets.arrays,
    }
    config = Config(schemas={"small": workshop.schema()}, capture=Capture(schema="small"))
    sets: dict[str, dict[str, Any]] = {}
    errors: dict[str, float] = {}
    for name, moment in drives.items():
        root = tmp_path / name
        files = workshop.samples(root / "calibration_data", range(12), moment)
        model = nets.save(nets.policy(), root / "net.onnx")
        request = workshop.request(root, model, precision="hybrid", calibration=files)
        sets[name] = report(root / "calibration_data", config)
        check = convert(request, toolkit_python, root / "scratch", Reporter()).sheet.check
        assert check
        errors[name] = check.mean

    assert "taken parked" in sets["parked"]["verdict"]
    assert 2 * sets["parked"]["score"] < sets["corridor"]["score"] < sets["varied"]["score"]
    assert sets["parked"]["vendi"] < 2 < sets["corridor"]["vendi"] < sets["varied"]["vendi"]
    assert errors["parked"] > errors["corridor"] > errors["varied"]
    assert errors["parked"] > 2 * errors["varied"]
