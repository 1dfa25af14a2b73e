"""The model sheet: what a model is, what it must be fed, and what was measured on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from rovertui.config import Rung
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.reading import Damaged, contents, from_json
from rovertui.text import clean

FORMAT = 1
LARGEST = 16 << 20
"""Bytes; a sheet of 10,000 frames for checking has about 5 MB."""

Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Unknown keys are ignored, so that a newer sheet can be read."""


class Feed(Entry, frozen=True, kw_only=True):
    """One input: what the node on the rover hands to ``inference()``, in this order.

    feed = sample x feed_scale; net = sample x net_scale, which the model does itself.

    Attributes:
        shape: of the array to hand over, batch included.
        data_format: the entry for this input in the list of that name.
        sample_shape, sample_dtype: of ``array`` in a calibration file.
        fields: names of the numbers of a vector.
        low, high: physical limits of the array, one or one for each number; empty: not stated.
        seen_low, seen_high: least and greatest in the samples used, likewise.
    """

    name: str
    array: str
    layout: Literal["NHWC", "NCHW", "flat"]
    dtype: Literal["uint8", "float32"]
    shape: list[int]
    data_format: Literal["nhwc", "nchw"]
    feed_scale: float
    net_scale: float
    sample_shape: list[int]
    sample_dtype: Literal["uint8", "float32"]
    fields: list[str] = []
    low: list[float] = []
    high: list[float] = []
    seen_low: list[float] = []
    seen_high: list[float] = []

    def __post_init__(self) -> None:
        if len(self.low) != len(self.high) or len(self.seen_low) != len(self.seen_high):
            raise ValueError("as many least as greatest values are expected")


class OutputNumber(Entry, frozen=True, kw_only=True):
    """One number of an output: in ``unit`` it is ``scale`` times what the node uses.

    Attributes:
        still: below this, in ``unit``, its sign does not matter.
    """

    name: str
    unit: str = ""
    scale: float = 1.0
    still: float = 0.0


class Output(Entry, frozen=True, kw_only=True):
    """``after``: what the node does to it first (clip to -1..1, tanh, nothing)."""

    name: str
    shape: list[int | None]
    use: Literal["wheels", "state", "other"] = "other"
    after: Literal["none", "clip", "tanh"] = "none"
    numbers: list[OutputNumber] = []


class SampleName(Entry, frozen=True, kw_only=True):
    name: str
    sha256: Sha256


class Calibration(Entry, frozen=True, kw_only=True):
    """Which samples decided the quantization; empty for float16.

    Attributes:
        sources, cameras, sites: where they come from, as far as their stamps say.
        taken: when the newest was taken, in seconds since 1970; 0 where no clock was set.
    """

    schema: str
    sha256: str = ""
    sessions: list[str] = []
    samples: list[SampleName] = []
    sources: list[str] = []
    cameras: list[str] = []
    sites: list[str] = []
    taken: float = 0.0


class OutputError(Entry, frozen=True, kw_only=True):
    """|RKNN - float| of one output; ``bias`` is signed, one a component."""

    name: str
    mean: float
    max: float
    over_limit: float
    bias: list[float] = []


class FrameError(Entry, frozen=True, kw_only=True):
    """One frame for checking.

    Attributes:
        reference, rknn: the float model's and the RKNN's numbers, a list an output; an output
            of more than 16 numbers is an empty list.
        conditions: what the frame was like, by axis of the schema.
        rare: axes on which its set has few like it; None: not looked at.
    """

    name: str
    sha256: str
    error: float
    reference: list[list[float]] = []
    rknn: list[list[float]] = []
    conditions: dict[str, float] = {}
    rare: list[str] | None = None


class Check(Entry, frozen=True, kw_only=True):
    """The simulator given the feed against the float model given what training fed.

    Attributes:
        mean, max: |difference| of the worst output.
        over_limit: share of frames off by more than ``over``.
        sessions, blocks: how many drives and time blocks the frames come from.
    """

    frames: int
    sessions: int
    blocks: int
    mean: float
    max: float
    over: float
    over_limit: float
    outputs: list[OutputError]
    by_frame: list[FrameError]


