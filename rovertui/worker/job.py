"""What one conversion is asked to do, as it stands in the job file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .failure import Failure

FORMAT = 1
MARKER = "rovertui-model:"


@dataclass(frozen=True)
class Build:
    """How a precision is built, and what it is recognised by.

    Attributes:
        dtype, algorithm: what the toolkit calls quantized numbers, and the way to their ranges.
        inputs: the type that the built file's header gives every input; empty where they are
            float16, None where they differ.
    """

    dtype: str = "w8a8"
    algorithm: str = "normal"
    inputs: str | None = ""


BUILDS = {
    "int8": Build(inputs="int8"),
    # Ranges by divergence leave 0.7 of its error (docs/benchmarks.md), for twice the time; with
    # all of it INT8 they make no difference.
    "hybrid": Build(algorithm="kl_divergence", inputs=None),
    "int16": Build(dtype="w16a16i_dfp", inputs="int16"),
    "fp16": Build(),
}
"""By the names of `rovertui.config.RUNGS`, which the worker cannot read."""


@dataclass(frozen=True)
class InputJob:
    """One input at its three points.

    feed = sample x feed_scale in ``layout`` and ``dtype``; net = sample x net_scale.

    Attributes:
        shape: of the network's input, batch 1: (1, C, H, W), (1, N) or another.
        sample_shape, sample_dtype: of ``array`` in the file.
        low, high: physical limits of each number of the array (one, or one each of a vector).
        fields: names of a vector's numbers; may be empty.
    """

    name: str
    array: str
    shape: tuple[int, ...]
    layout: str
    dtype: str
    feed_scale: float
    net_scale: float
    sample_shape: tuple[int, ...]
    sample_dtype: str
    low: tuple[float, ...]
    high: tuple[float, ...]
    fields: tuple[str, ...] = ()

    @property
    def is_image(self) -> bool:
        return len(self.shape) == 4

    @property
    def factor(self) -> float:
        """From feed to net."""
        return self.net_scale / self.feed_scale

    def field(self, index: int) -> str:
        """What to call one number of a vector."""
        return self.fields[index] if index < len(self.fields) else f"number {index}"

    @property
    def data_format(self) -> str:
        return "nchw" if self.layout == "NCHW" else "nhwc"


@dataclass(frozen=True)
class Job:
    """Attributes:
    scratch: directory that is the job's own; the model is left there as ``output``.
    hybrid: pairs of tensor names between which hybrid stays in float16.
    finer: further such pairs (from a pooling on, or an image's first convolution), which are left
        out where they cannot be had.
    calibration, check: samples; the two never share one.
    over: a frame off by more than this is counted.
    note: text put into the model beside the hashes, to be recognised by.
    layers: whether the error of each layer is wanted, on the frames of ``check``, and no model.
    """

    model: Path
    model_sha256: str
    scratch: Path
    output: str
    precision: str
    target: str
    threads: int
    inputs: tuple[InputJob, ...]
    hybrid: tuple[tuple[str, str], ...]
    finer: tuple[tuple[str, str], ...]
    calibration: tuple[Path, ...]
    check: tuple[Path, ...]
    over: float
    note: str
    layers: bool = False


def load(path: Path) -> Job:
    """Read a job file.

    Raises:
        Failure: it cannot be read or was written for another version of the worker.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = data["format"]
        if found != FORMAT:
            raise Failure(
                f"{path.name}: expected a job of format {FORMAT}, found {found!r}.",
                hint="Use the worker that came with this rovertui.",
                code="job",
            )
        return _job(data)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(f"{path.name}: not a usable job: {error!r}.", code="job") from None


def _job(data: dict[str, Any]) -> Job:
    if data["precision"] not in BUILDS:
        raise Failure(
            f"Expected one of {', '.join(BUILDS)}, found precision {data['precision']!r}.",
            code="job",
        )
    return Job(
        model=Path(data["model"]),
        model_sha256=str(data["model_sha256"]),
        scratch=Path(data["scratch"]),
        output=Path(str(data["output"])).name,
        precision=str(data["precision"]),
        target=str(data["target"]),
        threads=int(data["threads"]),
        inputs=tuple(_input(value) for value in data["inputs"]),
        hybrid=tuple((str(a), str(b)) for a, b in data["hybrid"]),
        finer=tuple((str(a), str(b)) for a, b in data["finer"]),
        calibration=tuple(Path(value) for value in data["calibration"]),
        check=tuple(Path(value) for value in data["check"]),
        over=float(data["over"]),
        note=str(data["note"]),
        layers=bool(data.get("layers", False)),
    )


def _input(data: dict[str, Any]) -> InputJob:
    return InputJob(
        name=str(data["name"]),
        array=str(data["array"]),
        shape=tuple(int(size) for size in data["shape"]),
        layout=str(data["layout"]),
        dtype=str(data["dtype"]),
        feed_scale=float(data["feed_scale"]),
        net_scale=float(data["net_scale"]),
        sample_shape=tuple(int(size) for size in data["sample_shape"]),
        sample_dtype=str(data["sample_dtype"]),
        low=tuple(float(value) for value in data["low"]),
        high=tuple(float(value) for value in data["high"]),
        fields=tuple(str(value) for value in data["fields"]),
    )
