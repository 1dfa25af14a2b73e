"""A job and the files that go with it to another machine."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from rovertui.conversion import memory
from rovertui.conversion.launch import MAIN
from rovertui.conversion.talk import Talk
from rovertui.errors import OperatorError
from rovertui.files import sha256_of
from rovertui.reporter import Reporter
from rovertui.text import clean, size

SPARE = 256 << 20
"""Bytes of a disk that are asked for beside what is known to be needed."""

PATIENCE = 20.0
"""Seconds without a sign of us after which the worker there is ended."""

_BLOCK = 1 << 18


class Errand:
    """A job with the files it needs: ours, and what they are called there."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = dict(job)
        self._files: list[tuple[str, Path]] = [
            (f"worker/{path.name}", path) for path in sorted(MAIN.parent.glob("*.py"))
        ]
        model = Path(job["model"])
        self.job["model"] = f"model/{model.name}"
        self._files += [(f"model/{name}", model.parent / name) for name in _weights(model)]
        self._files.append((self.job["model"], model))
        for key in ("calibration", "check"):
            paths = [Path(path) for path in job[key]]
            names = [f"{key}/{number:05d}/{path.name}" for number, path in enumerate(paths)]
            self._files += list(zip(names, paths, strict=True))
            self.job[key] = names
        self._sizes = {name: path.stat().st_size for name, path in self._files}

    def header(self, scratch: str) -> bytes:
        place = scratch[2:] if scratch.startswith("~/") else scratch
        files = [
            {"name": name, "size": self._sizes[name], "sha256": sha256_of(path)}
            for name, path in self._files
        ]
        asked = {"job": self.job, "files": files, "scratch": place, "patience": PATIENCE}
        return json.dumps(asked).encode() + b"\n"

    def memory(self) -> int:
        a_sample = sum(math.prod(given["shape"]) for given in self.job["inputs"])
        rung = str(self.job["precision"])
        return memory.bytes_for(a_sample, len(self.job["calibration"]), rung)

    def disk(self) -> int:
        """What is sent, the calibration files made of it, models in several forms."""
        a_sample: int = 4 * sum(math.prod(given["shape"]) for given in self.job["inputs"])
        return 2 * sum(self._sizes.values()) + len(self.job["calibration"]) * a_sample + SPARE

    def send(self, talk: Talk, reporter: Reporter) -> None:
        total, done = sum(self._sizes.values()), 0
        for name, path in self._files:
            left = self._sizes[name]
            with path.open("rb") as stream:
                while left:
                    block = stream.read(min(_BLOCK, left))
                    if not block:
                        raise OperatorError(
                            f"{clean(path.name, 80)} was changed while it was sent.",
                            hint="Ask for the conversion again.",
                            code="changed",
                        )
                    talk.send(block)
                    left -= len(block)
                    done += len(block)
                    reporter.progress(done, total, f"sent {size(done)} of {size(total)}")


def _weights(model: Path) -> list[str]:
    import onnx

    from rovertui.worker import model_file

    return model_file.beside(onnx.load(str(model), load_external_data=False))
