"""Conversions by the real rknn-toolkit2."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from rovertui import conversion
from rovertui.conversion import contract, header, launch, recipe, sheet
from rovertui.conversion.run import Converted, convert
from rovertui.errors import Cancelled, OperatorError
from rovertui.files import sha256_of
from rovertui.processes import name_of
from rovertui.reporter import Reporter

from . import nets, workshop

pytestmark = pytest.mark.needs_toolkit

Events = list[dict[str, Any]]
Built = Callable[[str], tuple[Converted, Events]]


@pytest.mark.parametrize("rung", ["int8", "hybrid", "int16", "fp16"])
def test_a_model_and_its_sheet_belong_together_and_say_what_was_asked(
    built: Built, rung: str
) -> None:
    converted, _ = built(rung)

    found = sheet.load(converted.rknn)
    assert found == converted.sheet
    assert converted.rknn.name == f"ppo_v620_update_10_{rung}.rknn"
    assert (found.precision, found.target, found.toolkit) == (rung, "rk3588", "2.5.0")
    read = header.read(converted.rknn)
    assert read and read.precision == rung and read.targets == ("rk3588",)
    assert len(found.calibration.samples) == (0 if rung == "fp16" else 12)
    assert [feed.name for feed in found.inputs] == ["rgb", "depth", "proprio"]
    assert [feed.data_format for feed in found.inputs] == ["nhwc"] * 3


def test_the_vectors_float16_path_is_what_makes_the_result_usable(built: Built) -> None:
    error = {rung: built(rung)[0].sheet.check for rung in ("int8", "hybrid", "fp16")}
    int8, hybrid, fp16 = (error[rung] for rung in ("int8", "hybrid", "fp16"))
    assert int8 and hybrid and fp16

    int16 = built("int16")[0].sheet.check
    assert int16 and int16.mean < hybrid.mean
    assert fp16.mean < hybrid.mean < int8.mean / 3
    assert hybrid.max < int8.max / 2
    assert built("hybrid")[0].sheet.within is True
    assert built("int8")[0].sheet.within is False and built("int8")[0].sheet.reasons


@pytest.mark.parametrize("rung", ["int8", "hybrid", "fp16"])
def test_the_check_names_its_frames_and_none_of_them_calibrated(built: Built, rung: str) -> None:
    check = built(rung)[0].sheet.check
    assert check

    names = [frame.name for frame in check.by_frame]
    assert names == [f"calibration_{n:04d}.npz" for n in range(100, 108)]
    used = {entry.sha256 for entry in built(rung)[0].sheet.calibration.samples}
    assert not used & {frame.sha256 for frame in check.by_frame}
    assert check.max == pytest.approx(max(frame.error for frame in check.by_frame))


@pytest.mark.parametrize("rung", ["int8", "hybrid", "fp16"])
def test_stages_come_once_each_and_in_order(built: Built, rung: str) -> None:
    from rovertui.conversion.run import stages

    events = built(rung)[1]

    assert [e["stage"] for e in events if e["kind"] == "stage"] == stages(rung)
    assert not [e for e in events if e["kind"] == "warning"]
    verified = [e for e in events if e["kind"] == "progress" and e["text"] == "frames"]
    assert (verified[-1]["done"], verified[-1]["total"]) == (8, 8)


def test_the_model_carries_the_hash_of_its_onnx_and_of_its_samples(built: Built) -> None:
    converted, _ = built("hybrid")

    note = header.note(converted.rknn, "rovertui-model:")

    assert note and note["onnx"] == converted.sheet.onnx_sha256
    assert note["data"] == converted.sheet.calibration.sha256 != ""


def test_nothing_but_model_and_sheet_is_left(built: Built) -> None:
    converted, _ = built("int8")
    root = converted.rknn.parents[1]

    assert list((root / "scratch").iterdir()) == []
    stems = {"ppo_v620_update_10_int8" + end for end in (".rknn", ".json", ".golden.npz")}
    assert {p.name for p in converted.rknn.parent.glob("*_int8*")} == stems


def test_a_vectors_scale_becomes_part_of_the_float16_path(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    # Training fed proprio / 10 and the node feeds it raw: only the graph can join the two.
    scaled = nets.policy()
    for tensor in scaled.graph.initializer:
        if tensor.name == "body1.w":
            values = onnx.numpy_helper.to_array(tensor) * np.float32(10)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, "body1.w"))
    nets.save(scaled, model)
    request = workshop.request(
        tmp_path, model, schema=workshop.schema(proprio={"net_scale": "1/10"})
    )

    converted = convert(request, toolkit_python, tmp_path / "scratch", Reporter())

    assert converted.sheet.precision == "hybrid" and converted.sheet.within is True


def test_two_vectors_and_two_outputs(tmp_path: Path, toolkit_python: Path) -> None:
    model = nets.save(nets.two_vectors(), tmp_path / "net.onnx")

    converted = convert(
        workshop.request(tmp_path, model), toolkit_python, tmp_path / "scratch", Reporter()
    )

    check = converted.sheet.check
    assert check and [output.name for output in check.outputs] == ["action", "value"]
    assert converted.sheet.precision == "hybrid" and converted.sheet.within is True


def test_without_frames_for_checking_the_error_is_not_measured(
    tmp_path: Path, toolkit_python: Path
) -> None:
    model = nets.save(nets.one_image(), tmp_path / "net.onnx")
    events: Events = []

    converted = convert(
        workshop.request(tmp_path, model, precision="fp16", calibration=[], check=[]),
        toolkit_python,
        tmp_path / "scratch",
        Reporter(events.append),
    )

    assert converted.sheet.within is None and converted.sheet.check is None
    assert "not measured" in converted.sheet.strength
    assert [e for e in events if e["kind"] == "warning"]


def test_a_worker_that_forgets_the_depths_scale_is_caught_by_the_check(
    tmp_path: Path, model: Path, toolkit_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulator gets the feed and the float model the net, so the two cannot cancel out."""
    wrong = tmp_path / "wrong worker"
    shutil.copytree(launch.MAIN.parent, wrong, ignore=shutil.ignore_patterns("__pycache__"))
    code = (wrong / "toolkit.py").read_text()
    right = "std = 1.0 / given.factor if given.is_image else 1.0"
    assert code.count(right) == 1
    (wrong / "toolkit.py").write_text(
        code.replace(right, "std = 255.0 if given.dtype == 'uint8' else 1.0")
    )
    monkeypatch.setattr(launch, "MAIN", wrong / "main.py")

    converted = convert(
        workshop.request(tmp_path, model), toolkit_python, tmp_path / "scratch", Reporter()
    )

    check = converted.sheet.check
    assert check and check.mean > 0.05 and converted.sheet.within is False


