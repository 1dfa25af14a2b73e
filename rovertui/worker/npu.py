"""The golden frames of a model on an NPU, by rknn-toolkit-lite2; nothing else touches that.

The frames are fed by the code that ``rovertui feed --python`` prints for the node. The outputs
are held against the float model's and the simulator's, which lie in the file of the frames.
"""

from __future__ import annotations

import inspect
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .channel import Channel
from .failure import Failure
from .vendor import Package
from .verify import Comparison

Array = NDArray[Any]
FORMAT = 1
_UNTIMED = 3
LITE = Package(
    "rknn-toolkit-lite2",
    "rknnlite.api",
    "RKNNLite",
    code="npu",
    missing=("no-npu", "Install it, or correct [npu] python."),
)


@dataclass(frozen=True)
class _Frames:
    """Golden frames, one entry a frame: inputs as fed, and what should come out."""

    names: list[str]
    inputs: list[list[Array]]
    formats: list[list[str]]
    outputs: list[str]
    reference: list[list[Array]]
    simulator: list[list[Array]]


def check(path: Path, channel: Channel) -> dict[str, Any]:
    """Run the frames of a job file.

    The job: ``format``, ``model`` (the RKNN), ``feed`` (a Python file with ``feed()``),
    ``golden`` (the frames), ``paths`` (directories with rknnlite and NumPy; on the path already),
    ``over`` (a frame off by more is counted), ``runs`` and ``seconds`` (at most, of timing).

    Returns:
        ``against_float`` and ``against_simulator`` (see `Comparison.result`), ``ms`` (one entry a
        timed run, in milliseconds), ``lite`` and ``sdk`` (versions as they say themselves).

    Raises:
        Failure: in words; its code is ``npu`` unless the job itself is no good.
    """
    try:
        job = json.loads(path.read_text(encoding="utf-8"))
        if job["format"] != FORMAT:
            raise ValueError(f"of format {job['format']!r}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(f"{path.name}: not a usable job: {error!r}.", code="job") from None
    channel.stage("prepare", Path(job["golden"]).name)
    frames = _frames(Path(job["golden"]), Path(job["feed"]))
    channel.stage("load", Path(job["model"]).name)
    lite = LITE.load()()
    try:
        LITE.call("load_rknn", lambda: lite.load_rknn(str(job["model"])))
        channel.stage("runtime")
        LITE.call("init_runtime", lambda: lite.init_runtime())
        channel.stage("frames", f"{len(frames.names)} golden frames")
        found = _compare(lite, frames, float(job["over"]), channel)
        channel.stage("measure", "milliseconds")
        timed = _measure(lite, frames, int(job["runs"]), float(job["seconds"]), channel)
        return {**found, "ms": timed, "lite": LITE.version(), "sdk": _sdk(lite)}
    finally:
        _release(lite)


def _frames(golden: Path, code: Path) -> _Frames:
    names: dict[str, Any] = {}
    exec(compile(code.read_text(encoding="utf-8"), code.name, "exec"), names)
    feed = names["feed"]
    arguments = list(inspect.signature(feed).parameters)
    with np.load(golden, allow_pickle=False) as file:
        held = {name: file[name] for name in file.files}
    outputs = [name.partition(".")[2] for name in held if name.startswith("float.")]
    found = _Frames([], [], [], outputs, [], [])
    for index, name in enumerate(held["frames"]):
        try:
            inputs, formats = feed(*(held[f"sample.{array}"][index] for array in arguments))
        except (ValueError, KeyError) as error:
            raise Failure(f"{name}: cannot be fed: {error}.", code="npu", where=str(name)) from None
        found.names.append(str(name))
        found.inputs.append(inputs)
        found.formats.append(formats)
        found.reference.append([held[f"float.{output}"][index] for output in outputs])
        found.simulator.append([held[f"rknn.{output}"][index] for output in outputs])
    return found


def _infer(lite: Any, inputs: Sequence[Array], formats: Sequence[str]) -> Any:
    try:
        return lite.inference(inputs=list(inputs), data_format=list(formats))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  it raises whatever it met inside
        raise LITE.failed("inference", error) from None


def _compare(lite: Any, frames: _Frames, over: float, channel: Channel) -> dict[str, Any]:
    against = {
        "against_float": (Comparison(frames.outputs, over, "NPU"), frames.reference),
        "against_simulator": (Comparison(frames.outputs, over, "NPU"), frames.simulator),
    }
    for index, name in enumerate(frames.names):
        given = frames.inputs[index]
        outputs = _infer(lite, given, frames.formats[index])
        if outputs is None:
            fed = ", ".join(f"{array.dtype} {array.shape}" for array in given)
            raise Failure(
                f"{name}: rknn-toolkit-lite2 refused the inputs and gave nothing; fed were {fed}.",
                hint="Its log says why. It wants another rank or shape than the model sheet says.",
                code="npu",
                where=name,
            )
        for comparison, wanted in against.values():
            comparison.add(name, wanted[index], [np.asarray(output) for output in outputs])
        channel.progress(index + 1, len(frames.names), "frames")
    found = {}
    for key, (comparison, _) in against.items():
        figures, warnings = comparison.result()
        figures.pop("by_frame")
        found[key] = figures
        for warning in warnings if key == "against_float" else ():
            channel.warning(warning)
    return found


def _measure(
    lite: Any, frames: _Frames, runs: int, seconds: float, channel: Channel
) -> list[float]:
    """Milliseconds of each ``inference()``, the frames in turn; the first few are not counted."""
    timed: list[float] = []
    until = time.monotonic() + seconds
    for run in range(runs + _UNTIMED):
        index = run % len(frames.names)
        began = time.perf_counter()
        _infer(lite, frames.inputs[index], frames.formats[index])
        taken = (time.perf_counter() - began) * 1000
        if run >= _UNTIMED:
            timed.append(taken)
            channel.progress(len(timed), runs, "runs")
        if timed and time.monotonic() > until:
            break
    return timed


def _sdk(lite: Any) -> str:
    try:
        return str(lite.get_sdk_version())
    except Exception:  # noqa: BLE001  a nicety for the log; what counts is measured
        return ""


def _release(lite: Any) -> None:
    try:
        lite.release()
    except Exception as error:  # noqa: BLE001  the process ends in a moment anyway
        sys.stderr.write(f"release failed: {error!r}\n")
