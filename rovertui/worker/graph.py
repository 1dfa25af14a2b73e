"""Ways through a network's graph, and the copy of it that is built."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .failure import Failure

_NEWEST_IR = 10
_CONVOLUTIONS = {"Conv", "ConvTranspose", "DeformConv"}
_ACTIVATIONS = {"Relu", "LeakyRelu", "PRelu", "Clip", "Elu", "Sigmoid", "Tanh"}


def path(model: Any, source: str, target: str) -> list[Any]:
    """The nodes through which ``source`` reaches ``target``; empty when it does not."""
    reached, forward = {source}, []
    for node in model.graph.node:
        if reached.intersection(node.input):
            reached.update(node.output)
            forward.append(node)
    wanted, out = {target}, []
    for node in reversed(forward):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            out.append(node)
    return out[::-1]


def plain_sources(model: Any, target: str) -> set[str]:
    """The tensors that reach ``target`` by ways on none of which a convolution lies.

    One pass, whatever the number of tensors: :func:`path` from each of them would take hours
    for a model that is made to be slow.
    """
    reach, through = {target}, set[str]()
    found: set[str] = set()
    for node in reversed(model.graph.node):
        if not reach.intersection(node.output):
            continue
        convolves = node.op_type in _CONVOLUTIONS or through.intersection(node.output)
        reach.update(node.input)
        found.update(node.input)
        if convolves:
            through.update(node.input)
    return found - through


def convolutions(nodes: Iterable[Any]) -> list[str]:
    """Names of the convolutions among ``nodes``."""
    return [str(node.name or node.output[0]) for node in nodes if node.op_type in _CONVOLUTIONS]


def first_convolution(model: Any, source: str, most: float) -> str:
    """The tensor at the end of the only convolution that ``source`` goes into, and its activation.

    Args:
        most: the largest share of the model's weights that it may hold.

    Returns:
        Its name; empty where the input goes elsewhere too, or the convolution is a large one.
    """
    users = [node for node in model.graph.node if source in node.input]
    if len(users) != 1 or users[0].op_type != "Conv" or users[0].input[0] != source:
        return ""
    sizes = {tensor.name: math.prod(tensor.dims) for tensor in model.graph.initializer}
    own = sum(sizes.get(name, 0) for name in users[0].input)
    if not own or own > most * sum(sizes.values()):
        return ""
    end = str(users[0].output[0])
    following = [node for node in model.graph.node if end in node.input]
    if len(following) == 1 and following[0].op_type in _ACTIVATIONS:
        end = str(following[0].output[0])
    return end if end not in {value.name for value in model.graph.output} else ""


def prepared(model: Any, scales: dict[str, float]) -> Any:
    """A copy of ``model`` with batch 1, and vector inputs multiplied by their scale.

    Args:
        scales: for an input, the factor from what the node feeds to what the network wants.
    """
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    # Before 4, weights had to be inputs as well; a newer one than the runtime knows is refused
    # by it, though the number alone changes nothing for operators that it has.
    copy.ir_version = min(max(copy.ir_version, 4), _NEWEST_IR)
    graph = copy.graph
    weights = {tensor.name for tensor in graph.initializer}
    batches = {
        value.type.tensor_type.shape.dim[0].dim_param
        for value in graph.input
        if value.name not in weights and value.type.tensor_type.shape.dim
    } - {""}
    for value in graph.input:
        if value.name not in weights:
            value.type.tensor_type.shape.dim[0].dim_value = 1
    for value in graph.output:
        for axis in value.type.tensor_type.shape.dim:
            if axis.dim_param in batches:
                axis.dim_value = 1
    del graph.value_info[:]
    shapes = {
        value.name: [axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in graph.input
    }
    taken = {name for node in graph.node for name in (*node.input, *node.output)}
    for number, (name, scale) in enumerate(sorted(scales.items())):
        factor, scaled = f"rovertui_factor_{number}", f"rovertui_scaled_{number}"
        if {factor, scaled} & taken:
            raise Failure(f"The model already has a tensor named {scaled}.", code="model")
        for node in graph.node:
            for index, given in enumerate(node.input):
                if given == name:
                    node.input[index] = scaled
        # As large as the input itself: the oldest opsets do not broadcast by themselves.
        values = np.full(shapes[name], scale, np.float32)
        graph.initializer.append(numpy_helper.from_array(values, factor))
        graph.node.insert(0, helper.make_node("Mul", [name, factor], [scaled], name=scaled))
    return copy