def test_a_feed_that_loses_what_training_saw_shows_as_an_error(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    coarse = workshop.schema(depth={"feed_scale": "1/6", "dtype": "uint8"})
    request = workshop.request(tmp_path, model, schema=coarse, precision="fp16")

    converted = convert(request, toolkit_python, tmp_path / "scratch", Reporter())

    assert converted.sheet.check and converted.sheet.check.mean > 0.02
    assert converted.sheet.within is False


def worker(job: dict[str, Any], python: Path, scratch: Path) -> OperatorError:
    scratch.mkdir(exist_ok=True)
    with pytest.raises(OperatorError) as caught:
        launch.run_worker(job, python, scratch, Reporter())
    assert [path.name for path in scratch.iterdir()] == ["job.json"]
    return caught.value


def job(tmp_path: Path, model: Path, **parts: Any) -> dict[str, Any]:
    request = workshop.request(tmp_path, model, precision="hybrid")
    found = contract.inspect(model, request.schema_name, request.schema)
    made = recipe.job(found, found.rung("hybrid"), request, tmp_path / "scratch")
    return {**made, **parts}


def spoil(path: Path, how: str) -> None:
    arrays: dict[str, Any] = dict(np.load(path))
    if how == "nan":
        arrays["depth"][3, 4] = np.nan
    elif how == "inf":
        arrays["depth"][3, 4] = np.inf
    elif how == "shape":
        arrays["depth"] = arrays["depth"][:, :-1]
    elif how == "absent":
        del arrays["proprio"]
    np.savez(path, **arrays)
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:900])


