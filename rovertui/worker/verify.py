"""How far the RKNN's outputs are from the float model's, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .failure import Failure

Array = NDArray[Any]
_MOVES = 0.05
_STILL = 1e-6
_COMPONENTS = 16


class Comparison:
    """Collects both models' outputs of the same frames.

    Args:
        outputs: names, in the order of the arrays given to :meth:`add`.
        over: a frame whose error exceeds this is counted.
        runner: what runs the RKNN model.
    """

    def __init__(self, outputs: Sequence[str], over: float, runner: str = "RKNN simulator") -> None:
        self.runner = runner
        self.outputs = list(outputs)
        self.over = over
        self.names: list[str] = []
        self._float: list[list[Array]] = []
        self._rknn: list[list[Array]] = []

    def add(self, name: str, reference: Sequence[Array], rknn: Sequence[Array] | None) -> None:
        """One frame.

        Raises:
            Failure: an output is absent, of another size, or not finite.
        """
        if rknn is None or len(rknn) != len(self.outputs):
            count = "nothing" if rknn is None else f"{len(rknn)} outputs"
            raise Failure(
                f"{name}: the {self.runner} gave {count}, expected {len(self.outputs)} outputs.",
                hint="Its log says why; the feed in config.toml may have the wrong shape.",
                code="outputs",
                where=name,
            )
        self._float.append([self._flat(name, "float model", *p) for p in self._pairs(reference)])
        self._rknn.append([self._flat(name, "RKNN model", *p) for p in self._pairs(rknn)])
        for output, a, b in zip(self.outputs, self._float[-1], self._rknn[-1], strict=True):
            if a.size != b.size:
                raise Failure(
                    f"{name}: output {output}: the float model gives {a.size} numbers, the RKNN "
                    f"{b.size}.",
                    code="outputs",
                    where=output,
                )
        self.names.append(name)

    def _pairs(self, arrays: Sequence[Array]) -> list[tuple[str, Array]]:
        return list(zip(self.outputs, arrays, strict=True))

    @staticmethod
    def _flat(name: str, who: str, output: str, array: Array) -> Array:
        flat = np.asarray(array, dtype=np.float64).ravel()
        if not np.isfinite(flat).all():
            raise Failure(
                f"{name}: output {output} of the {who} is not finite.",
                hint="A weight or an input is far out of range; float16 ends at 65504.",
                code="outputs",
                where=output,
            )
        return flat

    def stacked(self) -> tuple[dict[str, Array], dict[str, Array]]:
        """The float model's and the RKNN's outputs by name, each (frames, numbers)."""
        reference, rknn = (
            {name: np.stack([row[i] for row in rows]) for i, name in enumerate(self.outputs)}
            for rows in (self._float, self._rknn)
        )
        return reference, rknn

    def result(self) -> tuple[dict[str, Any], list[str]]:
        """The figures, and what an operator should be warned of.

        Overall mean and largest are those of the worst output. A frame's error is its largest.

        Raises:
            Failure: no frames, or an RKNN output never moves where the float model's does.
        """
        if not self.names:
            raise Failure("There were no frames to compare on.", code="outputs")
        warnings: list[str] = []
        outputs: list[dict[str, Any]] = []
        per_frame = np.zeros(len(self.names))
        for index, output in enumerate(self.outputs):
            reference = np.stack([row[index] for row in self._float])
            rknn = np.stack([row[index] for row in self._rknn])
            warnings += self._motion(output, reference, rknn)
            signed = rknn - reference
            error = np.abs(signed)
            frame = error.max(axis=1)
            per_frame = np.maximum(per_frame, frame)
            outputs.append(
                {
                    "name": output,
                    "size": int(reference.shape[1]),
                    "mean": float(error.mean()),
                    "largest": float(error.max()),
                    "share_over": float((frame > self.over).mean()),
                    "bias": [float(v) for v in signed.mean(axis=0)[:_COMPONENTS]],
                    "low": float(reference.min()),
                    "high": float(reference.max()),
                }
            )
        return {
            "frames": len(self.names),
            "over": self.over,
            "mean": max(o["mean"] for o in outputs),
            "largest": max(o["largest"] for o in outputs),
            "share_over": float((per_frame > self.over).mean()),
            "outputs": outputs,
            "by_frame": [
                {
                    "name": name,
                    "error": float(error),
                    "reference": _rounded(reference),
                    "rknn": _rounded(rknn),
                }
                for name, error, reference, rknn in zip(
                    self.names, per_frame, self._float, self._rknn, strict=True
                )
            ],
        }, warnings

    def _motion(self, output: str, reference: Array, rknn: Array) -> list[str]:
        if len(self.names) < 2:
            return []
        moves = float(np.ptp(reference, axis=0).max())
        follows = float(np.ptp(rknn, axis=0).max())
        if follows <= _STILL and moves > _MOVES:
            raise Failure(
                f"Output {output} of the RKNN model is the same on all {len(self.names)} frames, "
                f"while the float model's moves by {moves:.3f}.",
                hint="The input scales in config.toml, or the calibration samples, are wrong.",
                code="constant",
                where=output,
            )
        if moves <= _STILL:
            return [
                f"Output {output} of the float model itself is the same on all "
                f"{len(self.names)} frames: the frames, or the policy, are of no use for a check."
            ]
        return []


def _rounded(outputs: Sequence[Array]) -> list[list[float]]:
    """Each output's numbers, for a sheet; an output of very many is left empty."""
    return [
        [round(float(v), 6) for v in flat] if flat.size <= _COMPONENTS else [] for flat in outputs
    ]
