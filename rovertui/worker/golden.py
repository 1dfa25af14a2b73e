"""A few frames with everything a test of the node needs: what it saw and what it should get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .job import InputJob

Array = NDArray[Any]
COUNT = 5


def pick(errors: Sequence[float], first: Sequence[float], count: int = COUNT) -> list[int]:
    """Frames worth keeping: the worst, then some spread over the float model's first number."""
    if len(errors) <= count:
        return list(range(len(errors)))
    worst = int(np.argmax(errors))
    ranked = [int(i) for i in np.argsort(first, kind="stable") if i != worst]
    steps = np.linspace(0, len(ranked) - 1, count - 1)
    return sorted({worst, *(ranked[round(step)] for step in steps)})


def write(
    path: Path,
    inputs: Sequence[InputJob],
    names: Sequence[str],
    samples: Sequence[Mapping[str, Array]],
    outputs: Mapping[str, tuple[Array, Array]],
) -> None:
    """Write the frames as one ``.npz``, to be read without pickle.

    Keys: ``frames``, ``inputs``, ``data_format`` (names); ``sample.ARRAY``, as in the files, the
    frames one behind another on a new first axis; ``float.OUTPUT`` and ``rknn.OUTPUT``
    (frames, numbers), the float model's and the simulator's. What ``inference()`` is given
    follows from the samples (``rovertui feed --python``), and would double the size.

    Args:
        samples: one entry a frame.
        outputs: name -> (float model's, simulator's), each (frames, numbers).
    """
    arrays: dict[str, Any] = {
        "frames": np.array(list(names)),
        "inputs": np.array([given.name for given in inputs]),
        "data_format": np.array([given.data_format for given in inputs]),
    }
    for array in {given.array: None for given in inputs}:
        arrays[f"sample.{array}"] = np.stack([sample[array] for sample in samples])
    for name, (reference, rknn) in outputs.items():
        arrays[f"float.{name}"] = reference.astype(np.float32)
        arrays[f"rknn.{name}"] = rknn.astype(np.float32)
    with path.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