@pytest.mark.parametrize("how", ["nan", "inf", "shape", "absent", "truncated"])
@pytest.mark.parametrize("role", ["calibration", "check"])
def test_a_bad_sample_is_named_before_the_toolkit_is_even_loaded(
    tmp_path: Path, model: Path, toolkit_python: Path, how: str, role: str
) -> None:
    asked = job(tmp_path, model)
    path = Path(asked[role][5])
    spoil(path, how)

    error = worker(asked, toolkit_python, tmp_path / "scratch")

    assert path.name in error.message and error.code == "sample" and error.hint


def test_a_check_sample_that_calibrates_as_well_is_refused(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    asked = job(tmp_path, model)
    shutil.copy(asked["calibration"][2], asked["check"][3])

    error = worker(asked, toolkit_python, tmp_path / "scratch")

    assert "calibration_0103.npz" in error.message and "calibration_0002.npz" in error.message


def test_the_worker_itself_refuses_weights_that_are_not_there(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    onnx.save(
        nets.policy(), str(model), save_as_external_data=True, location="w.bin", size_threshold=0
    )
    asked = job(tmp_path, model)
    model.with_name("w.bin").unlink()

    assert "w.bin" in worker(asked, toolkit_python, tmp_path / "scratch").message


def test_a_model_that_changed_since_it_was_asked_for_is_refused(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    asked = job(tmp_path, model)
    nets.save(nets.policy(opset=13), model)

    assert "has changed" in worker(asked, toolkit_python, tmp_path / "scratch").message


def test_an_operator_nobody_knows_is_refused_in_words(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    asked = job(tmp_path, model)
    strange = nets.policy()
    strange.graph.node[-1].op_type = "FooBar"
    nets.save(strange, model)
    asked["model_sha256"] = sha256_of(model)

    error = worker(asked, toolkit_python, tmp_path / "scratch")

    assert "FooBar" in error.message and "Traceback" not in error.message


def test_a_python_without_the_toolkit_is_told(tmp_path: Path, model: Path) -> None:
    error = worker(job(tmp_path, model), Path(sys.executable), tmp_path / "scratch")

    assert error.code == "no-toolkit" and "toolkit install" in error.hint


def test_a_failing_conversion_leaves_the_earlier_model_as_it_was(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    request = workshop.request(tmp_path, model, precision="fp16")
    first = convert(request, toolkit_python, tmp_path / "scratch", Reporter())
    before = sha256_of(first.rknn), sha256_of(first.sheet_path)
    spoil(request.check[0].path, "nan")

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
    asked.write_text(json.dumps(job(tmp_path, model)))
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


def test_the_first_look_at_depth_stays_in_float16_whatever_its_scale(
    tmp_path: Path, toolkit_python: Path
) -> None:
    path = nets.save(nets.large_body(), tmp_path / "net.onnx")

    done = convert(
        workshop.request(tmp_path, path, precision="hybrid"),
        toolkit_python,
        tmp_path / "scratch",
        Reporter(),
    )

    read = header.read(done.rknn)
    assert read and {name: kind for name, _, kind in read.inputs} == {
        "rgb": "int8",
        "depth": "",
        "proprio": "",
    }
    # The node feeds metres/6 and the net wants metres: the factor holds in float16 too.
    assert done.sheet.check and done.sheet.check.mean < 0.01


def test_a_pooling_that_the_toolkit_loses_sight_of_is_quantized_and_said(
    tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    request = workshop.request(tmp_path, model, precision="hybrid")
    found = contract.inspect(model, request.schema_name, request.schema)
    asked = recipe.job(found, "hybrid", request, tmp_path / "scratch")
    asked["finer"] = [["nowhere", "action"]]
    (tmp_path / "scratch").mkdir()
    events: Events = []

    result, _ = launch.run_worker(
        asked, toolkit_python, tmp_path / "scratch", Reporter(events.append)
    )

    assert result["precision"] == "hybrid" and result["check"]["frames"] == 8
    assert any("pooling" in e["text"] for e in events if e["kind"] == "warning")
