"""What an ``.rknn`` file says of itself, read without a device and without the toolkit.

The layout is not documented (found by experiment on files of rknn-toolkit2 2.5.0): a magic, a
format number, the length of a flatbuffer, and after that the length and text of a JSON object.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rovertui.reading import contents

_MAGIC = b"RKNN"
_HEAD = 64
_LARGEST_JSON = 16 << 20
_LARGEST = 1 << 30


@dataclass(frozen=True, slots=True)
class Header:
    """Attributes:
    targets: chips it was built for.
    version: of the toolkit that built it.
    inputs, outputs: (name, shape, native type); the type is empty for float16.
    """

    targets: tuple[str, ...]
    version: str
    inputs: tuple[tuple[str, tuple[int, ...], str], ...]
    outputs: tuple[tuple[str, tuple[int, ...], str], ...]

    @property
    def precision(self) -> str:
        """``int8``, ``int16``, ``fp16``, or ``hybrid`` where native types differ."""
        types = {kind for _, _, kind in (*self.inputs, *self.outputs)}
        if types == {""}:
            return "fp16"
        return types.pop() if len(types) == 1 else "hybrid"


def read(path: Path) -> Header | None:
    """The header of a file; None when it cannot be read as one (the layout may change)."""
    try:
        with path.open("rb") as stream:
            return _read(stream.read(_HEAD), stream, path.stat().st_size)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        struct.error,
        RecursionError,
        OverflowError,
    ):
        return None


def _read(head: bytes, stream: Any, size: int) -> Header | None:
    if head[:4] != _MAGIC:
        return None
    _, flat = struct.unpack("<QQ", head[8:24])
    if flat + _HEAD + 8 > size:
        return None
    stream.seek(_HEAD + flat)
    (length,) = struct.unpack("<Q", stream.read(8))
    if length > min(size, _LARGEST_JSON):
        return None
    found = json.loads(stream.read(length))
    tensors = found["norm_tensor"]
    sides: dict[str, list[tuple[str, tuple[int, ...], str]]] = {"input": [], "output": []}
    for edge in found["graph"]:
        tensor = tensors[edge["right_tensor_id"]]
        shape = tuple(int(axis) for axis in tensor["size"])
        kind = str(tensor["dtype"]["vx_type"])
        sides[edge["left"]].append((str(tensor["url"]), shape, kind))
    targets = found["target_platform"]
    if not isinstance(targets, list) or not sides["input"] or not sides["output"]:
        return None
    return Header(
        targets=tuple(str(target) for target in targets),
        version=str(found["version"]),
        inputs=tuple(sides["input"]),
        outputs=tuple(sides["output"]),
    )


def note(path: Path, marker: str) -> dict[str, Any] | None:
    """The JSON object that follows ``marker`` in the file's own text, None without one."""
    try:
        data = contents(path, _LARGEST)
    except OSError:
        return None
    start = data.find(marker.encode())
    if start < 4:
        return None
    length = int.from_bytes(data[start - 4 : start], "little")
    if not len(marker) < length < 1024:
        return None
    try:
        found = json.loads(data[start + len(marker) : start + length])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
