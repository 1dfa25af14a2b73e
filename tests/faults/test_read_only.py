"""Directories that take no writing: said by name, nothing stops, and it goes on afterwards."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui.errors import OperatorError
from rovertui.files import TEMPORARY
from tests.daemon.conftest import rig as rig
from tests.daemon.rig import Rig
from tests.deployment.parts import agreement, put_model
from tests.waiting import until


@contextlib.contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Mounted read-only on itself: permissions alone would not stop root."""
    place = str(directory)
    done = subprocess.run(["mount", "--bind", place, place], capture_output=True, check=False)
    if done.returncode:
        if os.environ.get("CI") == "true":
            pytest.fail("nothing can be mounted here")
        pytest.skip("nothing can be mounted here: run it as root")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_set_that_cannot_be_written_is_named_and_recording_goes_on_afterwards(rig: Rig) -> None:
    directory = rig.workspace.root / "calibration_data"
    directory.mkdir()
    rig.start()
    with read_only(directory):
        rig.do("capture.on", session="first")
        snapshot = rig.until(lambda s: s.capture.state == "stalled")
        assert "calibration_data" in snapshot.capture.text
        assert "read-only" in snapshot.capture.text.lower()
        frames = snapshot.stream.frames
        rig.until(lambda s: s.stream.frames > frames + 5)
    rig.until(lambda s: s.capture.kept >= 1)


def test_models_that_cannot_be_written_leave_what_is_live(rig: Rig) -> None:
    models = rig.workspace.root / "models"
    for name in ("a", "b"):
        put_model(models, name, simulated=True)
    rig.start()
    assert _deploy(rig, "a_int8") == ""
    before = agreement(models)
    with read_only(models):
        said = _deploy(rig, "b_int8")
        assert "models" in said and "read-only" in said.lower(), said
        assert agreement(models) == before
    assert _deploy(rig, "b_int8") == ""


def test_a_model_that_was_cut_short_there_is_ended_when_it_can_be(rig: Rig) -> None:
    models = rig.workspace.root / "models"
    paper = models / f"{put_model(models, 'a', simulated=True)}.json"
    waiting = paper.rename(paper.with_name(f".{paper.name}.coming"))
    cut_short = models / f".a_int8.rknn.1{TEMPORARY}"
    cut_short.touch()
    with read_only(models):
        rig.start()
        said = [message.text for message in rig.ask(lambda client: client.messages())]
        assert any("waits: Read-only file system" in text for text in said), said
        rig.end()
    rig.start()
    assert paper.exists() and not waiting.exists() and not cut_short.exists()


def test_a_workspace_that_cannot_be_written_at_all_is_refused_in_one_line(rig: Rig) -> None:
    with read_only(rig.workspace.root):
        done = rig.run("capture", "on")
    assert done.returncode == 1
    assert "read-only" in done.stderr.lower()
    assert str(rig.workspace.root) in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2, done.stderr


def _deploy(rig: Rig, model: str) -> str:
    """What was said when it failed; nothing when it is live."""
    try:
        number = rig.do("deploy", model=model, accept_motion=True, force=True)["job"]
    except OperatorError as error:
        return error.sentence()
    job = until(
        lambda: next(
            (j for j in rig.snapshot().jobs if j.id == number and j.state in ("done", "failed")),
            None,
        )
    )
    return "" if job.state == "done" else str(job.text)
