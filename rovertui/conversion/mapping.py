"""Which input of the schema an input of the network is: by name, or by shape where one fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rovertui.conversion.points import Problem
from rovertui.schema import Schema
from rovertui.text import clean
from rovertui.worker.network import Facts, Tensor


@dataclass(frozen=True)
class Mapped:
    """``key`` is the name in the schema's inputs; ``by_shape`` where the names differ."""

    key: str
    by_shape: bool = False


def match(facts: Facts, schema_name: str, schema: Schema) -> dict[str, Mapped | Problem]:
    """For each input of a network its entry in the schema, or why it has none.

    By name first. An input of another name takes the only entry left over whose array has its
    shape, when no second input would take the same one: a guess that is shown, never silent.
    """
    from rovertui.worker.samples import fits

    found: dict[str, Mapped | Problem] = {
        tensor.name: Mapped(tensor.name) for tensor in facts.inputs if tensor.name in schema.inputs
    }
    free = [key for key in schema.inputs if key not in found]
    strange = [tensor for tensor in facts.inputs if tensor.name not in found]
    wanted = {
        tensor.name: [
            key
            for key in free
            if fits(tuple(schema.arrays[schema.inputs[key].array].shape), tensor.fixed)
        ]
        for tensor in strange
    }
    for tensor in strange:
        keys = wanted[tensor.name]
        rivals = [name for name, theirs in wanted.items() if keys and keys[0] in theirs]
        if len(keys) == 1 and rivals == [tensor.name]:
            found[tensor.name] = Mapped(keys[0], by_shape=True)
        else:
            found[tensor.name] = _unmapped(tensor, keys, facts, schema_name, schema)
    return found


def _unmapped(
    tensor: Tensor, keys: Sequence[str], facts: Facts, schema_name: str, schema: Schema
) -> Problem:
    name, words = clean(tensor.name, 80), clean(tensor.words(), 200)
    table = f"[schemas.{schema_name}.inputs.{name}]"
    state = next((o.name for o in facts.outputs if o.shape[1:] == tensor.shape[1:]), "")
    if keys:
        return Problem(
            f"Input {words}: schema {schema_name} has no input of that name, and "
            f"{', '.join(keys)} would fit more than one way.",
            f"Say which array it is with {table} in config.toml.",
            "inputs",
            name,
        )
    if state:
        return Problem(
            f"Input {words}: looks like a recurrent state (output {clean(state, 80)} has its "
            "shape), and no sample holds such an array.",
            f"Record the state with each sample and describe it with {table} in config.toml, or "
            "export the policy without a state.",
            "state",
            name,
        )
    return Problem(
        f"Input {words}: schema {schema_name} has no such input (it has "
        f"{', '.join(schema.inputs) or 'none'}).",
        f"Add {table} to config.toml, or choose the schema this model was trained for.",
        "inputs",
        name,
    )
