"""Screens as rows: pure functions of what is known, tested without a terminal."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rovertui.snapshot import (
    CaptureView,
    CompareView,
    CoverageView,
    QuestionView,
    ServerView,
    Snapshot,
    StreamView,
)
from rovertui.ui import (
    compare_view,
    coverage_view,
    drive_view,
    health,
    models_view,
    set_view,
    words,
)
from rovertui.ui.header import header, status
from rovertui.ui.screens.help import help_rows
from rovertui.ui.state import State
from widgets.rows import Row, width_of
from widgets.stage_bar import Stage, stage_strip

from .stand_in import busy, checkpoint, empty, job, model

SIZES = [(40, 9), (60, 15), (80, 21), (120, 37), (200, 57), (10, 1), (1, 1)]


def text(rows: list[Row]) -> str:
    return "\n".join("".join(piece for piece, _ in row) for row in rows)


def state_of(snapshot: Snapshot | None, **more: Any) -> State:
    """A state in which the snapshot has just come."""
    return State(snapshot=snapshot, gone="", clock=lambda: 0.0, **more)


def drive(snapshot: Snapshot, width: int = 80, height: int = 21) -> str:
    rows = drive_view.rows(state_of(snapshot), width, height)
    return "\n".join(line[:width] for line in text(rows[:height]).split("\n"))


def models(snapshot: Snapshot, width: int = 80, height: int = 21, side: str = "server") -> str:
    state = state_of(snapshot, side=side)
    rows = models_view.rows(state, models_view.Tops(), [("last log line", "")], width, height)
    return "\n".join(line[:width] for line in text(rows[:height]).split("\n"))


def head(snapshot: Snapshot | None, width: int = 80, gone: str = "") -> str:
    rows = header("DRIVE", State(snapshot=snapshot, gone=gone, workspace="/ws"), width)
    assert len(rows) == 1
    return text(rows)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_screen_can_be_drawn_at_every_size(width: int, height: int) -> None:
    running, ended = busy(), busy()
    running.jobs = [job()]
    ended.jobs = [job("done", at=13, result={"model": "ppo_v620_update_1250_hybrid"})]
    for snapshot in (empty(), busy(), running, ended):
        for side in ("server", "here"):
            drive(snapshot, width, height)
            models(snapshot, width, height, side)


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_the_header_is_one_line_that_fits(width: int) -> None:
    snapshot = busy()
    snapshot.jobs = [job()]
    snapshot.server = ServerView(state="down", text="192.168.4.2 does not answer on port 22")
    row = header("MODELS", State(snapshot=snapshot, gone=""), width)[0]
    assert width_of(row) <= width
    for word in ("MODELS WARN", "SIM", "REC", "LIVE 1240", "ship"):
        assert word in text([row])
    for word in ("hybrid", "seen") if width >= 80 else ():
        assert word in text([row])


def test_the_header_says_what_is_live_how_precise_and_how_that_is_known() -> None:
    assert "LIVE 1240 hybrid seen" in head(busy())
    assert "LIVE none" in head(empty())


def test_the_worst_state_is_the_first_word() -> None:
    snapshot = busy()
    assert head(snapshot).startswith(" DRIVE ok")
    snapshot.server = ServerView(state="down", text="no route to v620")
    assert head(snapshot).startswith(" DRIVE WARN: no route to v620")
    snapshot.stream = StreamView(state="down", text="the recorder ended")
    assert head(snapshot).startswith(" DRIVE BAD: the recorder ended")
    assert head(snapshot, gone="daemon gone, reconnecting").startswith(
        " DRIVE BAD: daemon gone, reconnecting"
    )


def test_a_running_job_is_in_the_header_with_stage_and_share_of_steady_width() -> None:
    snapshot = busy()
    lengths = set()
    for done in (1, 9, 28):
        snapshot.jobs = [job(at=5, done=float(done))]
        assert "ship 6/13 quantize" in head(snapshot, 120)
        lengths.add(len(head(snapshot, 120)))
    assert len(lengths) == 1


def test_real_frames_are_not_called_simulated() -> None:
    snapshot = busy()
    assert "SIMULATED" in head(snapshot)
    snapshot.simulated = False
    assert "SIM" not in head(snapshot)


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


def test_a_server_that_is_down_says_why_and_how_to_look_again() -> None:
    snapshot = empty()
    snapshot.server = ServerView(state="down", text="no route to host")
    shown = " ".join(re.sub("│.*", "", models(snapshot)).split())
    assert "no route to host r looks again" in shown


def compared(**changes: Any) -> Snapshot:
    snapshot = busy()
    values: dict[str, Any] = {
        "state": "agrees",
        "reference": [0.125, -0.3],
        "command": [0.124, -0.31],
        "compared": 20,
        "apart": 1,
        "tolerance": [0.009, 0.05],
        "text": "as the float model: 1 of the last 20 frames differ",
    }
    snapshot.compare = CompareView(**{**values, **changes})
    return snapshot


def test_the_node_and_the_float_model_stand_side_by_side_in_wheel_units() -> None:
    (row,) = compare_view.rows(compared())
    text = "".join(piece for piece, _ in row)
    assert "0.124 m/s -0.31 rad/s" in text and "FLOAT" in text
    assert "0.125 m/s -0.30 rad/s" in text and " 1 of 20 differ" in text
    assert len(text) <= 80


def test_a_node_that_keeps_disagreeing_is_the_header_s_word() -> None:
    snapshot = compared(state="disagrees", apart=19)
    rows = compare_view.rows(snapshot)
    assert "the node does not feed what this model was checked with" in rows[1][0][0]
    assert all(sum(len(text) for text, _ in row) <= 80 for row in rows)
    assert health.health(snapshot, "")[0] == "WARN"


def test_why_nothing_is_compared_is_said_while_a_model_is_live() -> None:
    snapshot = compared(state="off", reference=[], command=[], text="no frames come")
    assert "not compared: no frames come" in compare_view.rows(snapshot)[0][1][0]
    snapshot.live.state = "none"
    assert compare_view.rows(snapshot) == []


def test_a_silent_node_has_no_command() -> None:
    (row,) = compare_view.rows(compared(state="silent", command=[]))
    text = "".join(piece for piece, _ in row)
    assert "no command" in text and "SILENT" in text


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


def test_a_stage_at_its_end_does_not_read_as_the_end_of_its_job() -> None:
    running = job("running", at=0)
    running.done = running.total = 6.0
    assert words.job_word(running)[0].endswith("pull 100%")
    assert words.job_word(running, 1)[0] == "ship 1/13"
    assert words.job_word(running, 0)[0] == "ship"
    running.done = 3.0
    assert words.job_word(running, 1)[0] == "ship 1/13  50%"


def test_models_lists_what_the_v620_has_and_what_is_here() -> None:
    shown = models(busy(), 120)
    assert re.search(r"1260 +new +20 min +1\.3MB", shown)
    assert re.search(r"1240 +LIVE", shown)
    assert re.search(r"1240 +int8 +582kB +0\.092/0\.41 +61% +OVER 120", shown)
    assert re.search(r"1240 +hybrid +582kB +0\.0041/0\.031 +0\.0% +LIVE", shown)
    assert re.search(r"1230 +fp16 +582kB +0\.0002/0\.0019", shown)


def test_the_selected_line_is_told_by_a_sign() -> None:
    assert "▶ 1260" in models(busy())
    assert "▶ 1250" in models(busy(), side="here")


def test_a_model_that_was_not_measured_says_so() -> None:
    snapshot = busy()
    snapshot.models = [model(1250, "int8", mean=None, largest=None, over_limit=None, within=None)]
    assert "not measured" in models(snapshot, 120, 37, "here")


def test_a_running_shipment_has_a_line_for_each_stage() -> None:
    snapshot = busy()
    snapshot.jobs = [job(at=5)]
    shown = models(snapshot)
    for stage in ("pull", "prepare", "quantize", "verify", "switch", "confirm"):
        assert re.search(rf"[✓▶·] {stage}", shown)
    assert " 60%" in shown and "21 s gone, first time here" in shown and "esc cancels" in shown


def test_the_end_of_a_job_is_a_sentence_with_its_result() -> None:
    snapshot = busy()
    snapshot.jobs = [
        job(
            "done",
            at=13,
            text="1250 is ready: press D.",
            result={"convert": {"model": "ppo_v620_update_1250_hybrid"}, "ready": True},
        )
    ]
    shown = models(snapshot, side="here")
    assert "ship done: 1250 is ready: press D." in shown
    assert "RESULT  ppo_v620_update_1250_hybrid  hybrid  582 kB, 44% of the ONNX" in shown
    assert "0.0041 mean (limit 0.01), 0.031 most (limit 0.15)" in shown
    assert "0.0% of 120 frames over 0.05 (limit 2.0%)  WITHIN LIMITS" in shown
    assert "checked: OK: other session" in shown


def test_a_pause_is_said_in_place_of_the_time_and_in_the_header() -> None:
    snapshot = busy()
    snapshot.jobs = [job(at=5, paused="paused: 86 °C, goes on below 80 °C")]
    shown = models(snapshot)
    assert "JOB 7  paused: 86 °C, goes on below 80 °C  esc cancels" in shown
    assert "ship paused" in head(snapshot, 120)


def test_what_the_npu_did_stands_below_the_simulators_figures() -> None:
    snapshot = busy()
    said = "stand-in, NOT AN NPU: off by 0.0041 mean, 0.031 most; 1.2 ms mean, 2.1 ms p95, parked"
    snapshot.models = [model(1250, "hybrid", npu=said)]
    snapshot.jobs = []
    shown = models(snapshot, 80, 24, side="here")
    assert "stand-in, NOT AN NPU: off by 0.0041 mean" in shown
    assert "1.2 ms mean, 2.1 ms p95, parked" in shown


def test_a_failed_job_says_so_and_shows_the_end_of_its_log() -> None:
    snapshot = busy()
    snapshot.jobs = [job("failed", text="Quantize: the toolkit ended with signal 9.")]
    shown = models(snapshot)
    assert "ship FAILED: Quantize: the toolkit ended with signal 9." in shown
    assert "last log line" in shown


def test_the_toolkits_installation_is_shown_with_progress() -> None:
    snapshot = empty()
    snapshot.toolkit.state = "installing"
    snapshot.toolkit.text, snapshot.toolkit.done, snapshot.toolkit.total = "torch", 1.0, 4.0
    assert re.search(r"TOOLKIT installing .* 25% torch", models(snapshot))
    snapshot.toolkit.state = "missing"
    assert "T installs it" in models(snapshot)


def test_ages_grow_while_nothing_new_comes() -> None:
    now = [100.0]
    state = State(clock=lambda: now[0])
    state.receive(busy())
    assert "3 s ago" in text(drive_view.rows(state, 80, 21))
    now[0] += 7.2
    assert "10 s ago" in text(drive_view.rows(state, 80, 21))


def test_a_result_leaves_the_status_line_after_a_while() -> None:
    now = [0.0]
    state = State(snapshot=busy(), gone="", clock=lambda: now[0])
    state.say("Pull: done", "good")
    assert text(status(state, 80)).strip() == "ok Pull: done"
    now[0] = 60.0
    assert text(status(state, 80)).strip() == ""


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


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0041, "0.0041"), (0.031, "0.031"), (0.41, "0.41"), (0.00001, "<.0001"), (0, "0")],
)
def test_errors_have_two_figures_that_count(value: float, said: str) -> None:
    assert words.small(value) == said
    assert words.small(None) == words.small(float("nan")) == "-"


def test_the_strength_of_a_check_is_one_word_and_its_frames() -> None:
    assert words.strength(model(1, "int8", strength="15 frames, same drive: WEAK", frames=15)) == (
        "WEAK 15"
    )
    assert words.strength(model(1, "int8", strength="two sessions", frames=90)) == "ok 90"
    assert words.strength(model(1, "int8", within=False)) == "OVER 120"
    assert words.strength(model(1, "int8", problem="no sheet")) == "BROKEN"


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


def test_stages_on_one_line_name_what_is_not_done() -> None:
    stages = [Stage(f"stage{i}", "done") for i in range(10)]
    stages += [Stage("switch", "skipped"), Stage("reload", "failed")]
    assert text([stage_strip(stages, 60)]).strip() == "✓10 done -switch ✗reload"
    assert text([stage_strip(stages, 24)]).strip() == "✓✓✓✓✓✓✓✓✓✓-✗reload"
    assert text([stage_strip(stages[:10], 24)]).strip() == "✓ all 10 stages"
