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
    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError, OSError) as error:
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
    _check_external(model, path)
    try:
        load_external_data_for_model(model, str(path.parent))
    except (ValueError, OSError, onnx.checker.ValidationError) as error:
        raise Failure(
            f"{name}: its weights outside the file cannot be read: {error}.",
            hint="Export the model into one file.",
            code="model",
            where=name,
        ) from None
    _check_weights(model, name)
    return model


def _tensors(graph: Any) -> Iterable[Any]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            if attribute.HasField("g"):
                yield from _tensors(attribute.g)


def beside(model: Any) -> list[str]:
    """Names of the files outside the model that hold weights of it, as it says them itself."""
    from onnx import TensorProto

    return sorted(
        {
            next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
            for tensor in _tensors(model.graph)
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


def _check_external(model: Any, path: Path) -> None:
    """Weights outside the file: the toolkit puts random numbers for those it cannot find."""
    from onnx import TensorProto

    missing: list[str] = []
    for tensor in _tensors(model.graph):
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        place = (path.parent / location).resolve()
        inside = place.is_relative_to(path.parent.resolve())
        try:
            needed = int(entries.get("offset", "0")) + int(entries.get("length", "0"))
        except ValueError:
            needed = 0
        if not inside or not place.is_file() or place.stat().st_size < needed:
            missing.append(location)
    if missing:
        raise Failure(
            f"{path.name}: {len(missing)} of its weights lie in {sorted(set(missing))[0]!r}, which "
            "is missing or too short beside it.",
            hint="Export the model into one file, or pull that file as well: without it the "
            "toolkit would build a model of random weights.",
            code="model",
            where=path.name,
        )


def _check_weights(model: Any, name: str) -> None:
    """A file cut in the middle can still parse; a tensor's bytes then do not fit its shape."""
    from onnx import numpy_helper

    for tensor in _tensors(model.graph):
        try:
            numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError) as error:
            raise Failure(
                f"{name}: the weights {tensor.name!r} are damaged: {error}.",
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
        dynamic=tuple(sorted({n.op_type for n in _nodes(model.graph)} & _DYNAMIC)),
    )


def _nodes(graph: Any) -> Iterable[Any]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)


def _called(node: Any) -> str:
    return f"{node.domain}.{node.op_type}" if node.domain else str(node.op_type)


def _known(node: Any, opset: int) -> bool:
    from onnx import defs

    if node.domain not in ("", "ai.onnx"):
        return False
    try:
        defs.get_schema(node.op_type, max(opset, 1), "")
    except (defs.SchemaError, TypeError):  # TypeError: a damaged file's name is bytes
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
    dtype = TensorProto.DataType.Name(kind.elem_type).lower() if kind.elem_type else "unknown"
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
                f"Nothing in the model makes its output {', '.join(found.unmade)}.",
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
                    f"The model uses {', '.join(operators)}, {why}.",
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
