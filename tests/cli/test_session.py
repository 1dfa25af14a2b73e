"""A command that follows a job: leaving it does not end the job, and says so once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import click
import pytest

from rovertui.cli import session
from rovertui.workspace import Workspace


class Interrupted:
    """Stands for a daemon with a job, at which somebody presses Ctrl-C; before it or after."""

    snapshot = None

    def __init__(self, job: int) -> None:
        self.job = job

    async def do(self, operation: str, **params: Any) -> dict[str, Any]:
        if not self.job:
            raise KeyboardInterrupt
        return {"job": self.job}

    async def follow(self, number: int) -> AsyncIterator[dict[str, Any]]:
        yield {"kind": "stage", "stage": "build"}
        raise KeyboardInterrupt

    async def close(self) -> None:
        pass


def interrupted(monkeypatch: pytest.MonkeyPatch, job: int) -> None:
    async def connected(workspace: Workspace, face: str) -> Any:
        return Interrupted(job)

    monkeypatch.setattr(session, "connected", connected)


def test_ctrl_c_leaves_the_job_and_says_that_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(monkeypatch, 15)
    with pytest.raises(click.exceptions.Exit) as left:
        session.run_job(Workspace(tmp_path), "convert")
    assert left.value.exit_code == 3
    said = capsys.readouterr().err
    assert said.count("Job 15 goes on; `rovertui cancel 15` stops it.") == 1
    assert "Stopped" not in said


def test_ctrl_c_before_there_is_a_job_stops_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(monkeypatch, 0)
    with pytest.raises(KeyboardInterrupt):
        session.run_job(Workspace(tmp_path), "convert")
