"""What the simulated training server offers: the demo policy and earlier stages of it.

The earlier ones are the same weights with a little seeded noise, more the earlier the step: they
are derived from the policy, not trained, and say so in their metadata.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from rovertui.files import write_whole

POLICY = Path(__file__).with_name("policy.onnx")
POLICY_STEP = 1250
EARLIER = {1200: 0.05, 1230: 0.025, 1240: 0.01}


def make_checkpoints(directory: Path) -> list[Path]:
    """Write `ppo_v620_update_{1200,1230,1240,1250}.onnx` into `directory`, which is made when
    missing. Returns them by step; the last is `policy.onnx` byte for byte. OSError from writing."""
    directory.mkdir(parents=True, exist_ok=True)
    contents = {step: _earlier(step, noise) for step, noise in EARLIER.items()}
    contents[POLICY_STEP] = POLICY.read_bytes()
    made = []
    for step, content in sorted(contents.items()):
        path = directory / f"ppo_v620_update_{step}.onnx"
        write_whole(path, content)
        made.append(path)
    return made


def _earlier(step: int, noise: float) -> bytes:
    """The policy with noise of this share of each weight's spread."""
    model = onnx.load_model(POLICY)
    rng = np.random.default_rng(step)
    for tensor in model.graph.initializer:
        weights = numpy_helper.to_array(tensor)
        if weights.ndim < 2:
            continue
        shaken = weights + noise * weights.std() * rng.standard_normal(weights.shape)
        tensor.CopyFrom(numpy_helper.from_array(shaken.astype(weights.dtype), tensor.name))
    about = {entry.key: entry.value for entry in model.metadata_props}
    about.update(training_step=str(step), derived_from=f"step {POLICY_STEP}, weights with noise")
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, about)
    content: bytes = model.SerializeToString()
    return content
