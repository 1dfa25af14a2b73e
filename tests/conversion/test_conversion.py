"""What the real rknn-toolkit2 makes of a model, its sheet, and the check that comes with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from rovertui.conversion import contract, header, launch, recipe, sheet
from rovertui.conversion.run import Converted, convert
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
