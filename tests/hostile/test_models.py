"""Models that somebody else made: what they declare is not believed, and they end in time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from rovertui.conversion import contract, header
from rovertui.deployment.inventory import Inventory
from rovertui.schema import rgbd6
from rovertui.text import clean
from rovertui.worker import model_file
from rovertui.worker.failure import Failure
from tests.conversion import nets


def problems(path: Path, model: onnx.ModelProto | bytes) -> str:
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    found = contract.inspect(path, "rgbd6", rgbd6("1"))
    words = " ".join(f"{p.message} {p.hint}" for p in found.problems)
    assert clean(words, len(words)) == words
    return words


def outside(model: onnx.ModelProto, **entries: str) -> onnx.ModelProto:
    """The model with its first weights said to lie in another file."""
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    return model


@pytest.mark.parametrize(
    "place",
    [
        "/etc/passwd",
        "../secret",
        "/dev/zero",
        "a/../../secret",
        "link",
        "pipe",
        "",
        "x\0y",
        "\x1b[2J",
    ],
)
def test_weights_are_only_taken_from_beside_the_model(tmp_path: Path, place: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    models = tmp_path / "models"
    models.mkdir()
    (models / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(models / "pipe")
    model = outside(nets.only_vector(), location=place)
    said = problems(models / "m.onnx", model)
    assert "is missing or too short" in said and "secret'" not in said.replace(place, "")
    with pytest.raises(Failure):
        model_file.fingerprint(models / "m.onnx")


@pytest.mark.parametrize("word", ["__class__", "__dict__", "raw_data", "\x1b[2J"])
def test_what_is_said_of_weights_outside_is_only_what_onnx_knows(tmp_path: Path, word: str) -> None:
    (tmp_path / "weights").write_bytes(bytes(1 << 16))
    model = outside(nets.only_vector(), location="weights", **{word: "str"})
    assert "which ONNX does not know" in problems(tmp_path / "m.onnx", model)


@pytest.mark.parametrize(
    "entries",
    [{"offset": "100", "length": "-50"}, {"offset": "-1"}, {"offset": str(1 << 17)}],
    ids=str,
)
def test_weights_outside_lie_within_their_file(tmp_path: Path, entries: dict[str, str]) -> None:
    (tmp_path / "weights").write_bytes(bytes(1 << 16))
    model = outside(nets.only_vector(), location="weights", **entries)
    assert "is missing or too short" in problems(tmp_path / "m.onnx", model)


def test_a_file_that_each_weight_takes_whole_is_counted_each_time(tmp_path: Path) -> None:
    with (tmp_path / "weights").open("wb") as stream:
        stream.truncate(300 << 20)
    model = outside(nets.only_vector(), location="weights")
    for _ in range(3):
        model.graph.initializer.append(model.graph.initializer[0])
    assert "more than 1024 MB" in problems(tmp_path / "m.onnx", model)


def test_weights_outside_that_hide_in_a_graph_within_are_found(tmp_path: Path) -> None:
    inner = outside(nets.only_vector(), location="/etc/passwd").graph
    model = nets.only_vector()
    model.graph.node[0].attribute.add(
        name="branches", type=onnx.AttributeProto.GRAPHS, graphs=[inner]
    )
    assert "/etc/passwd" in problems(tmp_path / "m.onnx", model)


def test_a_file_of_a_terabyte_is_refused_by_its_size(tmp_path: Path) -> None:
    model = tmp_path / "m.onnx"
    for place in (model, tmp_path / "weights"):
        with place.open("wb") as stream:
            stream.truncate(1 << 40)
    assert "MB" in contract.inspect(model, "rgbd6", rgbd6("1")).problems[0].message
    said = problems(model, outside(nets.only_vector(), location="weights"))
    assert "MB" in said


@pytest.mark.parametrize("sizes", [[1 << 40], [1 << 62, 1 << 62], [-1], [0] * 40])
def test_tensors_that_declare_what_they_do_not_hold_are_damaged(
    tmp_path: Path, sizes: list[int]
) -> None:
    model = nets.only_vector()
    model.graph.initializer[0].dims[:] = sizes
    assert "damaged" in problems(tmp_path / "m.onnx", model)


def test_inputs_without_measure_and_of_no_type_are_refused(tmp_path: Path) -> None:
    model = nets.only_vector()
    shape = model.graph.input[0].type.tensor_type
    shape.shape.dim[1].dim_value = 1 << 62
    assert problems(tmp_path / "m.onnx", model)
    shape.elem_type = 9999
    assert "unknown" in problems(tmp_path / "m.onnx", model)
    model.opset_import[0].version = 1 << 60
    assert "opset" in problems(tmp_path / "m.onnx", model)


def test_a_graph_that_bites_its_tail_is_refused(tmp_path: Path) -> None:
    model = nets.only_vector()
    first, last = model.graph.node[0], model.graph.node[-1]
    first.input[0] = last.output[0]
    assert "in a circle" in problems(tmp_path / "m.onnx", model)


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    data = (
        nets.only_vector().SerializeToString().replace(b"proprio", b"\xff\xfe\xfd\xfc\xfb\xfa\xf9")
    )
    assert "UTF-8" in problems(tmp_path / "m.onnx", data)


def test_a_graph_made_to_be_slow_is_looked_at_in_seconds(tmp_path: Path) -> None:
    chain = [
        helper.make_node("GlobalAveragePool", [f"t{i}" if i else "rgb"], [f"t{i + 1}"])
        for i in range(9000)
    ]
    model = nets.one_image()
    model.graph.node.extend(chain)
    model.graph.output.extend(
        helper.make_tensor_value_info(f"t{9000 - i}", TensorProto.FLOAT, ["batch", 3, 1, 1])
        for i in range(30)
    )
    began = time.process_time()
    problems(tmp_path / "m.onnx", model)
    assert time.process_time() - began < 20
    model.graph.node.extend(chain[:1] * model_file.MOST_NODES)
    assert "nodes" in problems(tmp_path / "m.onnx", model)


def test_what_lies_beside_the_models_keeps_nobody_waiting(tmp_path: Path) -> None:
    (tmp_path / "a_int8.rknn").write_bytes(b"RKNN" + bytes(100))
    os.mkfifo(tmp_path / "a_int8.json")
    (tmp_path / "b_int8.rknn").write_bytes(b"RKNN" + b"\xff" * 100)
    (tmp_path / "b_int8.json").write_bytes(b'{"checkpoint": "\xff"}')
    os.mkfifo(tmp_path / "c_int8.rknn")
    name = b"/\x1b[2J\xff_int8.rknn"
    Path(os.fsdecode(os.fsencode(tmp_path) + name)).write_bytes(b"RKNN")
    views = Inventory(tmp_path, "remote_trained.rknn").models()
    assert len(views) == 3
    for view in views:
        assert view.problem
        assert clean(view.name + view.problem, 999) == view.name + view.problem
        assert header.read(tmp_path / f"{view.name}.rknn") is None
