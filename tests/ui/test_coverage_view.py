"""What the set covers, what to drive next, and how the present drifts from it."""

from __future__ import annotations

import pytest

from rovertui.snapshot import CoverageAxisView, DriftView
from rovertui.ui import drive_view, set_view, words
from rovertui.ui.health import health

from .conftest import opened
from .drawn import state_of, text
from .scenes import covered


@pytest.mark.parametrize(("width", "height"), [(40, 9), (80, 21), (120, 37), (200, 57)])
def test_drive_says_what_to_drive_next_in_capitals(width: int, height: int) -> None:
    rows = drive_view.rows(state_of(covered()), width, height)
    shown = "\n".join(line[:width] for line in text(rows[:height]).split("\n"))
    assert "NEXT ▶1 TURN LEFT FASTER" in shown and " 0 of 3" in shown
    if width >= 80:
        assert "21 really different" in shown and " 58%" in shown and "+6 % in 5 min" in shown
        assert "SOMEWHERE DARK" in shown and "brightness below 40" in shown
        assert len(rows) <= height


def test_frames_that_were_not_kept_are_counted_by_reason() -> None:
    snapshot = covered()
    snapshot.capture.next_in = None
    snapshot.capture.decided = "skipped: like 0049"
    snapshot.capture.skipped = {"depth too late": 4, "like one we have": 114}
    shown = text(drive_view.rows(state_of(snapshot), 120, 37))
    assert "last minute 118 skipped = 114 like one we have + 4 depth too late" in shown


async def test_what_follows_one_that_was_put_aside_is_put_aside_only_when_it_is_selected() -> None:
    async with opened(covered()) as bench:
        first, second = bench.daemon.snapshot.coverage.advice[:2]
        await bench.press("i", "i")
        assert "j, k" in bench.line("status")
        bench.daemon.snapshot.coverage.advice.remove(first)
        await bench.push()
        await bench.press("i")
        assert bench.daemon.done == [("coverage.unreachable", {"marks": first.marks})]
        await bench.press("j", "i")
        assert bench.daemon.done[1:] == [("coverage.unreachable", {"marks": second.marks})]


async def test_all_marks_are_taken_away_only_when_that_is_meant() -> None:
    snapshot = covered()
    snapshot.coverage.axes = [
        CoverageAxisView(
            name="pitch",
            group="motion",
            unit="rad",
            low=-0.3,
            high=0.3,
            scale="linear",
            counts=[0, 0, 0, 0],
            different=[0, 0, 0, 0],
            share=0.0,
            unreachable=[1, 2],
        )
    ]
    async with opened(snapshot) as bench:
        await bench.press("colon", *"can here", "enter")
        assert "Take away all marks of i, 2 ranges?" in bench.text()
        await bench.press("n")
        assert bench.daemon.done == [] and "DRIVE" in bench.line("header")
        await bench.press("colon", *"can here", "enter", "y")
        marks = [f"pitch:{place}" for place in (1, 2)]
        assert bench.daemon.done == [("coverage.reachable", {"marks": marks})]


async def test_samples_are_kept_taken_back_labelled_and_advice_put_aside_by_keys() -> None:
    async with opened(covered()) as bench:
        await bench.press("s", "u", "j", "i", "t", *"dusk", "enter", "t", "escape")
        marks = bench.daemon.snapshot.coverage.advice[1].marks
        assert bench.daemon.done == [
            ("sample.keep", {}),
            ("sample.undo", {}),
            ("coverage.unreachable", {"marks": marks}),
            ("session.label", {"label": "dusk"}),
        ]
        assert "Nothing was changed" in bench.line("status")
        await bench.press("3", "i")
        assert "only on screen 1," in bench.line("status")
        await bench.press("v")
        assert "only on screens 1 and 2, where it is seen" in bench.line("status")


def test_the_set_is_shown_axis_by_axis_with_what_is_not_here_and_what_is_dead() -> None:
    snapshot = covered()
    assert "press c to record" in text(set_view.rows(state_of(snapshot), 0, 80, 21))
    for name in ("pitch", "min_dist"):
        snapshot.coverage.axes.append(
            CoverageAxisView(
                name=name,
                group="motion",
                unit="rad",
                low=-0.3,
                high=0.3,
                scale="linear",
                counts=[9, 1, 0, 0],
                different=[3, 1, 0, 0],
                share=0.58,
                unreachable=[3],
                dead=10.0 if name == "min_dist" else None,
            )
        )
    for width, height in ((40, 9), (80, 21), (200, 57)):
        assert " 58%" in text(set_view.rows(state_of(snapshot), 0, width, height))
    shown = text(set_view.rows(state_of(snapshot), 0, 80, 21))
    assert "████▃▃▃▃    xxxx" in shown and "ALWAYS 10: not connected?" in shown
    assert "pitch" not in text(set_view.rows(state_of(snapshot), 1, 80, 21))


def test_drift_is_a_warning_in_the_header_and_a_line_on_the_drive_screen() -> None:
    snapshot = covered()
    snapshot.drift = DriftView(
        frames=200,
        share=0.12,
        changed=["the site is hall, was lawn"],
        text="the site is hall, was lawn: record here and convert again",
    )
    level, why = health(snapshot, "")
    assert level == "WARN" and why == "not as calibrated: the site is hall, was lawn"
    shown = text(drive_view.rows(state_of(snapshot), 80, 21))
    assert "DRIFT" in shown and "record here and convert again" in shown


@pytest.mark.parametrize(("width", "height"), [(40, 9), (80, 21), (120, 37)])
def test_by_diverse_the_goal_is_what_is_covered(width: int, height: int) -> None:
    snapshot = covered()
    capture = snapshot.capture
    capture.goal, capture.check_target, capture.target, capture.kept = 60.0, 30, 50, 51
    capture.checking, capture.lacking = 12, "covered 58 % of the 60 % wanted, 18 more for checking"
    shown = text(drive_view.rows(state_of(snapshot), width, height))
    if width >= 80:
        assert "% covered, goal 60 %" in shown and "REACHED" not in shown
        rule = "the rule's " if width > 80 else ""
        assert f"51 kept (1 over {rule}50), 21 really different" in shown
        assert "12 of 30 for checking" in shown
    else:
        assert "58% covered, 51 kept" in shown
        assert " 40% of the 60% goal" in shown and "% complete" not in shown
    snapshot.coverage.score, capture.checking, capture.complete = 61.0, 30, True
    capture.state = "complete"
    shown = text(drive_view.rows(state_of(snapshot), width, height))
    assert "COMPLETE" in shown
    assert words.capture_word(snapshot)[0] == "SET COMPLETE"
    assert words.few_samples(snapshot) == ""
    capture.state = "off"
    if width >= 80:
        assert "SET COMPLETE" in text(drive_view.rows(state_of(snapshot), width, height))
