"""Drift: what the live model was not calibrated for is noticed, noise is not."""

from __future__ import annotations

from rovertui.calibration.drift import Drift, Drifted, Origins, changes, suggestion


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


THEN = Origins(["RealSense camera"], ["D435I 123"], ["lawn"], taken=1e9)
DAY = 86_400.0


def test_another_source_camera_or_site_and_an_old_set_are_said() -> None:
    same = Origins(["RealSense camera, USB 3"], ["D435I 123"], ["lawn"], taken=1e9 + DAY)
    assert changes(THEN, same, old_after=90) == []
    now = Origins(["collector (its directory)"], ["D435I 999"], ["hall"], taken=1e9 + 91 * DAY)
    assert changes(THEN, now, old_after=90) == [
        "the source is collector, was RealSense camera",
        "the camera is D435I 999, was D435I 123",
        "the site is hall, was lawn",
        "its newest sample is 91 days old",
    ]


def test_what_is_not_known_of_either_is_no_change() -> None:
    assert changes(Origins(), Origins(["x"], ["y"], ["z"], 1e12), old_after=1) == []
    assert changes(THEN, Origins(), old_after=1) == []


def test_a_change_is_said_with_what_to_do_and_beside_what_lies_outside() -> None:
    assert suggestion(Drifted(), []) == ""
    said = suggestion(Drifted(), ["the site is hall, was lawn"])
    assert said.endswith("the site is hall, was lawn: record here and convert again")
    outside = Drifted(200, 0.12, {"ang_vel": 0.12})
    both = suggestion(outside, ["the site is hall, was lawn"])
    assert both.startswith("12% of the last frames") and "also, the site is hall" in both
