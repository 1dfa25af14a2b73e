"""What the worker itself refuses, in words, whoever asked it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import onnx
import pytest

from rovertui.conversion import contract, launch, recipe
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.reporter import Reporter

from . import nets, workshop

pytestmark = pytest.mark.needs_toolkit


def worker(job: dict[str, Any], python: Path, scratch: Path) -> OperatorError:
    scratch.mkdir(exist_ok=True)
    with pytest.raises(OperatorError) as caught:
        launch.run_worker(job, python, scratch, Reporter())
    assert [path.name for path in scratch.iterdir()] == ["job.json"]
    return caught.value


@pytest.mark.parametrize("how", ["nan", "inf", "shape", "absent", "truncated"])
@pytest.mark.parametrize("role", ["calibration", "check"])
def test_a_bad_sample_is_named_before_the_toolkit_is_even_loaded(
    tmp_path: Path, model: Path, toolkit_python: Path, how: str, role: str
) -> None:
    asked = workshop.job(tmp_path, model)
    path = Path(asked[role][5])
    workshop.spoil(path, how)

    error = worker(asked, toolkit_python, tmp_path / "scratch")

    assert path.name in error.message and error.code == "sample" and error.hint


def test_a_check_sample_that_calibrates_as_well_is_refused(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    asked = workshop.job(tmp_path, model)
    shutil.copy(asked["calibration"][2], asked["check"][3])

    error = worker(asked, toolkit_python, tmp_path / "scratch")

    assert "calibration_0103.npz" in error.message and "calibration_0002.npz" in error.message


def test_the_worker_itself_refuses_weights_that_are_not_there(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    onnx.save(
        nets.policy(), str(model), save_as_external_data=True, location="w.bin", size_threshold=0
    )
    asked = workshop.job(tmp_path, model)
    model.with_name("w.bin").unlink()

    assert "w.bin" in worker(asked, toolkit_python, tmp_path / "scratch").message


def test_a_model_that_changed_since_it_was_asked_for_is_refused(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    asked = workshop.job(tmp_path, model)
    nets.save(nets.policy(opset=13), model)

    assert "has changed" in worker(asked, toolkit_python, tmp_path / "scratch").message


def test_an_operator_nobody_knows_is_refused_in_words(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    asked = workshop.job(tmp_path, model)
    strange = nets.policy()
    strange.graph.node[-1].op_type = "FooBar"
    nets.save(strange, model)
    asked["model_sha256"] = sha256_of(model)

    error = worker(asked, toolkit_python, tmp_path / "scratch")

    assert "FooBar" in error.message and "Traceback" not in error.message


def test_a_python_without_the_toolkit_is_told(tmp_path: Path, model: Path) -> None:
    error = worker(workshop.job(tmp_path, model), Path(sys.executable), tmp_path / "scratch")

    assert error.code == "no-toolkit" and "toolkit install" in error.hint


def test_weights_beside_a_model_that_change_meanwhile_are_noticed(
    tmp_path: Path, toolkit_python: Path
) -> None:
    path, weights = tmp_path / "net.onnx", tmp_path / "net.weights"
    onnx.save(
        nets.policy(),
        str(path),
        save_as_external_data=True,
        location=weights.name,
        size_threshold=0,
    )
    request = workshop.request(tmp_path, path, precision="fp16")
    found = contract.inspect(path, request.schema_name, request.schema)
    asked = recipe.job(found, "fp16", request, tmp_path / "scratch")
    (tmp_path / "scratch").mkdir()
    data = bytearray(weights.read_bytes())
    data[200] ^= 1
    weights.write_bytes(data)

    with pytest.raises(OperatorError, match="or one with its weights, has changed"):
        launch.run_worker(asked, toolkit_python, tmp_path / "scratch", Reporter())
