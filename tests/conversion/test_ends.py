"""A conversion that fails, is cancelled or loses its daemon leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rovertui import conversion
from rovertui.conversion.run import convert
from rovertui.errors import Cancelled, OperatorError
from rovertui.files import sha256_of
from rovertui.processes import name_of
from rovertui.reporter import Reporter

from . import workshop

pytestmark = pytest.mark.needs_toolkit


def test_a_failing_conversion_leaves_the_earlier_model_as_it_was(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    request = workshop.request(tmp_path, model, precision="fp16")
    first = convert(request, toolkit_python, tmp_path / "scratch", Reporter())
    before = sha256_of(first.rknn), sha256_of(first.sheet_path)
    workshop.spoil(request.check[0].path, "nan")

    with pytest.raises(OperatorError):
        convert(request, toolkit_python, tmp_path / "scratch", Reporter())

    assert (sha256_of(first.rknn), sha256_of(first.sheet_path)) == before
    assert len(list(first.rknn.parent.iterdir())) == 3
    assert list((tmp_path / "scratch").iterdir()) == []


def nothing_left(root: Path) -> bool:
    models = root / "models"
    return not list((root / "scratch").iterdir()) and not (
        models.exists() and list(models.iterdir())
    )


@pytest.mark.parametrize("stage", ["prepare", "load", "quantize", "verify"])
def test_cancel_in_any_stage_leaves_nothing(
    tmp_path: Path, model: Path, toolkit_python: Path, stage: str
) -> None:
    numbers: list[int] = []

    def emit(event: dict[str, Any]) -> None:
        if event.get("stage") == stage:
            reporter.cancelled.set()

    reporter = Reporter(emit)

    with pytest.raises(Cancelled):
        convert(
            workshop.request(tmp_path, model),
            toolkit_python,
            tmp_path / "scratch",
            reporter,
            lambda pid, ticks: numbers.append(pid),
        )

    assert nothing_left(tmp_path) and name_of(numbers[0]) is None


STARTER = """
import json, sys
from pathlib import Path
from rovertui.conversion.launch import run_worker
from rovertui.reporter import Reporter
job = json.loads(Path(sys.argv[1]).read_text())
def emit(event):
    if event.get("stage") == "load":
        print("loading", flush=True)
run_worker(job, Path(sys.argv[2]), Path(sys.argv[3]), Reporter(emit),
           lambda pid, ticks: print(pid, ticks, flush=True))
"""


def test_kill_9_of_the_daemon_ends_the_worker(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps(workshop.job(tmp_path, model)))
    (tmp_path / "scratch").mkdir()
    command = [sys.executable, "-c", STARTER, str(asked), str(toolkit_python)]
    root = str(Path(conversion.__file__).parents[2])
    parent = subprocess.Popen(
        [*command, str(tmp_path / "scratch")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert parent.stdout
    number = int(parent.stdout.readline().split()[0])
    named = name_of(number)
    assert named and parent.stdout.readline() == b"loading\n"

    parent.kill()
    parent.wait()
    parent.stdout.close()

    end = time.monotonic() + 20
    while name_of(number) == named and time.monotonic() < end:
        time.sleep(0.02)
    assert name_of(number) != named
