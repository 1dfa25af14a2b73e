"""A stand-in for ``rknnlite.api`` on machines without an NPU, for the demo and for tests.

Built from what is known of the real one: ``load_rknn`` and ``init_runtime`` return 0 or a
negative number; ``inference`` wants arrays of the model's rank, takes 4-D ones as NHWC unless
``data_format`` says otherwise, and returns None for what it refuses. What it computes is the
float model of the same checkpoint, which lies beside the RKNN; its milliseconds are those of this
machine's processor and say nothing of an NPU.

A file ``mode`` beside this one chooses a fault: ``constant`` (the same outputs for ever), ``nan``,
``rank`` (refuses every input), ``off`` (outputs far from the model's), ``no-runtime``
(init_runtime fails), ``old`` (the runtime is older than the model's toolkit), ``hang``,
``segfault``, ``abort``, ``raise``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

_MODE = Path(__file__).with_name("mode")


class RKNNLite:
    """The calls that rovertui uses."""

    NPU_CORE_AUTO = 0

    def __init__(self, verbose: bool = False) -> None:
        self._mode = _MODE.read_text().strip() if _MODE.exists() else ""
        self._inputs: list[dict[str, Any]] = []
        self._session: Any = None
        self._runtime = False

    def load_rknn(self, path: str) -> int:
        model = Path(path)
        if not model.is_file() or model.read_bytes()[:4] != b"RKNN":
            return _error(f"{path}: invalid RKNN model")
        sheet = json.loads(model.with_suffix(".json").read_text())
        self._inputs = sheet["inputs"]
        self._session = _session(model.with_name(f"{sheet['checkpoint']}.onnx"))
        return 0

    def init_runtime(self, core_mask: int = 0) -> int:
        if self._mode == "no-runtime":
            return _error("failed to open rknpu module")
        if self._mode == "old":
            return _error("rknn_init, model version is newer than this runtime")
        self._runtime = True
        return 0

    def inference(
        self,
        inputs: list[Any],
        data_type: Any = None,
        data_format: list[str] | None = None,
        inputs_pass_through: Any = None,
    ) -> list[Any] | None:
        if not self._runtime:
            _say("the runtime is not initialised")
            return None
        _misbehave(self._mode)
        if len(inputs) != len(self._inputs) or self._mode == "rank":
            _say(f"{len(inputs)} inputs of a wrong rank or number")
            return None
        fed = {}
        for index, (array, given) in enumerate(zip(inputs, self._inputs, strict=True)):
            array = np.asarray(array)
            rank = len(given["shape"])
            if array.ndim != rank:
                _say(f"input {given['name']}: {array.ndim} dimensions, expected {rank}")
                return None
            value = array.astype(np.float32) * (given["net_scale"] / given["feed_scale"])
            form = data_format[index] if data_format else "nhwc"
            fed[given["name"]] = value.transpose(0, 3, 1, 2) if _last(form, rank) else value
        try:
            outputs = self._session.run(None, fed)
        except Exception as error:  # noqa: BLE001  onnxruntime's have no common base class
            _say(str(error).splitlines()[0])
            return None
        return [_spoilt(np.asarray(output), self._mode) for output in outputs]

    def get_sdk_version(self) -> str:
        return "stand-in, no NPU"

    def release(self) -> int:
        self._session = None
        return 0


def _last(form: str, rank: int) -> bool:
    return rank == 4 and form == "nhwc"


def _spoilt(output: Any, mode: str) -> Any:
    if mode == "nan":
        return np.full_like(output, np.nan)
    if mode == "constant":
        return np.full_like(output, 0.25)
    return output + 0.3 if mode == "off" else output


def _misbehave(mode: str) -> None:
    if mode == "hang":
        time.sleep(3600)
    if mode == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if mode == "abort":
        os.abort()
    if mode == "raise":
        raise RuntimeError("Traceback (most recent call last):\n  File\nthe driver is gone")


def _session(model: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _error(text: str) -> int:
    _say(f"RKNN: {text}")
    return -1


def _say(text: str) -> None:
    sys.stderr.write(f"E {text}\n")
