"""Drift: what the live model was not calibrated for is noticed, noise is not."""

from __future__ import annotations

from rovertui.calibration.drift import Drift, Drifted


def driven(values: list[float]) -> Drifted:
    drift = Drift({"ang_vel": (-0.5, 0.5), "roll": (0.0, 0.0)})
    for number, value in enumerate(values):
        drift.add(0.1 * number, {"ang_vel": value, "brightness": 900.0})
    return drift.state()


def test_driving_within_what_was_recorded_is_no_drift() -> None:
    found = driven([0.0, 0.5, -0.5, 0.51] * 50)
    assert found.share == 0.0
    assert found.text == ""


def test_turning_faster_than_any_sample_is_said_and_by_what() -> None:
    found = driven([0.0, 0.0, 0.0, 0.9] * 50)
    assert found.share == 0.25
    assert found.numbers == {"ang_vel": 0.25}
    assert "25% of the last frames" in found.text
    assert "ang vel" in found.text


def test_a_few_frames_prove_nothing_and_old_ones_are_forgotten() -> None:
    assert driven([0.9] * 99).share is None
    drift = Drift({"x": (0.0, 1.0)})
    for number in range(150):
        drift.add(float(number), {"x": 5.0})
    for number in range(150):
        drift.add(1000.0 + number, {"x": 0.5})
    assert drift.state().share == 0.0


def test_without_ranges_nothing_is_known() -> None:
    drift = Drift({})
    for number in range(200):
        drift.add(float(number), {"x": 5.0})
    assert drift.state().share is None
