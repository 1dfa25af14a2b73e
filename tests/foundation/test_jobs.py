"""Jobs keep what happened, across crashes, and hand it out in whole lines."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from rovertui import jobs
from rovertui.errors import OperatorError
from rovertui.jobs import Job, JobBook


def book(directory: Path) -> JobBook:
    return JobBook(directory / "jobs")


def started(directory: Path, plan: list[str] | None = None) -> Job:
    return book(directory).new("convert", "convert x", {}, plan or ["check", "build"])


def test_stages_go_from_waiting_to_running_to_done(tmp_path: Path) -> None:
    job = started(tmp_path, ["check", "build", "verify"])
    job.emit({"kind": "stage", "stage": "check", "text": ""})
    job.emit({"kind": "stage", "stage": "build", "text": "28 layers"})
    assert [s.state for s in job.view().stages] == ["done", "running", "waiting"]
    job.finish("failed", "out of memory")
    assert [s.state for s in job.view().stages] == ["done", "failed", "skipped"]


def test_a_stage_that_was_passed_over_is_not_left_open(tmp_path: Path) -> None:
    job = started(tmp_path, ["check", "quantize", "build", "check"])
    for stage in ("check", "npu", "build"):
        job.emit({"kind": "stage", "stage": stage, "text": ""})
    seen = {(s.name, s.state) for s in job.view().stages}
    assert {("npu", "done"), ("quantize", "skipped"), ("check", "waiting")} <= seen


@pytest.mark.parametrize("word", ["already_here", "already_live", "not_begun"])
def test_what_had_nothing_to_do_tells_not_how_long_the_work_takes(
    tmp_path: Path, word: str
) -> None:
    all_jobs = book(tmp_path)
    for seconds, result in ((40.0, {word: False}), (0.1, {word: True})):
        job = all_jobs.new("ship", "ship x", {}, ["pull"])
        job.record.started = time.time() - seconds
        job.finish("done", "", result=result)
    assert (all_jobs.usual_seconds("ship") or 0) >= 40


def test_events_are_read_in_ranges_and_cleaned(tmp_path: Path) -> None:
    job = started(tmp_path)
    for number in range(2500):
        job.emit({"kind": "log", "text": f"\x1b[31mline {number}\n"})
    events, total = job.read(10, 5)
    assert total == 2500
    assert [event["text"] for event in events] == [f"line {n} " for n in range(10, 15)]
    assert len(job.read(0, 10**9)[0]) == 1000
    assert job.read(5000, 10) == ([], 2500)


def test_a_torn_last_line_is_not_counted_and_the_next_event_takes_its_place(
    tmp_path: Path,
) -> None:
    job = started(tmp_path)
    job.emit({"kind": "log", "text": "whole"})
    with (job.directory / "events.jsonl").open("ab") as stream:
        stream.write(b'{"kind": "lo')
    again = book(tmp_path).get(job.record.id)
    assert again.events == 1
    again.finish("interrupted", "the daemon ended")
    events, total = again.read(0, 10)
    assert total == 2
    assert [event["kind"] for event in events] == ["log", "result"]


def test_an_unreadable_record_is_told_and_its_number_not_used_again(tmp_path: Path) -> None:
    job = started(tmp_path)
    (job.directory / "job.json").write_bytes(b"{")
    found = book(tmp_path)
    assert "cannot be read" in found.unreadable[0]
    assert found.new("pull", "pull", {}, []).record.id == job.record.id + 1


def test_the_estimate_is_the_last_success_or_nothing(tmp_path: Path) -> None:
    jobs = book(tmp_path)
    first = jobs.new("convert", "a", {}, [])
    assert first.earlier is None
    first.record.started = first.record.created
    first.finish("done", "")
    assert jobs.new("convert", "b", {}, []).earlier == pytest.approx(0, abs=60)
    assert jobs.new("pull", "c", {}, []).earlier is None


def test_old_finished_jobs_are_forgotten_and_running_ones_never(tmp_path: Path) -> None:
    jobs = JobBook(tmp_path / "jobs", keep=3)
    running = jobs.new("ship", "runs", {}, [])
    for _ in range(6):
        jobs.new("pull", "p", {}, []).finish("done", "")
    assert running.record.id in jobs.jobs
    assert len(jobs.jobs) == len(list((tmp_path / "jobs").iterdir())) <= 4
    with pytest.raises(OperatorError, match="no job 2"):
        jobs.get(2)


def test_a_pause_is_told_and_not_counted_as_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(jobs, "time", SimpleNamespace(time=lambda: clock.now))
    all_jobs = book(tmp_path)
    job = all_jobs.new("convert", "convert x", {}, ["build"])
    job.record.started = clock.now
    clock.now += 10
    job.emit({"kind": "pause", "on": True, "text": "paused: 86 °C, goes on below 80 °C"})
    clock.now += 40
    job.emit({"kind": "pause", "on": True, "text": "paused: 82 °C, goes on below 80 °C"})
    assert job.view().paused == "paused: 82 °C, goes on below 80 °C"
    assert job.view().seconds == 10 and job.events == 1
    clock.now += 20
    job.emit({"kind": "pause", "on": False, "text": "goes on: 79 °C"})
    clock.now += 5
    assert job.view().paused == "" and job.view().seconds == 15
    job.finish("done", "built")
    assert all_jobs.usual_seconds("convert") == 15
    assert book(tmp_path).usual_seconds("convert") == 15


def test_a_job_that_ends_in_a_pause_rests_no_more(tmp_path: Path) -> None:
    job = started(tmp_path)
    job.emit({"kind": "pause", "on": True, "text": "paused: 86 °C"})
    job.finish("cancelled", "Cancelled.")
    assert job.view().paused == ""
