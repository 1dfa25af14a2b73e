"""What an ONNX file says of itself: inputs, outputs, and what would go wrong with it.

Used before the toolkit is imported, and by :mod:`rovertui.conversion.contract`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .failure import Failure

OPSETS = (6, 19)
MOST_NODES, MOST_ENDS = 20_000, 64
LARGEST = 1 << 30
"""Bytes of a model and of its weights outside the file; a policy has a thousandth."""

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
    domains: tuple[str, ...]
    producer: str
    metadata: dict[str, str]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    unknown: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    unmade: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    nodes: int = 0


def read(path: Path) -> Any:
    """Load an ONNX file with every byte of its weights.

    Returns:
        ``onnx.ModelProto``, external data included.

    Raises:
        Failure: missing, empty, truncated, not ONNX, or its external data are not there.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from onnx.external_data_helper import load_external_data_for_model

    name = path.name
    if path.suffix != ".onnx":
        raise Failure(
            f"{name}: expected a file ending in .onnx.",
            hint="Name the ONNX model that is to be converted.",
            code="model",
            where=name,
        )
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Failure(
            f"{name}: cannot be read: {error.strerror}.",
            hint="Pull it from the V620, or correct its name.",
            code="model",
            where=name,
        ) from None
    if not size:
        raise Failure(
            f"{name}: the file is empty.", hint="Pull it again.", code="model", where=name
        )
    if size > LARGEST:
        raise Failure(
            f"{name}: {size >> 20} MB, more than any policy of a rover has.",
            hint="Name the model itself.",
            code="model",
            where=name,
        )
    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError, OSError, MemoryError) as error:
        raise Failure(
            f"{name}: {size} bytes that are not a whole ONNX model ({type(error).__name__}).",
            hint="The file is truncated or something else: pull it again.",
            code="model",
            where=name,
        ) from None
    if not model.graph.node or not model.graph.output:
        raise Failure(
            f"{name}: the file holds no network ({size} bytes).",
            hint="Pull or export it again.",
            code="model",
            where=name,
        )
    _check_names(model, name)
    _check_external(model, path)
    try:
        load_external_data_for_model(model, str(path.parent))
    except (ValueError, OSError, MemoryError, onnx.checker.ValidationError) as error:
        raise Failure(
            f"{name}: its weights outside the file cannot be read: {error}.",
            hint="Export the model into one file.",
            code="model",
            where=name,
        ) from None
    _check_weights(model, name)
    graph = model.graph
    ends = max(len(graph.input) - len(graph.initializer), len(graph.output))
    count = sum(1 for _ in _nodes(graph))
    if count > MOST_NODES or ends > MOST_ENDS:
        raise Failure(
            f"{name}: {count} nodes, {len(graph.input)} inputs and {len(graph.output)} outputs; a "
            f"policy has less than {MOST_NODES} and {MOST_ENDS}.",
            hint="Name the policy that the rover runs.",
            code="model",
            where=name,
        )
    return model


def _tensors(model: Any) -> Iterable[Any]:
    """Every tensor of a model, wherever it hides."""
    for graph in _graphs(model.graph):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in [*_nodes(model.graph), *(n for f in model.functions for n in _inner(f.node))]:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _graphs(graph: Any) -> Iterable[Any]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else ()), *attribute.graphs):
                yield from _graphs(inner)


def beside(model: Any) -> list[str]:
    """Names of the files outside the model that hold weights of it, as it says them itself."""
    from onnx import TensorProto

    return sorted(
        {
            next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
            for tensor in _tensors(model)
            if tensor.data_location == TensorProto.EXTERNAL
        }
        - {""}
    )


