"""Why the toolkit could not build a network, told apart in words before it is tried."""

from __future__ import annotations

from .failure import Failure
from .network import Facts, Tensor

OPSETS = (6, 19)


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
