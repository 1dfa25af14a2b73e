"""The header says the worst first, in one line; the status line what has just been done."""

from __future__ import annotations

import pytest

from rovertui.snapshot import ServerView, StreamView
from rovertui.ui import words
from rovertui.ui.header import footer, header, status
from rovertui.ui.state import State
from widgets.rows import width_of

from .drawn import head, state_of, text
from .scenes import busy, empty, job


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


def test_the_reason_and_that_the_model_is_not_ours_come_before_what_is_as_wanted() -> None:
    snapshot = busy()
    snapshot.capture.state = "complete"
    snapshot.live.state, snapshot.live.text = "not ours", "the link points to another model now"
    assert head(snapshot, 60).startswith(" DRIVE WARN: the link points to")
    for width in range(40, 161):
        shown = head(snapshot, width)
        assert "LIVE 1240" in shown and "not ours" in shown and len(shown) <= width, width
        assert "SET COMPLETE" not in shown or ": the link" in shown or width < 60, width


def test_only_what_has_no_room_leaves_the_header() -> None:
    snapshot = busy()
    snapshot.unread = 1
    snapshot.jobs = [job("cancelled")]
    parts = ("m|", "rover1", "SIM", "REC", "LIVE 1240 hybrid seen", "ship cancelled")
    longest = max(len(part) for part in parts)
    for width in range(40, 161):
        shown = head(snapshot, width)
        missing = [part for part in parts if part not in shown.replace(" | ", "|")]
        assert not missing or width - len(shown) <= longest, width
        assert not missing or width < 80, width


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


def test_a_stage_at_its_end_does_not_read_as_the_end_of_its_job() -> None:
    running = job("running", at=0)
    running.done = running.total = 6.0
    assert words.job_word(running)[0] == "ship 1/13 pull 100%"
    assert words.job_word(running, 1)[0] == "ship pull 100%"
    assert words.job_word(running, 0)[0] == "ship 1/13"
    snapshot = busy()
    snapshot.jobs = [running]
    for width in range(40, 161):
        shown = head(snapshot, width)
        assert "100%" not in shown or "pull 100%" in shown, width
        assert "pull 100%" in shown or width < 80


def test_without_a_daemon_no_job_runs() -> None:
    running, ended = busy(), busy()
    running.jobs, ended.jobs = [job()], [job("done", at=13)]
    gone = "daemon gone, reconnecting"
    assert "ship" in head(running) and "ship" not in head(running, gone=gone)
    assert "ship ok" in head(ended, 120, gone=gone)


def test_a_result_leaves_the_status_line_after_a_while() -> None:
    now = [0.0]
    state = State(snapshot=busy(), gone="", clock=lambda: now[0])
    state.say("Pull: done", "good")
    assert text(status(state, 80)).strip() == "ok Pull: done"
    now[0] = 60.0
    assert text(status(state, 80)).strip() == ""


@pytest.mark.parametrize("width", [80, 120])
def test_the_footer_of_drive_names_the_key_that_parks_where_one_does(width: int) -> None:
    snapshot = busy()
    assert " P park " in text(footer("drive", state_of(snapshot), width))
    snapshot.simulated = False
    assert "park" not in text(footer("drive", state_of(snapshot), width))
