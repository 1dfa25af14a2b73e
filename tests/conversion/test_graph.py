"""The copy of the network that is built gives what the original gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from rovertui.worker import graph, network, pooling

from . import nets


def run(model: onnx.ModelProto, **inputs: Any) -> Any:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, inputs)[0]


def inputs(seed: int) -> dict[str, Any]:
    arrays = nets.arrays(seed)
    return {
        "rgb": (arrays["rgb"].transpose(2, 0, 1)[np.newaxis] / 255).astype(np.float32),
        "depth": arrays["depth"][np.newaxis, np.newaxis],
        "proprio": arrays["proprio"][np.newaxis],
    }


def test_a_dynamic_batch_becomes_one_everywhere() -> None:
    copy = graph.prepared(nets.policy(), {})

    for value in (*copy.graph.input, *copy.graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_value == 1
    onnx.checker.check_model(copy, full_check=True)


@pytest.mark.parametrize("opset", [7, 11, 19])
def test_a_vectors_scale_is_put_in_front_of_all_its_uses(opset: int) -> None:
    model = nets.policy(opset=opset)
    given = inputs(1)

    scaled = graph.prepared(model, {"proprio": 0.1})

    expected = run(model, **{**given, "proprio": given["proprio"] * np.float32(0.1)})
    np.testing.assert_allclose(run(scaled, **given), expected, atol=1e-6)
    assert run(model, **given) != pytest.approx(expected, abs=1e-3)


def test_averaging_in_two_exact_steps_gives_the_same_numbers() -> None:
    model = graph.prepared(nets.policy(), {})
    expected = run(model, **inputs(2))

    pooling.split(model)

    onnx.checker.check_model(model, full_check=True)
    assert [n.op_type for n in model.graph.node].count("AveragePool") == 1
    np.testing.assert_allclose(run(model, **inputs(2)), expected, atol=1e-6)


def test_a_plane_without_equal_parts_is_averaged_at_once() -> None:
    net = nets.Net()
    net.pooled("rgb", "vision")
    net.dense("vision", "action", 3, 2)
    model = net.model({"rgb": [1, 3, 11, 13]}, {"action": [1, 2]})

    pooling.split(model)

    assert [n.op_type for n in model.graph.node].count("AveragePool") == 0


def test_the_original_is_left_alone() -> None:
    model = nets.policy()
    before = model.SerializeToString()

    graph.prepared(model, {"proprio": 0.1})

    assert model.SerializeToString() == before


def test_a_way_through_the_graph_holds_just_the_nodes_between() -> None:
    model = nets.policy()

    names = {node.name for node in graph.path(model, "proprio", "action")}

    assert names == {"body1_sum", "body1", "all", "head_sum", "head", "action_sum", "action"}
    assert graph.convolutions(graph.path(model, "rgb", "action"))
    assert graph.path(model, "proprio", "vision") == []


def test_weights_listed_as_inputs_are_no_inputs() -> None:
    model = nets.one_image()
    weight = model.graph.initializer[0]
    model.graph.input.append(
        onnx.helper.make_tensor_value_info(weight.name, onnx.TensorProto.FLOAT, list(weight.dims))
    )

    assert [tensor.name for tensor in network.facts(model).inputs] == ["rgb"]


def test_a_first_convolution_ends_behind_its_activation_and_only_a_small_one_counts() -> None:
    model = nets.large_body()

    assert graph.first_convolution(model, "depth", 0.01) == "depth1"
    assert graph.first_convolution(model, "depth", 0.001) == ""
    assert graph.first_convolution(model, "proprio", 1.0) == ""
    # An input that goes elsewhere too is rounded there anyhow.
    model.graph.node.append(onnx.helper.make_node("GlobalAveragePool", ["depth"], ["other"]))
    assert graph.first_convolution(model, "depth", 0.01) == ""
