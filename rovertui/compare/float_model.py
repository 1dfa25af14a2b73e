"""The float model behind the live one, fed as training fed it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rovertui.conversion import sheet as sheets
from rovertui.conversion.dumps import input_job
from rovertui.conversion.sheet import Feed, Output, Sheet
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.text import clean
from rovertui.worker import samples
from rovertui.worker.failure import Failure
from rovertui.worker.job import InputJob

Find = Callable[[str], "NDArray[Any] | None"]


class CannotCompare(Exception):
    """Why there is nothing to compare with, in words."""


@dataclass(frozen=True)
class FloatModel:
    """The ONNX of the live model's checkpoint.

    Attributes:
        name: what it is called ("NAME (hybrid)").
        scales: m/s and rad/s of action 1.0.
        over_limit: share of frames on which the live model itself was off by more than ``over``.
    """

    name: str
    scales: tuple[float, float]
    over: float
    over_limit: float
    _sheet: Sheet
    _output: Output
    _session: Any

    def action(self, find: Find) -> tuple[float, float]:
        """Linear and angular action of a frame, as the node uses them.

        Args:
            find: gives an array of the frame by its name, or None.

        Raises:
            CannotCompare: the frame does not have what the model needs.
        """
        fed = {feed.name: _net(feed, find) for feed in self._sheet.inputs}
        out = self._session.run([self._output.name], fed)[0]
        action = np.asarray(out, np.float32).ravel()[:2]
        if self._output.after == "tanh":
            action = np.tanh(action)
        linear, angular = (float(value) for value in np.clip(action, -1.0, 1.0))
        return linear, angular


def load(link: Path, models: Path) -> FloatModel:
    """The float model of what ``link`` leads to.

    Raises:
        CannotCompare: no sheet, no ONNX, another ONNX, or one whose outputs are no wheels.
    """
    path = link.with_suffix(".json")
    try:
        sheet = sheets.decode(path.read_bytes(), path.name)
    except FileNotFoundError:
        raise CannotCompare("the live model has no sheet: nothing says what it is fed") from None
    except (OSError, OperatorError) as error:
        raise CannotCompare(f"the live model's sheet cannot be read: {error}") from None
    wheels = [output for output in sheet.outputs if output.use == "wheels"]
    if not wheels or len(wheels[0].numbers) < 2:
        raise CannotCompare("the schema does not say which of its outputs are wheel commands")
    onnx = models / f"{Path(sheet.checkpoint).name}.onnx"
    name = clean(onnx.name, 80)
    try:
        found = sha256_of(onnx)
    except OSError:
        raise CannotCompare(f"its float model {name} is not here: pull it") from None
    if found != sheet.onnx_sha256:
        raise CannotCompare(f"{name} here is not the one that the live model was made of: pull it")
    return FloatModel(
        name=f"{clean(sheet.checkpoint, 80)} ({sheet.precision})",
        scales=(wheels[0].numbers[0].scale, wheels[0].numbers[1].scale),
        over=sheet.limits.over,
        over_limit=sheet.check.over_limit if sheet.check else 0.0,
        _sheet=sheet,
        _output=wheels[0],
        _session=_session(onnx),
    )


def _session(onnx: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # One frame a second is all there is to do: one core, no spinning threads, no memory kept.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(onnx), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # noqa: BLE001  its exceptions have no common base class
        raise CannotCompare(f"{clean(onnx.name, 80)} cannot be run: {str(error)[:200]}") from None
    return session


def _net(feed: Feed, find: Find) -> NDArray[Any]:
    array = find(feed.array)
    if array is None:
        raise CannotCompare(f"the frames have no {clean(feed.array, 40)}, which the model needs")
    if not np.isfinite(array).all():
        raise CannotCompare(f"{clean(feed.array, 40)} holds what is no number")
    try:
        return samples.net(array, _job(feed))
    except (Failure, ValueError) as error:
        raise CannotCompare(f"{clean(feed.name, 40)}: {clean(str(error), 200)}") from None


def _job(feed: Feed) -> InputJob:
    return replace(
        input_job(feed),
        low=tuple(feed.low) or (-math.inf,),
        high=tuple(feed.high) or (math.inf,),
        fields=tuple(feed.fields),
    )
