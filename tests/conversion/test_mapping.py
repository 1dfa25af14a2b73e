"""Inputs of a network find their entries in the schema by name, then by shape, never silently."""

from __future__ import annotations

from pathlib import Path

import msgspec
import onnx

from rovertui.conversion.contract import Contract, inspect
from rovertui.schema import Array, Input, Schema

from . import nets, workshop


def contract(model: onnx.ModelProto, directory: Path, schema: Schema | None = None) -> Contract:
    path = nets.save(model, directory / "net.onnx")
    return inspect(path, "small", schema or workshop.schema())


def renamed(**names: str) -> onnx.ModelProto:
    """The policy with inputs of other names."""
    model = nets.policy()
    for value in model.graph.input:
        value.name = names.get(value.name, value.name)
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = names.get(name, name)
    return model


def test_an_input_of_another_name_is_found_by_its_shape_and_that_is_said(tmp_path: Path) -> None:
    found = contract(renamed(rgb="image", depth="distance"), tmp_path)

    assert not found.problems
    assert [(p.name, p.entry, p.by_shape) for p in found.inputs] == [
        ("image", "rgb", True),
        ("distance", "depth", True),
        ("proprio", "proprio", False),
    ]
    assert any("image" in note and "rgb" in note and "shape" in note for note in found.notes)


def test_two_arrays_of_one_shape_are_not_guessed_between(tmp_path: Path) -> None:
    schema = workshop.schema()
    arrays = {**schema.arrays, "gravity": Array(shape=[6], dtype="float32")}
    inputs = {**schema.inputs, "gravity": Input(array="gravity", layout="flat", dtype="float32")}
    schema = msgspec.structs.replace(schema, arrays=arrays, inputs=inputs)

    found = contract(renamed(proprio="state"), tmp_path, schema)

    assert found.problems[0].code == "inputs"
    assert "proprio, gravity" in found.problems[0].message
    assert "[schemas.small.inputs.state]" in found.problems[0].hint


def test_two_inputs_that_want_the_same_array_are_not_guessed(tmp_path: Path) -> None:
    net = nets.Net()
    net.node("Concat", ["left", "right"], "both", axis=1)
    net.dense("both", "action", 12, 2, act="Tanh")
    model = net.model({"left": ["batch", 6], "right": ["batch", 6]}, {"action": ["batch", 2]})

    found = contract(model, tmp_path)

    assert len(found.problems) == 2
    assert all("more than one way" in problem.message for problem in found.problems)


def test_a_recurrent_state_without_an_array_is_called_that(tmp_path: Path) -> None:
    found = contract(nets.recurrent(), tmp_path)

    assert [problem.code for problem in found.problems] == ["state"]
    assert "recurrent state" in found.problems[0].message
    assert "h_out" in found.problems[0].message
    assert "Record the state" in found.problems[0].hint


def test_an_entry_of_the_configuration_says_which_array_an_input_is(tmp_path: Path) -> None:
    schema = workshop.schema()
    inputs = {**schema.inputs, "image": schema.inputs["rgb"]}
    schema = msgspec.structs.replace(schema, inputs=inputs)

    found = contract(renamed(rgb="image"), tmp_path, schema)

    assert not found.problems
    assert found.inputs[0].array == "rgb" and not found.inputs[0].by_shape
