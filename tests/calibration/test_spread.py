"""Where samples lie along an axis, in words."""

from __future__ import annotations

from typing import Any

import pytest

from rovertui.calibration.spread import spread


def axis(counts: list[int], **more: Any) -> dict[str, Any]:
    found = {"name": "lin", "unit": "m/s", "low": -0.2, "high": 0.2, "scale": "linear"}
    return {**found, "counts": counts, **more}


@pytest.mark.parametrize(
    ("counts", "more", "said"),
    [
        ([0, 0, 0, 0], {}, "of -0.2 to 0.2 m/s: no samples"),
        ([1, 2, 3, 4], {}, "of -0.2 to 0.2 m/s: samples all over"),
        ([5, 0, 1, 1], {}, "of -0.2 to 0.2 m/s: samples at -0.2 to -0.1, 0 to 0.2"),
        ([0, 1, 0, 0], {"outside": 3}, "of -0.2 to 0.2 m/s: samples at -0.1 to 0; 3 outside"),
        (
            [0, 1, 0, 0],
            {"unreachable": [3, 0], "dead": 0.0},
            "of -0.2 to 0.2 m/s: samples at -0.1 to 0; not at this site: -0.2 to -0.1, "
            "0.1 to 0.2; always 0: not connected?",
        ),
    ],
)
def test_ranges_with_samples_are_named(counts: list[int], more: dict[str, Any], said: str) -> None:
    assert spread(axis(counts, **more)) == said


def test_a_logarithmic_axis_keeps_its_borders() -> None:
    found = axis([1, 0], low=0.1, high=10.0, scale="log", unit="")
    assert spread(found) == "of 0.1 to 10: samples at 0.1 to 1"
