"""Small networks of the rover policy's shape, made of ONNX nodes, and small sample sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

HEIGHT, WIDTH = 24, 32


class Net:
    """Builds a graph node by node; weights come from a seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def weight(self, name: str, *shape: int, gain: float = 1.0) -> str:
        fan = int(np.prod(shape[1:])) if len(shape) > 1 else 1
        values = self._random.normal(size=shape) * gain * np.sqrt(2 / fan)
        if len(shape) == 1:
            values *= 0.05
        self.weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def conv(self, given: str, name: str, inputs: int, outputs: int, gain: float = 1.0) -> str:
        weights = [
            self.weight(f"{name}.w", outputs, inputs, 3, 3, gain=gain),
            self.weight(f"{name}.b", outputs),
        ]
        self.node(
            "Conv",
            [given, *weights],
            f"{name}_conv",
            kernel_shape=[3, 3],
            strides=[2, 2],
            pads=[1, 1, 1, 1],
        )
        return self.node("Relu", [f"{name}_conv"], name)

    def dense(
        self,
        given: str,
        name: str,
        inputs: int,
        outputs: int,
        *,
        act: str = "Relu",
        gain: float = 0.7,
    ) -> str:
        weights = [
            self.weight(f"{name}.w", outputs, inputs, gain=gain),
            self.weight(f"{name}.b", outputs),
        ]
        self.node("Gemm", [given, *weights], f"{name}_sum", transB=1)
        return self.node(act, [f"{name}_sum"], name)

    def pooled(self, given: str, name: str) -> str:
        self.node("GlobalAveragePool", [given], f"{name}_pool")
        return self.node("Flatten", [f"{name}_pool"], name, axis=1)

    def model(
        self,
        inputs: dict[str, list[int | str]],
        outputs: dict[str, list[int | str]],
        *,
        opset: int = 11,
        dtype: int = TensorProto.FLOAT,
    ) -> onnx.ModelProto:
        made = [helper.make_tensor_value_info(n, dtype, s) for n, s in inputs.items()]
        left = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()]
        graph = helper.make_graph(self.nodes, "policy", made, left, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 7
        return model


def policy(opset: int = 11) -> onnx.ModelProto:
    """rgb, depth and proprio join late, as in the rover's policy; depth wants metres.

    The vector's small numbers (roll, pitch) weigh as much as its large one (accel).
    """
    net = Net(3)
    eyes = [net.conv("rgb", "rgb1", 3, 8), net.conv("depth", "depth1", 1, 8, gain=0.4)]
    net.node("Concat", eyes, "seen", axis=1)
    net.conv("seen", "fused1", 16, 16)
    net.pooled(net.conv("fused1", "fused2", 16, 16, gain=1.5), "vision")
    first = net.weight("body1.w", 12, 6, gain=1.0)
    values = numpy_helper.to_array(net.weights[-1]) * np.array([3, 1, 8, 8, 0.15, 0.3], np.float32)
    net.weights[-1] = numpy_helper.from_array(values.astype(np.float32), first)
    net.node("Gemm", ["proprio", first, net.weight("body1.b", 12)], "body1_sum", transB=1)
    net.node("Relu", ["body1_sum"], "body1")
    net.node("Concat", ["vision", "body1"], "all", axis=1)
    net.dense("all", "head", 28, 16)
    net.dense("head", "action", 16, 2, act="Tanh")
    batch: list[int | str] = ["batch"]
    return net.model(
        {
            "rgb": [*batch, 3, HEIGHT, WIDTH],
            "depth": [*batch, 1, HEIGHT, WIDTH],
            "proprio": [*batch, 6],
        },
        {"action": [*batch, 2]},
        opset=opset,
    )


def one_image(
    shape: list[int | str] | None = None, opset: int = 11, dtype: int = TensorProto.FLOAT
) -> onnx.ModelProto:
    """rgb alone; no vector input."""
    net = Net(1)
    net.pooled(net.conv("rgb", "rgb1", 3, 8), "vision")
    net.dense("vision", "action", 8, 2, act="Tanh")
    shape = shape or ["batch", 3, HEIGHT, WIDTH]
    return net.model({"rgb": shape}, {"action": ["batch", 2]}, opset=opset, dtype=dtype)


def only_image(opset: int) -> onnx.ModelProto:
    """Operators that every opset has in the same form: convolution, pooling, tanh."""
    net = Net(11)
    net.conv("rgb", "rgb1", 3, 2)
    net.node("GlobalAveragePool", ["rgb1"], "pool")
    net.node("Flatten", ["pool"], "flat", axis=1)
    net.node("Tanh", ["flat"], "action")
    return net.model({"rgb": ["batch", 3, HEIGHT, WIDTH]}, {"action": ["batch", 2]}, opset=opset)


def only_vector() -> onnx.ModelProto:
    """proprio alone: no convolution anywhere."""
    net = Net(2)
    net.dense(net.dense("proprio", "body", 6, 8), "action", 8, 2, act="Tanh")
    return net.model({"proprio": ["batch", 6]}, {"action": ["batch", 2]})


def early_fusion() -> onnx.ModelProto:
    """The vector shifts the picture's features before a convolution."""
    net = Net(4)
    net.conv("rgb", "rgb1", 3, 8)
    net.dense("proprio", "shift", 6, 8)
    net.weights.append(numpy_helper.from_array(np.array([1, 8, 1, 1], np.int64), "shape"))
    net.node("Reshape", ["shift", "shape"], "shift4")
    net.node("Add", ["rgb1", "shift4"], "shifted")
    net.pooled(net.conv("shifted", "rgb2", 8, 8), "vision")
    net.dense("vision", "action", 8, 2, act="Tanh")
    return net.model(
        {"rgb": ["batch", 3, HEIGHT, WIDTH], "proprio": ["batch", 6]}, {"action": ["batch", 2]}
    )


def two_vectors() -> onnx.ModelProto:
    """A picture, two vectors and two outputs; only one vector reaches both outputs."""
    net = Net(5)
    net.pooled(net.conv("rgb", "rgb1", 3, 8), "vision")
    net.dense("proprio", "body", 6, 8)
    net.dense("goal", "aim", 2, 8)
    net.node("Concat", ["vision", "body"], "both", axis=1)
    net.dense("both", "value", 16, 1, act="Tanh")
    net.node("Concat", ["both", "aim"], "three", axis=1)
    net.dense("three", "action", 24, 2, act="Tanh")
    return net.model(
        {"rgb": ["batch", 3, HEIGHT, WIDTH], "proprio": ["batch", 6], "goal": ["batch", 2]},
        {"action": ["batch", 2], "value": ["batch", 1]},
    )


def recurrent() -> onnx.ModelProto:
    """A picture and a state that is fed back: h_in, h_out."""
    net = Net(6)
    net.pooled(net.conv("rgb", "rgb1", 3, 8), "vision")
    net.node("Concat", ["vision", "h_in"], "both", axis=1)
    net.dense("both", "h_out", 24, 16, act="Tanh")
    net.dense("h_out", "action", 16, 2, act="Tanh")
    return net.model(
        {"rgb": ["batch", 3, HEIGHT, WIDTH], "h_in": ["batch", 16]},
        {"action": ["batch", 2], "h_out": ["batch", 16]},
    )


def map_and_proprio(name: str, channels: int) -> onnx.ModelProto:
    """A map of what is around, ``channels`` layers of it, and six numbers."""
    net = Net(7)
    net.pooled(net.conv(name, f"{name}1", channels, 8), "seen")
    net.dense("proprio", "body", 6, 8)
    net.node("Concat", ["seen", "body"], "all", axis=1)
    net.dense("all", "action", 16, 2, act="Tanh")
    return net.model(
        {name: ["batch", channels, 24, 24], "proprio": ["batch", 6]}, {"action": ["batch", 2]}
    )


def many_inputs(count: int = 9) -> onnx.ModelProto:
    """A picture and vectors ``v1`` ... of two numbers each."""
    net = Net(8)
    net.pooled(net.conv("rgb", "rgb1", 3, 8), "vision")
    vectors = [f"v{index}" for index in range(1, count)]
    net.node("Concat", ["vision", *vectors], "all", axis=1)
    net.dense("all", "action", 8 + 2 * len(vectors), 2, act="Tanh")
    return net.model(
        {"rgb": ["batch", 3, HEIGHT, WIDTH], **{name: ["batch", 2] for name in vectors}},
        {"action": ["batch", 2]},
    )


def large_body() -> onnx.ModelProto:
    """The policy's shape, with a body beside which the depth's first convolution is small."""
    net = Net(9)
    eyes = [net.conv("rgb", "rgb1", 3, 8), net.conv("depth", "depth1", 1, 4)]
    net.node("Concat", eyes, "seen", axis=1)
    net.pooled(net.conv("seen", "fused", 12, 64), "vision")
    net.node("Concat", ["vision", "proprio"], "all", axis=1)
    net.dense("all", "action", 70, 2, act="Tanh")
    return net.model(
        {
            "rgb": ["batch", 3, HEIGHT, WIDTH],
            "depth": ["batch", 1, HEIGHT, WIDTH],
            "proprio": ["batch", 6],
        },
        {"action": ["batch", 2]},
    )


def save(model: onnx.ModelProto, path: Path) -> Path:
    onnx.save(model, str(path))
    return path


def arrays(seed: int) -> dict[str, NDArray[Any]]:
    """One moment: a lit gradient with an obstacle, its depth in metres, six numbers."""
    random = np.random.default_rng(seed)
    light, column = random.uniform(0.15, 1.0), int(random.integers(0, WIDTH - 8))
    ramp = np.linspace(0.3, 1.0, WIDTH)[np.newaxis, :, np.newaxis] * light
    rgb = np.broadcast_to(ramp, (HEIGHT, WIDTH, 3)).copy()
    depth = np.broadcast_to(np.linspace(5.5, 1.0, HEIGHT)[:, np.newaxis], (HEIGHT, WIDTH)).copy()
    rgb[8:20, column : column + 8] = random.uniform(0, 1, 3)
    nearest = random.uniform(0.3, 4.0)
    depth[8:20, column : column + 8] = nearest
    rgb += random.normal(0, 0.03, rgb.shape)
    depth += random.normal(0, 0.02, depth.shape)
    numbers = [
        random.normal(0, 0.1),
        random.normal(0, 0.4),
        random.normal(0, 0.08),
        random.normal(0, 0.08),
        random.normal(9.8, 0.4),
        nearest,
    ]
    return {
        "rgb": (np.clip(rgb, 0, 1) * 255).astype(np.uint8),
        "depth": np.clip(depth, 0, 6).astype(np.float32),
        "proprio": np.array(numbers, np.float32),
        "goal": random.normal(0, 1, 2).astype(np.float32),
    }
