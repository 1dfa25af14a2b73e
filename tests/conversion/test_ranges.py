"""Ranges that look wrong are doubted before anything is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.conversion.contract import inspect
from rovertui.conversion.points import Point
from rovertui.conversion.ranges import Range, doubts, look

from . import nets, workshop


def points(tmp_path: Path, **inputs: Any) -> dict[str, Point]:
    model = nets.save(nets.policy(), tmp_path / "net.onnx")
    found = inspect(model, "small", workshop.schema(**inputs))
    return {point.name: point for point in found.inputs}


def kinds(point: Point, low: float | None = None, high: float = 0.0) -> list[str]:
    found = None if low is None else Range((low,), (high,))
    return [doubt.kind for doubt in doubts(point, found)]


def test_what_is_right_is_not_doubted(tmp_path: Path) -> None:
    found = points(tmp_path)

    assert kinds(found["rgb"], 3, 251) == []
    assert kinds(found["depth"], 0.2, 6.0) == []
    assert kinds(found["proprio"], -3, 9.8) == []


def test_0_to_255_into_a_network_is_doubted(tmp_path: Path) -> None:
    found = points(tmp_path, rgb={"net_scale": "1"})["rgb"]

    doubt = doubts(found, Range((3,), (251,)))[0]
    assert doubt.kind == "large" and "division" in doubt.text
    assert kinds(found) == ["large"], "the stated range alone is enough"


def test_divided_twice_is_doubted(tmp_path: Path) -> None:
    assert kinds(points(tmp_path, rgb={"net_scale": "1/65025"})["rgb"], 3, 251) == ["small"]


def test_depth_that_was_divided_before_it_was_stored_is_doubted(tmp_path: Path) -> None:
    doubt = doubts(points(tmp_path)["depth"], Range((0.03,), (1.0,)))[0]

    assert doubt.kind == "narrow" and "0 to" not in doubt.text
    assert "6 m is possible" in doubt.text and "divided" in doubt.text


def test_pictures_of_0_to_1_stored_as_whole_numbers_are_doubted(tmp_path: Path) -> None:
    doubt = doubts(points(tmp_path)["rgb"], Range((0,), (1,)))[0]

    assert doubt.kind == "narrow" and "0 to 1" in doubt.text


def test_millimetres_for_metres_are_doubted(tmp_path: Path) -> None:
    found = points(tmp_path, depth={"net_scale": "1000"})["depth"]

    assert "millimetres" in doubts(found, Range((0.2,), (5.9,)))[0].text


def test_a_set_is_read_with_its_ranges_and_its_bad_files(tmp_path: Path) -> None:
    files = workshop.samples(tmp_path / "set", range(3))
    millimetres = dict(np.load(files[1].path))
    millimetres["depth"] = millimetres["depth"] * np.float32(1000)
    np.savez(files[1].path, **millimetres)

    seen = look([file.path for file in files], list(points(tmp_path).values()))

    assert seen.files == 2
    assert [name for name, _ in seen.bad] == ["calibration_0001.npz"]
    assert "expected 0 to 6" in seen.bad[0][1]
    assert 0 <= seen.ranges["depth"].low[0] < seen.ranges["depth"].high[0] <= 6
    assert len(seen.ranges["proprio"].low) == 6


def test_a_sample_that_a_recorder_replaced_meanwhile_is_no_bad_one(tmp_path: Path) -> None:
    files = workshop.samples(tmp_path / "set", range(3))
    files[1].path.unlink()

    seen = look([file.path for file in files], list(points(tmp_path).values()))

    assert seen.files == 2 and seen.bad == ()


@pytest.mark.parametrize("array", ["rgb", "depth"])
def test_no_files_give_no_ranges(tmp_path: Path, array: str) -> None:
    assert look([], [points(tmp_path)[array]]).ranges == {}
