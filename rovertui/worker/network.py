"""What an ONNX model says of itself: opset, operators, inputs, outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import walk

_DYNAMIC = {"NonZero"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output: its name, element type and shape (a name or None: not fixed)."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]

    @property
    def fixed(self) -> tuple[int, ...]:
        """The shape with batch 1; only where :func:`problems` has none."""
        return (1, *(size for size in self.shape[1:] if isinstance(size, int)))

    @property
    def is_image(self) -> bool:
        """Four axes: batch, channel, height, width."""
        return len(self.shape) == 4

    def words(self) -> str:
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.name} ({sizes}) {self.dtype}"


@dataclass(frozen=True)
class Facts:
    """The outside of a model.

    Attributes:
        unknown: operators that ONNX itself does not have at this opset.
        dynamic: operators whose result has a size that depends on the values.
        unmade: outputs that nothing in the model makes.
        early: tensors that a node uses before anything made them: out of order, or in a circle.
        nodes: how many.
    """

    opset: int
    metadata: dict[str, str]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    unknown: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    unmade: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    nodes: int = 0


def facts(model: Any) -> Facts:
    """Opset, metadata, inputs and outputs of a loaded model."""
    weights = {tensor.name for tensor in model.graph.initializer}
    made = weights | {name for node in model.graph.node for name in node.output}
    made |= {value.name for value in model.graph.input}
    opset = max(
        (int(o.version) for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0
    )
    return Facts(
        opset=opset,
        metadata={str(entry.key): str(entry.value) for entry in model.metadata_props},
        inputs=tuple(_tensor(value) for value in model.graph.input if value.name not in weights),
        outputs=tuple(_tensor(value) for value in model.graph.output),
        unknown=tuple(
            sorted({_called(n) for n in walk.nodes(model.graph) if not _known(n, opset)})
        ),
        unmade=tuple(value.name for value in model.graph.output if value.name not in made),
        early=_early(model.graph),
        nodes=len(model.graph.node),
        dynamic=tuple(sorted({n.op_type for n in walk.nodes(model.graph)} & _DYNAMIC)),
    )


def _early(graph: Any) -> tuple[str, ...]:
    there = {"", *(value.name for value in graph.input)}
    there |= {tensor.name for tensor in graph.initializer}
    there |= {sparse.values.name for sparse in graph.sparse_initializer}
    early: list[str] = []
    for node in graph.node:
        early += [name for name in node.input if name not in there]
        there.update(node.output)
    return tuple(dict.fromkeys(early))


def _called(node: Any) -> str:
    return f"{node.domain}.{node.op_type}" if node.domain else str(node.op_type)


def _known(node: Any, opset: int) -> bool:
    from onnx import defs

    if node.domain not in ("", "ai.onnx"):
        return False
    try:
        defs.get_schema(node.op_type, max(opset, 1), "")
    except (defs.SchemaError, TypeError, OverflowError):
        return False
    return True


def _tensor(value: Any) -> Tensor:
    from onnx import TensorProto

    kind = value.type.tensor_type
    sizes: list[int | str | None] = []
    for axis in kind.shape.dim:
        if axis.HasField("dim_value") and axis.dim_value > 0:
            sizes.append(int(axis.dim_value))
        else:
            sizes.append(str(axis.dim_param) or None)
    known = kind.elem_type and kind.elem_type in TensorProto.DataType.values()
    dtype = TensorProto.DataType.Name(kind.elem_type).lower() if known else "unknown"
    return Tensor(str(value.name), {"float": "float32"}.get(dtype, dtype), tuple(sizes))