def fingerprint(path: Path) -> tuple[str, int]:
    """What identifies a model with all its weights, and how many bytes that is.

    The SHA-256 of the file; where weights lie in files beside it, one over the hashes of all: a
    model retrained with the same graph may differ in those alone.

    Raises:
        Failure: a file cannot be read.
    """
    import onnx
    from google.protobuf.message import DecodeError

    from .samples import sha256_of

    try:
        own = sha256_of(path)
        model = onnx.load(str(path), load_external_data=False)
        _check_names(model, path.name)
        _check_external(model, path)
        places = [(name, path.parent / name) for name in beside(model)]
        if not places:
            return own, path.stat().st_size
        parts = [f"{sha256_of(place)} {name}" for name, place in places]
        size = sum(place.stat().st_size for place in (path, *(place for _, place in places)))
    except (OSError, ValueError, DecodeError) as error:
        raise Failure(
            f"{path.name}: cannot be read ({type(error).__name__}).",
            hint="Pull it again.",
            code="model",
            where=path.name,
        ) from None
    return hashlib.sha256("\n".join([own, *parts]).encode()).hexdigest(), size


def _check_names(model: Any, name: str) -> None:
    """protobuf hands out bytes for a name that is no UTF-8."""
    words = [model.producer_name, model.producer_version, *(o.domain for o in model.opset_import)]
    words += [text for entry in model.metadata_props for text in (entry.key, entry.value)]
    for graph in _graphs(model.graph):
        words += [tensor.name for tensor in graph.initializer]
        for value in (*graph.input, *graph.output, *graph.value_info):
            words.append(value.name)
            words += [axis.dim_param for axis in value.type.tensor_type.shape.dim]
    for node in _inner(model.graph.node):
        words += [node.name, node.op_type, node.domain, *node.input, *node.output]
        words += [attribute.name for attribute in node.attribute]
    for tensor in _tensors(model):
        words.append(tensor.name)
        words += [text for entry in tensor.external_data for text in (entry.key, entry.value)]
    if not all(isinstance(word, str) for word in words):
        raise Failure(
            f"{name}: holds names that are not UTF-8.",
            hint="Pull or export it again.",
            code="model",
            where=name,
        )


def _check_external(model: Any, path: Path) -> None:
    """Weights outside the file: the toolkit puts random numbers for those it cannot find."""
    from onnx import TensorProto

    missing: list[str] = []
    used: dict[Path, int] = {}
    for tensor in _tensors(model):
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        try:
            place = (path.parent / location).resolve()
            inside = place.is_relative_to(path.parent.resolve())
            needed = int(entries.get("offset", "0")) + int(entries.get("length", "0"))
            there = place.stat().st_size if inside and place.is_file() else -1
        except (ValueError, OSError, RuntimeError):
            missing.append(location)
            continue
        if not 0 <= needed <= there:
            missing.append(location)
        used[place] = there
    if sum(used.values()) > LARGEST:
        raise Failure(
            f"{path.name}: its weights outside the file have more than {LARGEST >> 20} MB.",
            hint="Export the model into one file.",
            code="model",
            where=path.name,
        )
    if missing:
        raise Failure(
            f"{path.name}: {len(missing)} of its weights lie in {min(missing)[:200]!r}, "
            "which is missing or too short beside it.",
            hint="Export the model into one file, or pull that file as well: without it the "
            "toolkit would build a model of random weights.",
            code="model",
            where=path.name,
        )


_DAMAGED = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    NotImplementedError,
    MemoryError,
)


def _check_weights(model: Any, name: str) -> None:
    """A file cut in the middle can still parse; a tensor's bytes then do not fit its shape."""
    from onnx import numpy_helper

    for tensor in _tensors(model):
        try:
            if min(tensor.dims, default=0) < 0:
                raise ValueError("a size below nothing")
            numpy_helper.to_array(tensor)
        except _DAMAGED as error:
            raise Failure(
                f"{name}: the weights {tensor.name[:80]!r} are damaged: {str(error)[:200]}.",
                hint="Pull the model again.",
                code="model",
                where=name,
            ) from None


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
        domains=tuple(o.domain for o in model.opset_import if o.domain not in ("", "ai.onnx")),
        producer=f"{model.producer_name} {model.producer_version}".strip(),
        metadata={str(entry.key): str(entry.value) for entry in model.metadata_props},
        inputs=tuple(_tensor(value) for value in model.graph.input if value.name not in weights),
        outputs=tuple(_tensor(value) for value in model.graph.output),
        unknown=tuple(sorted({_called(n) for n in _nodes(model.graph) if not _known(n, opset)})),
        unmade=tuple(value.name for value in model.graph.output if value.name not in made),
        early=_early(model.graph),
        nodes=len(model.graph.node),
        dynamic=tuple(sorted({n.op_type for n in _nodes(model.graph)} & _DYNAMIC)),
    )


