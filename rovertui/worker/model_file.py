"""An ONNX file with every byte of its weights: read, checked whole, and told from any other.

Used before the toolkit is imported, and by :mod:`rovertui.conversion.contract`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from . import walk
from .failure import Failure
from .hashing import sha256_of

MOST_NODES, MOST_ENDS = 20_000, 64
LARGEST = 1 << 30
"""Bytes of a model and of its weights outside the file; a policy has a thousandth."""


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
        raise _refused(
            name,
            "expected a file ending in .onnx.",
            hint="Name the ONNX model that is to be converted.",
        )
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _refused(
            name,
            f"cannot be read: {error.strerror}.",
            hint="Pull it from the V620, or correct its name.",
        ) from None
    if not size:
        raise _refused(name, "the file is empty.", hint="Pull it again.")
    if size > LARGEST:
        raise _refused(
            name,
            f"{size >> 20} MB, more than any policy of a rover has.",
            hint="Name the model itself.",
        )
    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError, OSError, MemoryError) as error:
        raise _refused(
            name,
            f"{size} bytes that are not a whole ONNX model ({type(error).__name__}).",
            hint="The file is truncated or something else: pull it again.",
        ) from None
    if not model.graph.node or not model.graph.output:
        raise _refused(
            name, f"the file holds no network ({size} bytes).", hint="Pull or export it again."
        )
    _check_names(model, name)
    _check_external(model, path)
    try:
        load_external_data_for_model(model, str(path.parent))
    except (ValueError, OSError, MemoryError, onnx.checker.ValidationError) as error:
        raise _refused(
            name,
            f"its weights outside the file cannot be read: {error}.",
            hint="Export the model into one file.",
        ) from None
    _check_weights(model, name)
    graph = model.graph
    ends = max(len(graph.input) - len(graph.initializer), len(graph.output))
    count = sum(1 for _ in walk.nodes(graph))
    if count > MOST_NODES or ends > MOST_ENDS:
        raise _refused(
            name,
            f"{count} nodes, {len(graph.input)} inputs and {len(graph.output)} outputs; a "
            f"policy has less than {MOST_NODES} and {MOST_ENDS}.",
            hint="Name the policy that the rover runs.",
        )
    return model


def _check_names(model: Any, name: str) -> None:
    """protobuf hands out bytes for a name that is no UTF-8."""
    words = [model.producer_name, model.producer_version, *(o.domain for o in model.opset_import)]
    words += [text for entry in model.metadata_props for text in (entry.key, entry.value)]
    for graph in walk.graphs(model.graph):
        words += [tensor.name for tensor in graph.initializer]
        for value in (*graph.input, *graph.output, *graph.value_info):
            words.append(value.name)
            words += [axis.dim_param for axis in value.type.tensor_type.shape.dim]
    for node in walk.nodes(model.graph):
        words += [node.name, node.op_type, node.domain, *node.input, *node.output]
        words += [attribute.name for attribute in node.attribute]
    for tensor in walk.tensors(model):
        words.append(tensor.name)
        words += [text for entry in tensor.external_data for text in (entry.key, entry.value)]
    if not all(isinstance(word, str) for word in words):
        raise _refused(name, "holds names that are not UTF-8.", hint="Pull or export it again.")


_EXTERNAL_WORDS = {"location", "offset", "length", "checksum", "basepath"}


def _check_external(model: Any, path: Path) -> None:
    """Weights outside the file: the toolkit puts random numbers for those it cannot find."""
    from onnx import TensorProto

    missing: list[str] = []
    total = 0
    for tensor in walk.tensors(model):
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        if strange := entries.keys() - _EXTERNAL_WORDS:
            # onnx before 1.21 sets whatever stands there as attributes of its own object.
            raise _refused(
                path.name,
                f"says {min(strange)[:40]!r} of weights outside it, which ONNX does not know.",
                hint="Export the model anew.",
            )
        location = entries.get("location", "")
        try:
            place = (path.parent / location).resolve()
            inside = place.is_relative_to(path.parent.resolve())
            there = place.stat().st_size if inside and place.is_file() else -1
            offset = int(entries.get("offset") or 0)
            # Without a length, all that follows is read.
            length = int(entries.get("length") or 0) or there - offset
        except (ValueError, OSError, RuntimeError):
            missing.append(location)
            continue
        if min(offset, length) < 0 or offset + length > there:
            missing.append(location)
        else:
            total += length
    if total > LARGEST:
        raise _refused(
            path.name,
            f"its weights outside the file have more than {LARGEST >> 20} MB.",
            hint="Export the model into one file.",
        )
    if missing:
        raise _refused(
            path.name,
            f"{len(missing)} of its weights lie in {min(missing)[:200]!r}, "
            "which is missing or too short beside it.",
            hint="Export the model into one file, or pull that file as well: without it the "
            "toolkit would build a model of random weights.",
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

    for tensor in walk.tensors(model):
        try:
            if min(tensor.dims, default=0) < 0:
                raise ValueError("a size below nothing")
            numpy_helper.to_array(tensor)
        except _DAMAGED as error:
            raise _refused(
                name,
                f"the weights {tensor.name[:80]!r} are damaged: {str(error)[:200]}.",
                hint="Pull the model again.",
            ) from None


def beside(model: Any) -> list[str]:
    """Names of the files outside the model that hold weights of it, as it says them itself."""
    from onnx import TensorProto

    return sorted(
        {
            next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
            for tensor in walk.tensors(model)
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
        raise _refused(
            path.name, f"cannot be read ({type(error).__name__}).", hint="Pull it again."
        ) from None
    return hashlib.sha256("\n".join([own, *parts]).encode()).hexdigest(), size


def _refused(name: str, said: str, hint: str) -> Failure:
    return Failure(f"{name}: {said}", hint=hint, code="model", where=name)
