"""Drive as rows, and every screen at every size."""

from __future__ import annotations

import re

import pytest

from rovertui.snapshot import CaptureView, CoverageView, QuestionView, ServerView, StreamView
from rovertui.ui import coverage_view, drive_view, models_view, set_view
from rovertui.ui.screens.help import help_rows
from rovertui.ui.state import State
from widgets.rows import width_of

from .drawn import drive, head, models, state_of, text
from .scenes import busy, checkpoint, empty, job, model

SIZES = [(40, 9), (60, 15), (80, 21), (120, 37), (200, 57), (10, 1), (1, 1)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_screen_can_be_drawn_at_every_size(width: int, height: int) -> None:
    running, ended = busy(), busy()
    running.jobs = [job()]
    ended.jobs = [job("done", at=13, result={"model": "ppo_v620_update_1250_hybrid"})]
    for snapshot in (empty(), busy(), running, ended):
        for side in ("server", "here"):
            drive(snapshot, width, height)
            models(snapshot, width, height, side)


@pytest.mark.parametrize(("width", "height"), [(40, 9), (80, 21), (120, 37), (200, 57)])
def test_drive_shows_capture_count_and_the_last_event_at_every_size(
    width: int, height: int
) -> None:
    shown = drive(busy(), width, height)
    assert "CAPTURE ON" in shown
    assert "100" in shown and "37%" in shown
    assert "3 s ago" in shown and "calibration_0049" in shown
    assert "live" in shown


@pytest.mark.parametrize(("width", "height"), [(40, 9), (80, 21), (120, 37)])
def test_without_a_daemon_nothing_is_said_to_record(width: int, height: int) -> None:
    for capture in ("on", "complete", "off"):
        snapshot = busy()
        snapshot.capture.state = capture  # type: ignore[assignment]
        assert "NOT KNOWN" not in drive(snapshot, width, height)
        state = State(snapshot=snapshot, gone="daemon gone, reconnecting", clock=lambda: 0.0)
        shown = text(drive_view.rows(state, width, height))
        assert "NOT KNOWN" in shown and "calibration_0049" in shown
        assert not re.search(r"CAPTURE O|COMPLETE|6\.4 s|not recording", shown)


def test_the_count_is_readable_without_block_characters() -> None:
    from widgets.glyphs import ASCII

    rows = drive_view.rows(state_of(busy(), glyphs=ASCII), 80, 21)
    assert " 37" in text(rows)
    assert text(rows).isascii()
    models_rows = models_view.rows(state_of(busy(), glyphs=ASCII), models_view.Tops(), [], 80, 21)
    assert text(models_rows).isascii()


def test_drive_says_why_the_last_sample_was_kept_and_when_the_next_is_due() -> None:
    shown = drive(busy())
    assert re.search(r"LAST +3 s ago +calibration_0049 10\.0 s after the one before", shown)
    assert re.search(r"NEXT +6\.4 s +one every 10 s of source time", shown)
    assert "12 for checking" in shown


def test_histograms_have_ends_units_and_the_present_value() -> None:
    shown = drive(busy(), 80, 21)
    for part in ("brightness", "112", "255", "nearest", "0.90", "m/s", "rad/s", "-0.2"):
        assert part in shown
    assert shown.count("▲") == 5


def test_stream_values_have_units_and_digits_that_stay_in_place() -> None:
    snapshot = busy()
    places = set()
    for value in (-1.25, 0.0, 9.5, 123.456):
        snapshot.stream.values["lin_vel"] = value
        line = next(row for row in drive(snapshot).split("\n") if "lin_vel" in row)
        places.add(line.index(" m/s"))
    assert len(places) == 1
    snapshot.stream.values["lin_vel"] = float("nan")
    assert re.search(r"lin_vel +- m/s", drive(snapshot))


@pytest.mark.parametrize("width", [80, 120, 160, 200])
def test_no_value_is_left_out_where_there_is_room(width: int) -> None:
    snapshot = busy()
    shown = drive(snapshot, width, 60)
    for name in snapshot.stream.values:
        assert re.search(rf" {name} +-?\d", shown), name


def test_on_a_small_terminal_the_bar_says_what_it_is_of() -> None:
    assert re.search(r" \d+% complete", drive(busy(), 40, 9))


def test_an_empty_workspace_says_what_to_do_first() -> None:
    assert "press c to record" in drive(empty())
    assert "p pulls the selected checkpoint" in " ".join(models(empty(), 120).split())
    unset = empty()
    unset.server = ServerView(state="unset")
    said = " ".join(re.sub("│.*", "", models(unset)).split())
    assert "type set up, or rovertui configure v620.host=HOST" in said
    assert "set up the V620, or copy" in " ".join(models(unset, 120).split())
    nothing = empty()
    nothing.stream = StreamView(state="none")
    assert "source" in drive(nothing)


def test_before_a_recorder_has_counted_no_sample_is_denied() -> None:
    snapshot = empty()
    snapshot.capture = CaptureView(state="starting")
    said = drive(snapshot)
    assert "are counted once a recorder runs" in said and "of 0 kept" not in said


def test_an_empty_set_without_a_source_leads_to_the_guide() -> None:
    snapshot = empty()
    assert "press c to record" in text(set_view.rows(state_of(snapshot), 0, 80, 21))
    snapshot.stream = StreamView(state="none")
    assert "type set up" in text(set_view.rows(state_of(snapshot), 0, 80, 21))


def test_every_group_of_axes_fits_into_80_columns() -> None:
    names = ("colour", "nearest", "motion", "depth", "attitude", "sessions")
    row = coverage_view.group_row(CoverageView(groups=dict.fromkeys(names, 0.34)))
    assert width_of(row) <= 80 and text([row]).count("34%") == len(names)


def test_of_a_stalled_capture_the_reason_stands_where_the_next_sample_would() -> None:
    snapshot = busy()
    snapshot.capture = CaptureView(
        state="stalled",
        wanted=True,
        text="no frames arrive",
        rule="what is unlike the rest",
        session="20231114-221320",
    )
    assert " NEXT  no frames arrive " in drive(snapshot) + " "
    assert "unlike the rest" not in drive(snapshot) and "session" not in drive(snapshot)


def test_unusable_samples_and_a_stalled_capture_are_named() -> None:
    snapshot = busy()
    snapshot.capture = CaptureView(
        state="stalled", wanted=True, text="no frames for 5 s", unusable="3 of another schema"
    )
    shown = drive(snapshot)
    assert "STALLED" in shown and "no frames for 5 s" in shown and "3 of another schema" in shown


def test_why_no_frame_has_come_is_read_whole_and_once_at_80_columns() -> None:
    snapshot = empty()
    why = (
        "no command has come on cmd_vel_ai: until then the collector sends nothing, and "
        "teleoperation publishes on cmd_vel_teleop"
    )
    snapshot.stream = StreamView(state="stale", text="no frame has come", reasons=[why])
    shown = drive(snapshot)
    assert " ".join(shown.split()).count(f"perhaps {why}") == 1
    assert "press c to record" not in shown and "no frames to take them from" in shown
    snapshot.capture = CaptureView(state="stalled", wanted=True, text="no frames arrive")
    assert " ".join(drive(snapshot).split()).count("no command has come") == 1


def test_that_nothing_is_kept_is_said_of_an_empty_set_only() -> None:
    snapshot = empty()
    snapshot.capture.counted = True
    assert "LAST  nothing kept yet" in drive(snapshot)
    snapshot.capture.kept = 52
    assert "LAST  nothing new yet" in drive(snapshot)


def test_ages_grow_while_nothing_new_comes() -> None:
    now = [100.0]
    state = State(clock=lambda: now[0])
    state.receive(busy())
    assert "3 s ago" in text(drive_view.rows(state, 80, 21))
    now[0] += 7.2
    assert "10 s ago" in text(drive_view.rows(state, 80, 21))


def test_absent_parts_break_nothing() -> None:
    snapshot = empty()
    snapshot.axes = []
    snapshot.server.checkpoints = [checkpoint(-1)]
    snapshot.models = [model(1, "int8", bytes=0, ratio=None, problem="its sheet is missing")]
    snapshot.jobs = [job(done=float("nan"), total=0.0), job("interrupted", number=3, text="")]
    snapshot.questions = [QuestionView(id=1, kind="fingerprint", text="?")]
    for width, height in SIZES:
        drive(snapshot, width, height)
        models(snapshot, width, height, "here")
        help_rows("models", State(snapshot=snapshot), width)
        head(snapshot, max(width, 40))


def test_a_question_of_the_daemon_is_read_whole_where_drive_has_room() -> None:
    snapshot = busy()
    asked = "A question is open: Input depth: what was the network trained on? The node feeds x/6."
    snapshot.notices = ["an older one", asked]
    shown = drive(snapshot, 80, 44)
    assert asked in " ".join(shown.split()).replace(" (1 older: m)", "")


def test_what_was_decided_and_skipped_is_read_whole_and_nothing_below_moves() -> None:
    snapshot = busy()
    snapshot.capture.wanted, snapshot.capture.next_in = True, None
    snapshot.capture.last = "new"
    snapshot.capture.decided = "too like a sample that is kept"
    before = drive(snapshot).split("\n")
    snapshot.capture.skipped = {"like one that is kept": 52, "standing still": 7}
    after = drive(snapshot).split("\n")
    assert " NOW   too like a sample that is kept" in [line.rstrip() for line in after]
    assert "52 like one that is kept + 7 standing still" in "\n".join(after)
    assert after[6:] == before[6:]


def test_what_was_decided_goes_on_in_the_line_below_where_it_is_long() -> None:
    snapshot = busy()
    snapshot.capture.wanted, snapshot.capture.next_in = True, None
    snapshot.capture.last = "new"
    long = "skipped: unlike the others, but the rover turned too fast for its exposure: 1.9 rad/s"
    short = drive(snapshot).split("\n")
    for skipped in ({}, {"standing still": 7}):
        snapshot.capture.decided, snapshot.capture.skipped = long, skipped
        lines = drive(snapshot).split("\n")
        place = next(i for i, line in enumerate(lines) if line.startswith(" NOW "))
        said = " ".join(" ".join(lines[place : place + 2]).split())
        assert said.startswith(f"NOW {long}")
        assert not skipped or "7 skipped = 7 standing still" in said
        assert lines[6:] == short[6:]
