"""rknn-toolkit2, and nothing else that touches it.

It fails in three ways: it raises ``ValueError`` with a traceback as text, returns -1, or kills
the process. The first two become :class:`Failure` here; the third is the parent's to tell.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .failure import CALLED, Failure
from .job import Build, InputJob
from .vendor import Package

Array = NDArray[Any]
TOOLKIT = Package(
    "rknn-toolkit2",
    "rknn.api",
    "RKNN",
    code="toolkit",
    missing=(
        "no-toolkit",
        f"Run `{CALLED} toolkit install`, or correct [conversion] python.",
    ),
)


class Toolkit:
    """One model's way through the toolkit, in the current directory.

    Args:
        inputs: in the order of the model's own inputs.
        target: the chip.
        note: ``custom_string`` of the model, shorter than 1,024 characters.
        build: how numbers are quantized, where they are.
    """

    def __init__(
        self,
        inputs: Sequence[InputJob],
        target: str,
        note: str,
        build: Build,
    ) -> None:
        self._inputs = list(inputs)
        self._target = target
        self._build = build
        self._note = note
        self._api = TOOLKIT.load()
        self._rknn = self._api(verbose=False)

    @property
    def version(self) -> str:
        return TOOLKIT.version() or "unknown"

    def load(self, model: Path) -> None:
        """Read the ONNX; mean and std turn an image's feed into what the network wants."""
        means, stds = [], []
        for given in self._inputs:
            # Lists that mix int and float are refused; mean/std of other than four axes ignored.
            channels = given.shape[1]
            std = 1.0 / given.factor if given.is_image else 1.0
            means.append([0.0] * channels)
            stds.append([std] * channels)
        TOOLKIT.call(
            "config",
            lambda: self._rknn.config(
                mean_values=means,
                std_values=stds,
                target_platform=self._target,
                quantized_dtype=self._build.dtype,
                quantized_algorithm=self._build.algorithm,
                custom_string=self._note,
            ),
        )
        TOOLKIT.call("load_onnx", lambda: self._rknn.load_onnx(model=str(model)))

    def build(self, dataset: Path | None) -> None:
        """Quantized throughout with ``dataset``, float16 throughout without."""
        given = str(dataset) if dataset else None
        TOOLKIT.call(
            "build", lambda: self._rknn.build(do_quantization=dataset is not None, dataset=given)
        )

    def build_hybrid(self, model: Path, dataset: Path, float16: Sequence[Sequence[str]]) -> None:
        """INT8, but float16 between each pair of tensors in ``float16``.

        The second step fails in the object of the first one.
        """
        pairs = [list(pair) for pair in float16]
        TOOLKIT.call(
            "hybrid_quantization_step1",
            lambda: self._rknn.hybrid_quantization_step1(dataset=str(dataset), custom_hybrid=pairs),
        )
        self._rknn.release()
        self._rknn = self._api(verbose=False)
        stem = model.with_suffix("").name
        TOOLKIT.call(
            "hybrid_quantization_step2",
            lambda: self._rknn.hybrid_quantization_step2(
                model_input=f"{stem}.model",
                data_input=f"{stem}.data",
                model_quantization_cfg=f"{stem}.quantization.cfg",
            ),
        )

    def start_simulator(self) -> None:
        """Only the process that built a model can run it; never with a target (starts adb)."""
        TOOLKIT.call("init_runtime", lambda: self._rknn.init_runtime())

    def infer(self, feeds: Sequence[Array]) -> list[Array] | None:
        """Outputs of one frame, fed as the node on the rover feeds it."""
        formats = [given.data_format for given in self._inputs]
        try:
            found = self._rknn.inference(inputs=list(feeds), data_format=formats)
        except (ValueError, RuntimeError, TypeError, AttributeError) as error:
            raise TOOLKIT.failed("inference", error) from None
        return None if found is None else [np.asarray(array) for array in found]

    def analyse(self, feeds: Sequence[Array], work: Path) -> Path:
        """Run one frame, keeping every layer's numbers of the float model and of the simulator.

        Args:
            feeds: what the node feeds, images as (1, C, H, W).

        Returns:
            A directory with the toolkit's table and its arrays; whoever reads it removes it.
        """
        names = []
        for index, feed in enumerate(feeds):
            path = work / f"frame_{index}.npy"
            np.save(path, feed, allow_pickle=False)
            names.append(str(path))
        found = work / "layers"
        TOOLKIT.call(
            "accuracy_analysis",
            lambda: self._rknn.accuracy_analysis(inputs=names, output_dir=str(found), target=None),
        )
        return found

    def export(self, target: Path) -> None:
        """Write the model under a temporary name, then give it its own."""
        temporary = target.with_name(f"unfinished-{target.name}")
        TOOLKIT.call("export_rknn", lambda: self._rknn.export_rknn(str(temporary)))
        if not temporary.is_file() or not temporary.stat().st_size:
            raise Failure("The toolkit reported success but wrote no model.", code="toolkit")
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(target)
