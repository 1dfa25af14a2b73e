"""A conversion is believed by its exit status, a fresh file and what that file says of itself.

Here a program takes the place of the toolkit's Python, so that it can do what must not be believed.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rovertui.conversion.progress import STAGES
from rovertui.conversion.run import convert
from rovertui.errors import Cancelled, OperatorError
from rovertui.files import sha256_of
from rovertui.processes import name_of
from rovertui.reporter import Reporter
from rovertui.worker.job import MARKER
from tests.deployment.parts import rknn_bytes

from . import workshop
from .conftest import Stand

Events = list[dict[str, Any]]


def built(path: Path, model: Path, **changes: str) -> Path:
    """An RKNN as the toolkit would have left it: header, and the mark of its conversion."""
    given = {"target": "rk3588", "kind": "int8", "precision": "int8", **changes}
    note = {"onnx": given.get("onnx", sha256_of(model)), "precision": given["precision"]}
    text = (MARKER + json.dumps(note)).encode()
    data = rknn_bytes("weights", given["target"], given["kind"])
    path.write_bytes(data + len(text).to_bytes(4, "little") + text)
    return path


def refused(python: Path, tmp_path: Path, model: Path) -> OperatorError:
    with pytest.raises(OperatorError) as caught:
        convert(
            workshop.request(tmp_path, model, precision="int8"),
            python,
            tmp_path / "scratch",
            Reporter(),
        )
    nothing_left(tmp_path)
    return caught.value


def nothing_left(tmp_path: Path) -> None:
    assert not list((tmp_path / "scratch").iterdir())
    models = tmp_path / "models"
    assert not models.exists() or not list(models.iterdir())


def test_a_result_without_a_file_is_no_success(
    tmp_path: Path, model: Path, stand_in: Stand
) -> None:
    error = refused(stand_in("say(event='result', rknn='model.rknn')"), tmp_path, model)

    assert "left no model" in error.message


def test_a_file_with_a_bad_exit_status_is_no_success(
    tmp_path: Path, model: Path, stand_in: Stand
) -> None:
    left = built(tmp_path / "left", model)
    python = stand_in(f"leave({str(left)!r})\nsay(event='result', rknn='x')\nsys.exit(1)")

    assert "ended with status 1" in refused(python, tmp_path, model).message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"onnx": "0" * 64}, "does not carry the mark of this conversion"),
        ({"precision": "fp16"}, "does not carry the mark of this conversion"),
        ({"target": "rk3566"}, "built for rk3566, expected rk3588"),
        ({"kind": ""}, "int8 was asked for, but the model's inputs and outputs are fp16"),
        ({"kind": "int16"}, "int8 was asked for, but the model's inputs and outputs are int16"),
    ],
    ids=["of another model", "of another request", "another chip", "float16", "16 bits"],
)
def test_a_file_that_says_something_else_of_itself_is_no_success(
    tmp_path: Path, model: Path, stand_in: Stand, changes: dict[str, str], said: str
) -> None:
    left = built(tmp_path / "left", model, **changes)
    python = stand_in(f"leave({str(left)!r})\nsay(event='result', rknn='x')")

    error = refused(python, tmp_path, model)

    assert said in error.message and error.code == "header"


@pytest.mark.parametrize("length", [0, 3, 60, 200])
def test_a_file_cut_short_is_no_success(
    tmp_path: Path, model: Path, stand_in: Stand, length: int
) -> None:
    left = built(tmp_path / "left", model)
    left.write_bytes(left.read_bytes()[:length])
    python = stand_in(f"leave({str(left)!r})\nsay(event='result', rknn='x')")

    refused(python, tmp_path, model)


def stopped_in(
    stage: str, tmp_path: Path, model: Path, stand_in: Stand, then: Callable[[int, Reporter], None]
) -> int:
    """Convert until ``stage`` begins, do ``then``; the worker's number."""
    python = stand_in(
        f"for stage in {STAGES[1:]!r}:\n"
        "    os.write(2, f'\\n#stage {stage} \\n'.encode())\n"
        "    say(event='stage', stage=stage, text='')\n"
        f"    if stage == {stage!r}: time.sleep(600)\n"
    )
    numbers: list[int] = []

    def emit(event: dict[str, Any]) -> None:
        if event.get("stage") == stage:
            then(numbers[0], reporter)

    reporter = Reporter(emit)
    try:
        convert(
            workshop.request(tmp_path, model, precision="int8"),
            python,
            tmp_path / "scratch",
            reporter,
            lambda pid, ticks: numbers.append(pid),
        )
    finally:
        assert name_of(numbers[0]) is None
        nothing_left(tmp_path)
    return numbers[0]


@pytest.mark.parametrize("stage", STAGES[1:])
def test_killed_in_any_stage_it_is_told_by_signal_and_stage(
    tmp_path: Path, model: Path, stand_in: Stand, stage: str
) -> None:
    with pytest.raises(OperatorError, match=rf"killed \(SIGKILL\) in stage {stage}"):
        stopped_in(stage, tmp_path, model, stand_in, lambda pid, _: os.kill(pid, signal.SIGKILL))


@pytest.mark.parametrize("stage", STAGES[1:])
def test_cancelled_in_any_stage_nothing_is_left(
    tmp_path: Path, model: Path, stand_in: Stand, stage: str
) -> None:
    with pytest.raises(Cancelled):
        stopped_in(stage, tmp_path, model, stand_in, lambda _, reporter: reporter.cancelled.set())
