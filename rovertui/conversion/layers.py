"""Where in a network quantization costs most: layer by layer, when somebody asks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rovertui.called import called
from rovertui.conversion import contract, recipe
from rovertui.conversion.launch import OnStart, Work
from rovertui.conversion.recipe import Request
from rovertui.errors import OperatorError
from rovertui.reporter import Reporter
from rovertui.text import clean

FRAMES = 3
WORST = 8


@dataclass(frozen=True)
class Layer:
    """One layer of the network as it was built.

    Attributes:
        kind: what it does (Conv, Relu; exDataConvert is a change between INT8 and float16).
        own: its own error, as a share of the size of the float model's numbers.
        so_far: the same with everything before it quantized as well.
    """

    name: str
    kind: str
    own: float
    so_far: float


@dataclass(frozen=True)
class Measured:
    """Attributes:
    layers: in the network's order.
    text: the worst one in a sentence.
    """

    model: str
    precision: str
    frames: int
    layers: tuple[Layer, ...]
    text: str

    @property
    def worst(self) -> list[Layer]:
        """Those that add most of their own, the worst first."""
        return sorted(self.layers, key=lambda layer: -layer.own)[:WORST]

    def as_dict(self) -> dict[str, Any]:
        """What ``rovertui layers MODEL --json`` prints."""
        return {
            "model": self.model,
            "precision": self.precision,
            "frames": self.frames,
            "layers": [_row(layer) for layer in self.layers],
            "worst": [layer.name for layer in self.worst],
            "text": self.text,
            "lines": table(self),
        }


def measure(
    request: Request,
    work: Work,
    scratch: Path,
    reporter: Reporter,
    on_start: OnStart | None = None,
) -> Measured:
    """Build as a conversion would and compare layer by layer; nothing is put in place.

    Frames are of those for checking, of the others where there are none, evenly over them.

    Raises:
        OperatorError, Cancelled: as a conversion; also when there are no frames at all.
    """
    reporter.stage("check", request.model.name)
    frames = _some(request.check or request.calibration)
    if not frames:
        raise OperatorError(
            "There are no frames to compare the layers on.",
            hint=f"Record some with `{called()} capture on`.",
            code="no-samples",
        )
    found = contract.inspect(request.model, request.schema_name, request.schema)
    rung = found.rung(request.precision)
    scratch.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="layers-", dir=scratch))
    try:
        # A frame that calibrates may stand in for one that checks: no verdict rests on this.
        job = recipe.job(found, rung, replace(request, check=()), own)
        job |= {"layers": True, "check": [str(frame.path.resolve()) for frame in frames]}
        job["calibration"] = [path for path in job["calibration"] if path not in job["check"]]
        result, _ = work(job, own, reporter, on_start)
    finally:
        shutil.rmtree(own, ignore_errors=True)
    layers = tuple(
        Layer(clean(str(row["name"]), 120), clean(str(row["kind"]), 40), row["own"], row["so_far"])
        for row in result["layers"]
    )
    return Measured(request.model.stem, rung, len(frames), layers, _text(rung, layers))


def table(found: Measured) -> list[str]:
    """For a person: the worst layers, what each adds, and what has come together by then."""
    out = [
        f"{clean(found.model, 100)} {found.precision}, {found.frames} frames: error of each layer "
        "against the float model,",
        "in % of the size of its numbers; the worst first.",
        f"{'':3}{'layer':<42}{'kind':<14}{'of its own':>11}{'by then':>10}",
    ]
    for place, layer in enumerate(found.worst, 1):
        name = layer.name if len(layer.name) <= 40 else f"...{layer.name[-37:]}"
        out.append(f"{place:<3}{name:<42}{layer.kind:<14}{layer.own:>10.2%} {layer.so_far:>9.2%}")
    if found.layers:
        out.append(f"At the end of the network: {found.layers[-1].so_far:.2%}.")
    return out


def _row(layer: Layer) -> dict[str, Any]:
    return {"name": layer.name, "kind": layer.kind, "own": layer.own, "so_far": layer.so_far}


def _text(rung: str, layers: Sequence[Layer]) -> str:
    if not layers:
        return f"{rung}: no layer could be compared."
    worst = max(layers, key=lambda layer: layer.own)
    return (
        f"{rung}: most error arises in {worst.name} ({worst.kind}), {worst.own:.2%} of its own; "
        f"{layers[-1].so_far:.2%} at the end."
    )


def _some(files: Sequence[recipe.Sample]) -> list[recipe.Sample]:
    count = min(FRAMES, len(files))
    return [files[place * len(files) // count] for place in range(count)]
