"""The error of each layer, from what rknn-toolkit2's accuracy_analysis leaves in its directory.

Its table gives two distances of each layer's numbers to the float model's: with everything
before it quantized as well, and of that layer alone. They say little by themselves, so they are
divided by how large the float numbers are.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from .failure import Failure

_ROW = re.compile(
    r"^\[(?P<kind>\w+)\] (?P<name>\S+)\s+"
    r"(?P<cos>-?[\d.]+) \| (?P<euc>[\d.]+)\s+(?P<own_cos>-?[\d.]+) \| (?P<own>[\d.]+)\s*$"
)
_LEFT_OUT = {"Input"}


class Layers:
    """Collects the rows of several frames."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}
        self._own: dict[str, list[float]] = {}
        self._so_far: dict[str, list[float]] = {}

    def add(self, directory: Path) -> None:
        """Take one frame's rows, and remove the directory: it holds every layer's numbers.

        Raises:
            Failure: the toolkit left no table that can be read.
        """
        try:
            table = (directory / "error_analysis.txt").read_text(errors="replace")
        except OSError as error:
            raise _unread(f"there is none ({error.strerror})") from None
        files = _files(directory)
        seen = 0
        for line in table.splitlines():
            row = _ROW.match(line)
            if row is None or row["kind"] in _LEFT_OUT:
                continue
            size = _norm(directory, files.get(row["name"], ""))
            if size is None:
                continue
            seen += 1
            name = row["name"]
            self._kinds[name] = row["kind"]
            self._own.setdefault(name, []).append(float(row["own"]) / size)
            self._so_far.setdefault(name, []).append(float(row["euc"]) / size)
        shutil.rmtree(directory, ignore_errors=True)
        if not seen:
            raise _unread("no line of it has the form that is known")

    def rows(self) -> list[dict[str, Any]]:
        """In the network's order: ``name``, ``kind``, ``own`` and ``so_far``.

        Both are distances to the float numbers as a share of their size, means over the frames.
        """
        return [
            {
                "name": name,
                "kind": kind,
                "own": float(np.mean(self._own[name])),
                "so_far": float(np.mean(self._so_far[name])),
            }
            for name, kind in self._kinds.items()
        ]


def _files(directory: Path) -> dict[str, str]:
    """The file name of each layer's numbers, by its name."""
    try:
        text = (directory / "map_name_to_file.txt").read_text(errors="replace")
    except OSError as error:
        raise _unread(f"its list of files is missing ({error.strerror})") from None
    pairs = [line.split() for line in text.splitlines()]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2 and pair[1].endswith(".txt")}


def _norm(directory: Path, name: str) -> float | None:
    """How large a layer's float numbers are; None where they are all zero or not there."""
    path = directory / "golden" / "npy" / Path(name).with_suffix(".npy").name
    try:
        if path.is_file():
            values = np.load(path, allow_pickle=False)
        else:
            values = np.loadtxt(directory / "golden" / Path(name).name, dtype=np.float32)
    except (OSError, ValueError):
        return None
    size = float(np.linalg.norm(np.asarray(values, np.float64)))
    return size if np.isfinite(size) and size > 0 else None


def _unread(why: str) -> Failure:
    return Failure(
        f"The toolkit's table of layers cannot be read: {why}.",
        hint="This version of rknn-toolkit2 may write another format.",
        code="toolkit",
        where="accuracy_analysis",
    )
