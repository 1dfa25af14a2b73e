"""A converted model with its golden frames, and a stand-in for rknn-toolkit-lite2 to run it.

The RKNN here holds a header and no network; the stand-in runs the float model of the same name.
What the frames say of the simulator is the float model's output, as after a perfect conversion.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

import rovertui
from rovertui.conversion import sheet as sheets
from rovertui.conversion.naming import golden_path
from rovertui.worker import golden
from rovertui.worker.job import InputJob
from rovertui.worker.samples import net
from tests.deployment.parts import rknn_bytes, sheet_for

from . import nets

STAND_IN = Path(rovertui.__file__).parent / "demo" / "stand_in_npu"
CHECKPOINT = "ppo_v620_update_10"
NAME = f"{CHECKPOINT}_hybrid"
_H, _W = nets.HEIGHT, nets.WIDTH
_INPUTS = (
    ("rgb", (1, 3, _H, _W), "NHWC", "uint8", 1.0, 1 / 255, (_H, _W, 3)),
    ("depth", (1, 1, _H, _W), "NHWC", "float32", 1 / 6, 1.0, (_H, _W)),
    ("proprio", (1, 6), "flat", "float32", 1.0, 1.0, (6,)),
)


def stand_in(directory: Path, mode: str = "") -> str:
    """A copy of the stand-in with a fault; returns the directory to put on the path."""
    place = directory / "site"
    shutil.copytree(STAND_IN, place, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "rknnlite" / "mode").write_text(mode)
    return str(place)


def put(models: Path, frames: int = 5, **changes: Any) -> Path:
    """Write the float model, the RKNN, its sheet and golden frames; returns the RKNN."""
    models.mkdir(parents=True, exist_ok=True)
    onnx = nets.save(nets.policy(), models / f"{CHECKPOINT}.onnx")
    rknn = models / f"{NAME}.rknn"
    data = rknn_bytes(NAME)
    rknn.write_bytes(data)
    inputs = [
        InputJob(
            name=name,
            array=name,
            shape=shape,
            layout=layout,
            dtype=dtype,
            feed_scale=feed,
            net_scale=scale,
            sample_shape=sample,
            sample_dtype=dtype,
            low=(),
            high=(),
        )
        for name, shape, layout, dtype, feed, scale, sample in _INPUTS
    ]
    samples = [nets.arrays(seed) for seed in range(frames)]
    session = onnxruntime.InferenceSession(str(onnx), providers=["CPUExecutionProvider"])
    actions = np.concatenate(
        [session.run(None, {g.name: net(s[g.array], g) for g in inputs})[0] for s in samples]
    )
    names = [f"calibration_{seed:04d}.npz" for seed in range(frames)]
    golden.write(golden_path(rknn), inputs, names, samples, {"action": (actions, actions)})
    feeds = [
        sheets.Feed(
            name=given.name,
            array=given.array,
            layout=given.layout,  # type: ignore[arg-type]
            dtype=given.dtype,  # type: ignore[arg-type]
            shape=_fed(given),
            data_format="nhwc",
            feed_scale=given.feed_scale,
            net_scale=given.net_scale,
            sample_shape=list(given.sample_shape),
            sample_dtype=given.sample_dtype,  # type: ignore[arg-type]
        )
        for given in inputs
    ]
    frames_hash = hashlib.sha256(golden_path(rknn).read_bytes()).hexdigest()
    values: dict[str, Any] = {
        "inputs": feeds,
        "golden": sheets.SampleName(name=golden_path(rknn).name, sha256=frames_hash),
        **changes,
    }
    made = sheet_for(data, CHECKPOINT, "hybrid", **values)
    sheets.sheet_path(rknn).write_bytes(sheets.encode(made))
    return rknn


def _fed(given: InputJob) -> list[int]:
    if not given.is_image:
        return list(given.shape)
    batch, channels, height, width = given.shape
    return [batch, height, width, channels]
