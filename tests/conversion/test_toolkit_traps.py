"""What the toolkit takes in silence, or fails on without naming a file: refused, or it works.

The rows are those of sections 2 and 8 of the facts on rknn-toolkit2. What is refused is refused
before the toolkit is loaded; what is not refused is built by the real one.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from rovertui.conversion import contract
from rovertui.conversion.run import Converted, convert
from rovertui.errors import OperatorError
from rovertui.processes import name_of
from rovertui.reporter import Reporter
from rovertui.schema import Array, Input, Schema
from rovertui.worker import samples
from rovertui.worker.failure import Failure

from . import nets, workshop
from .test_samples import INPUTS, written

Change = Callable[[dict[str, NDArray[Any]]], dict[str, Any]]


def each(**changes: Any) -> Change:
    """Arrays of a sample with some replaced; a function is given the array."""

    def change(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
        return {
            name: change(arrays[name]) if callable(change) else change
            for name, change in changes.items()
        }

    return change


def one(value: float) -> Callable[[NDArray[Any]], NDArray[Any]]:
    def change(array: NDArray[Any]) -> NDArray[Any]:
        out = array.copy()
        out.flat[7] = value
        return out

    return change


# What the toolkit does with each, unless it is stopped before.
ROWS: dict[str, Change] = {
    "NaN in one pixel: fails without a name": each(depth=one(np.nan)),
    "all NaN: fails without a name": each(depth=lambda a: a * np.float32(np.nan)),
    "Inf in one pixel: aborts the process": each(depth=one(np.inf)),
    "wrong height and width": each(depth=lambda a: a[:-1, :-2]),
    "channels first on file": each(rgb=lambda a: a.transpose(2, 0, 1)),
    "a batch of two": each(rgb=lambda a: np.stack([a, a])),
    "five numbers for six": each(proprio=lambda a: a[:5]),
    "a vector with a batch axis: taken in silence": each(proprio=lambda a: a[None]),
    "object arrays": each(depth=lambda a: a.astype(object)),
    "millimetres as uint16: taken in silence": each(depth=lambda a: (a * 1000).astype(np.uint16)),
    "millimetres as float32: taken in silence": each(depth=lambda a: a * np.float32(1000)),
    "float16: taken in silence": each(depth=lambda a: a.astype(np.float16)),
    "float64: taken in silence": each(depth=lambda a: a.astype(np.float64)),
    "bool: taken in silence": each(depth=lambda a: a > 2),
    "int8 for uint8: taken in silence": each(rgb=lambda a: a.astype(np.int8)),
    "a picture of 0..1 as float: taken in silence": each(rgb=lambda a: a / np.float32(255)),
    "degrees for radians: taken in silence": each(proprio=lambda a: a * np.float32(57.3)),
    "nothing but zeros: taken in silence": each(depth=lambda a: a * 0),
    "swapped arrays": lambda a: {"rgb": a["depth"], "depth": a["rgb"]},
}


@pytest.mark.parametrize("row", ROWS)
def test_a_sample_the_toolkit_must_not_see_is_refused_by_name(tmp_path: Path, row: str) -> None:
    path = written(tmp_path / "calibration_0042.npz", **ROWS[row](nets.arrays(1)))

    with pytest.raises(Failure, match=r"calibration_0042\.npz") as caught:
        samples.open_sample(path, INPUTS)
    assert caught.value.code == "sample" and caught.value.hint


def test_fortran_order_is_read_as_the_same_numbers(tmp_path: Path) -> None:
    arrays = nets.arrays(1)
    path = written(tmp_path / "a.npz", depth=np.asfortranarray(arrays["depth"]))

    found = samples.open_sample(path, INPUTS)

    np.testing.assert_array_equal(found["depth"], arrays["depth"])
    assert samples.feed(found["depth"], INPUTS[1]).flags.c_contiguous


def refusal(model: onnx.ModelProto, directory: Path) -> OperatorError:
    path = nets.save(model, directory / "net.onnx")
    with pytest.raises(OperatorError) as caught:
        contract.inspect(path, "small", workshop.schema()).rung("auto")
    return caught.value


def test_an_output_that_nothing_makes_is_refused(tmp_path: Path) -> None:
    model = nets.policy()
    model.graph.output[0].name = "command"

    error = refusal(model, tmp_path)

    assert "command" in error.message and error.code == "model"


def build(
    tmp_path: Path, python: Path, model: onnx.ModelProto, precision: str = "auto", **parts: Any
) -> Converted:
    path = nets.save(model, tmp_path / "net.onnx")
    request = workshop.request(tmp_path, path, precision=precision, **parts)
    return convert(request, python, tmp_path / "scratch dir", Reporter())


def test_the_opsets_beyond_the_borders_are_refused_with_one_that_works(tmp_path: Path) -> None:
    for opset, better in ((5, "opset_version=11"), (20, "opset_version=19")):
        error = refusal(nets.only_image(opset), tmp_path)
        assert error.code == "opset" and better in error.hint


@pytest.mark.needs_toolkit
def test_the_oldest_opset_is_built(tmp_path: Path, toolkit_python: Path) -> None:
    done = build(tmp_path, toolkit_python, nets.only_image(6), "fp16")

    assert done.sheet.check and done.sheet.check.mean < 0.01


@pytest.mark.needs_toolkit
@pytest.mark.parametrize("opset", [7, 19])
def test_the_borders_of_the_opsets_are_built(
    tmp_path: Path, toolkit_python: Path, opset: int
) -> None:
    done = build(tmp_path, toolkit_python, nets.policy(opset=opset), "fp16")

    assert done.sheet.within is True


@pytest.mark.needs_toolkit
def test_a_file_of_a_newer_onnx_is_built_when_its_operators_are_known(
    tmp_path: Path, toolkit_python: Path
) -> None:
    model = nets.one_image()
    model.ir_version = 99

    done = build(tmp_path, toolkit_python, model, "fp16")

    assert done.sheet.within is True


@pytest.mark.needs_toolkit
def test_weights_beside_the_model_are_built_in(tmp_path: Path, toolkit_python: Path) -> None:
    path = tmp_path / "net.onnx"
    onnx.save(
        nets.policy(), str(path), save_as_external_data=True, location="w.bin", size_threshold=0
    )
    request = workshop.request(tmp_path, path, precision="fp16")

    done = convert(request, toolkit_python, tmp_path / "scratch", Reporter())

    assert done.sheet.within is True


def with_arrays(**arrays: Array) -> Schema:
    """The small schema with further vectors, each an input of its own name."""
    made = workshop.schema()
    inputs = {name: Input(array=name, layout="flat", dtype="float32") for name in arrays}
    return msgspec.structs.replace(
        made, arrays={**made.arrays, **arrays}, inputs={**made.inputs, **inputs}
    )


def sets(tmp_path: Path, **shapes: tuple[int, ...]) -> dict[str, Any]:
    """Samples to calibrate and to check on, with further arrays of random numbers."""
    chosen = {}
    for role, seeds, session in (
        ("calibration", range(12), "one"),
        ("check", range(100, 106), "two"),
    ):
        files = workshop.samples(tmp_path / role, seeds, session=session)
        for seed, file in zip(seeds, files, strict=True):
            random = np.random.default_rng(seed)
            more: dict[str, Any] = {
                name: random.uniform(-1, 1, shape).astype(np.float32)
                for name, shape in shapes.items()
            }
            np.savez(file.path, **{**nets.arrays(seed), **more})
        chosen[role] = files
    return chosen


@pytest.mark.needs_toolkit
def test_a_recurrent_model_is_built_from_samples_that_hold_its_state(
    tmp_path: Path, toolkit_python: Path
) -> None:
    done = build(
        tmp_path,
        toolkit_python,
        nets.recurrent(),
        schema=with_arrays(h_in=Array(shape=[16], dtype="float32", low=-1, high=1)),
        **sets(tmp_path, h_in=(16,)),
    )

    check = done.sheet.check
    assert done.sheet.precision == "hybrid" and done.sheet.within is True
    assert check and [output.name for output in check.outputs] == ["action", "h_out"]


@pytest.mark.needs_toolkit
def test_nine_inputs_are_fed_in_the_models_order(tmp_path: Path, toolkit_python: Path) -> None:
    names = [f"v{index}" for index in range(1, 9)]
    done = build(
        tmp_path,
        toolkit_python,
        nets.many_inputs(),
        schema=with_arrays(
            **{name: Array(shape=[2], dtype="float32", low=-1, high=1) for name in names}
        ),
        **sets(tmp_path, **dict.fromkeys(names, (2,))),
    )

    assert [given.name for given in done.sheet.inputs] == ["rgb", *names]
    assert done.sheet.precision == "hybrid" and done.sheet.within is True


@pytest.mark.needs_toolkit
def test_one_input_and_int8_all_through(tmp_path: Path, toolkit_python: Path) -> None:
    done = build(tmp_path, toolkit_python, nets.one_image())

    assert done.sheet.precision == "int8" and done.sheet.check


@pytest.mark.needs_toolkit
@pytest.mark.parametrize("stage", ["prepare", "load", "quantize", "build", "verify"])
def test_a_build_killed_in_any_stage_is_told_and_leaves_nothing(
    tmp_path: Path, toolkit_python: Path, stage: str
) -> None:
    numbers: list[int] = []

    def emit(event: dict[str, Any]) -> None:
        if event.get("stage") == stage:
            os.kill(numbers[0], signal.SIGKILL)

    path = nets.save(nets.policy(), tmp_path / "net.onnx")
    with pytest.raises(OperatorError, match=r"killed \(SIGKILL\) in stage"):
        convert(
            workshop.request(tmp_path, path),
            toolkit_python,
            tmp_path / "scratch",
            Reporter(emit),
            lambda pid, ticks: numbers.append(pid),
        )

    assert name_of(numbers[0]) is None
    assert not list((tmp_path / "scratch").iterdir())
    assert not list((tmp_path / "models").glob("*")) if (tmp_path / "models").exists() else True
