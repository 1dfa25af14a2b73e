"""What the numbers of an output mean on the rover, so that errors are told in wheel units too."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rovertui.config import Rover
from rovertui.conversion.sheet import Output, OutputNumber
from rovertui.schema import Schema, number


def describe(
    outputs: Sequence[tuple[str, Sequence[int | None]]], schema: Schema, rover: Rover
) -> list[Output]:
    """Each output of a model with its entry in the schema; without one only name and shape."""
    found = []
    for name, shape in outputs:
        given = schema.outputs.get(name)
        if given is None:
            found.append(Output(name=name, shape=list(shape)))
            continue
        numbers = [
            OutputNumber(
                name=entry.name,
                unit=entry.unit,
                scale=_scale(entry.scale, rover),
                still=_still(entry.scale, rover),
            )
            for entry in given.numbers
        ]
        found.append(
            Output(name=name, shape=list(shape), use=given.use, after=given.after, numbers=numbers)
        )
    return found


def _scale(text: str, rover: Rover) -> float:
    return {"max_linear": rover.max_linear, "max_angular": rover.max_angular}.get(text) or number(
        text
    )


def _still(text: str, rover: Rover) -> float:
    """A command below this is standing still, where a wrong sign does not matter."""
    return {"max_linear": rover.still_linear, "max_angular": rover.still_angular}.get(text, 0.0)


def used(value: float, after: str) -> float:
    """What the node makes of one number of an output before it scales it."""
    if after == "clip":
        return max(-1.0, min(1.0, value))
    return math.tanh(value) if after == "tanh" else value