class NpuCheck(Entry, frozen=True, kw_only=True):
    """The golden frames on an NPU.

    Attributes:
        rover, runtime, lite: whose NPU, with which runtime and rknn-toolkit-lite2.
        motion: of the rover meanwhile: a node that drives uses the NPU as well.
        stand_in: there was no NPU, and nothing here is a measurement of one.
        problem: why the model may not go into service; the figures are 0 where there are none.
        mean, largest: |NPU - float model|; apart: the largest |NPU - simulator|.
        ms_mean, ms_p95: milliseconds of ``inference()`` in ``runs`` runs.
    """

    when: float
    rover: str
    runtime: str
    lite: str = ""
    motion: Literal["still", "moving", "unknown"] = "unknown"
    stand_in: bool = False
    problem: str = ""
    frames: int = 0
    mean: float = 0.0
    largest: float = 0.0
    apart: float = 0.0
    runs: int = 0
    ms_mean: float = 0.0
    ms_p95: float = 0.0


class LimitsUsed(Entry, frozen=True, kw_only=True):
    mean: float
    largest: float
    over: float
    share_over: float
    frames: int


class Sheet(Entry, frozen=True, kw_only=True):
    """``NAME_PRECISION.json``, bound to ``NAME_PRECISION.rknn`` by its hash.

    Attributes:
        within: whether the check is within the limits; None: not measured.
        reasons: which limits it exceeds.
        strength: what the check is worth, in words ending in GOOD or WEAK.
        onnx_sha256, onnx_bytes: of the ONNX with all its weights, those in files beside it as well.
        created: seconds since 1970.
        golden: name and hash of a file of a few frames beside the model, for a test of the node.
        answers: what an operator decided for its inputs, in words.
        built_on: the machine that built it; empty: not recorded.
        npu: its golden frames on an NPU; None: not measured.
    """

    format: int
    checkpoint: str
    precision: Rung
    target: str
    toolkit: str
    onnx_sha256: Sha256
    onnx_bytes: int
    rknn_sha256: Sha256
    rknn_bytes: int
    inputs: list[Feed]
    outputs: list[Output]
    calibration: Calibration
    check: Check | None
    limits: LimitsUsed
    within: bool | None
    reasons: list[str]
    strength: str
    simulated: bool
    created: float
    program: str
    golden: SampleName | None = None
    answers: list[str] = []
    built_on: str = ""
    npu: NpuCheck | None = None


def sheet_path(rknn: Path) -> Path:
    """Where the sheet of a model lies."""
    return rknn.with_suffix(".json")


def encode(sheet: Sheet) -> bytes:
    """Readable JSON."""
    return msgspec.json.format(msgspec.json.encode(sheet), indent=2) + b"\n"


def decode(data: bytes, name: str) -> Sheet:
    """Read a sheet; ``name`` is what errors call it.

    Raises:
        OperatorError: not a sheet, or of a newer format.
    """
    name = clean(name, 200)
    try:
        sheet = from_json(data, Sheet)
    except Damaged as error:
        raise OperatorError(
            f"{name}: not a usable model sheet: {clean(str(error), 300)}.",
            hint="Convert the model again: that writes it.",
            code="sheet",
        ) from None
    if sheet.format > FORMAT:
        raise OperatorError(
            f"{name}: expected a model sheet of format {FORMAT} or less, found {sheet.format}.",
            hint="It was written by a newer rovertui.",
            code="sheet",
        )
    return sheet


def load(rknn: Path) -> Sheet:
    """The sheet of a model, checked to belong to these very bytes.

    Raises:
        OperatorError: one of the two is missing or unreadable, or they do not belong together.
    """
    path = sheet_path(rknn)
    try:
        sheet = decode(contents(path, LARGEST), path.name)
        found = sha256_of(rknn)
    except OSError as error:
        raise OperatorError(
            f"{clean(str(error.filename))}: cannot be read: {error.strerror}.",
            hint="Convert the model again: that writes both files.",
            code="sheet",
        ) from None
    if found != sheet.rknn_sha256:
        raise OperatorError(
            f"{path.name} belongs to another file than {rknn.name} (it says "
            f"{sheet.rknn_sha256[:12]}, the model is {found[:12]}).",
            hint="Convert the model again: that writes both files.",
            code="sheet",
        )
    return sheet