def _nodes(graph: Any) -> Iterable[Any]:
    return _inner(graph.node)


def _inner(nodes: Iterable[Any]) -> Iterable[Any]:
    """Nodes, and those of the graphs inside them."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (*([attribute.g] if attribute.HasField("g") else ()), *attribute.graphs):
                yield from _inner(graph.node)


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


def problems(found: Facts) -> list[Failure]:
    """Every reason why the toolkit could not build this model, told apart in words."""
    out: list[Failure] = []
    low, high = OPSETS
    if not low <= found.opset <= high:
        out.append(
            Failure(
                f"The model uses ONNX opset {found.opset}; rknn-toolkit2 reads {low} to {high}.",
                hint=f"Export it with opset_version={min(high, 11 if found.opset < low else high)}"
                " or less.",
                code="opset",
            )
        )
    if not found.inputs:
        out.append(Failure("The model has no inputs.", code="model"))
    if found.unmade:
        out.append(
            Failure(
                f"Nothing in the model makes its output {', '.join(found.unmade[:3])}.",
                hint="Export the model again.",
                code="model",
            )
        )
    if found.early:
        out.append(
            Failure(
                f"Nodes of the model use {', '.join(found.early[:3])} before anything makes it: "
                "they are out of order, or go round in a circle.",
                hint="Export the model again.",
                code="model",
            )
        )
    for operators, why in (
        (found.unknown, f"which ONNX opset {found.opset} does not have"),
        (found.dynamic, "whose result has no fixed size, and an NPU needs one"),
    ):
        if operators:
            out.append(
                Failure(
                    f"The model uses {', '.join(operators[:8])}, {why}.",
                    hint="Export it with standard ONNX operators of fixed sizes.",
                    code="operators",
                )
            )
    for tensor in found.inputs:
        out += _input_problems(tensor)
    return out


def _input_problems(tensor: Tensor) -> list[Failure]:
    out: list[Failure] = []
    where = tensor.name
    if tensor.dtype != "float32":
        out.append(
            Failure(
                f"Input {tensor.words()}: expected float32, found {tensor.dtype}.",
                hint="Export the model with a float32 input; an index or a counter cannot be "
                "quantized.",
                code="dtype",
                where=where,
            )
        )
    if len(tensor.shape) < 2:
        out.append(
            Failure(
                f"Input {tensor.words()}: expected a batch axis and at least one more.",
                hint="Export the model with a batch axis in front.",
                code="shape",
                where=where,
            )
        )
        return out
    if isinstance(tensor.shape[0], int) and tensor.shape[0] != 1:
        out.append(
            Failure(
                f"Input {tensor.words()}: its batch is fixed at {tensor.shape[0]}, and a rover "
                "feeds one frame at a time.",
                hint="Export the model with a dynamic batch axis or with batch 1.",
                code="shape",
                where=where,
            )
        )
    loose = [i for i, size in enumerate(tensor.shape) if i and not isinstance(size, int)]
    if loose:
        names = ", ".join(f"{i} ({tensor.shape[i] or 'unnamed'})" for i in loose)
        out.append(
            Failure(
                f"Input {tensor.words()}: axis {names} has no fixed size; only the batch may be "
                "dynamic.",
                hint="Export the model with that size fixed.",
                code="shape",
                where=where,
            )
        )
    return out
