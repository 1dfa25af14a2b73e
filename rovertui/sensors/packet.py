"""The collector's packet: where its parts lie, without touching a pixel.

The relay uses this for every message, so it imports neither NumPy nor a JPEG library.

One after the other: uint32 little-endian (length of the metadata), JSON metadata, rgb (JPEG or raw
uint8), then depth, proprio and action as float32.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LENGTH = struct.Struct("<I")
_LONGEST_METADATA = 64 << 10
_LARGEST_SIDE = 8192
_FLOAT = 4
_PARTS = ("depth", "proprio", "action")


class Malformed(Exception):
    """Bytes that are no packet of the collector; the message says why."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet's metadata and the places of its parts.

    Attributes:
        timestamp: seconds, of the collector's clock.
        compressed: whether ``parts["rgb"]`` is a JPEG; else raw uint8, RGB.
        shapes: of rgb, depth, proprio and action.
        parts: views into the message, of the same names.
        extra: the whole metadata as sent, for keys that later collectors add.
    """

    timestamp: float
    compressed: bool
    shapes: Mapping[str, tuple[int, ...]]
    parts: Mapping[str, memoryview]
    extra: Mapping[str, Any]


def parse(message: bytes | memoryview) -> Packet:
    """Find the parts of a message. Raises Malformed for whatever is no packet."""
    data = memoryview(message)
    if len(data) < _LENGTH.size:
        raise Malformed(f"{len(data)} bytes, shorter than any packet")
    (length,) = _LENGTH.unpack_from(data)
    body = _LENGTH.size + length
    if length > _LONGEST_METADATA or body > len(data):
        raise Malformed(f"metadata of {length} bytes in a message of {len(data)}")
    try:
        given = json.loads(bytes(data[_LENGTH.size : body]))
    except (ValueError, RecursionError):
        raise Malformed("metadata that are no JSON") from None
    if not isinstance(given, dict):
        raise Malformed("metadata that are no object")
    shapes = {name: _shape(given, f"{name}_shape") for name in ("rgb", *_PARTS)}
    sizes = {name: math.prod(shapes[name]) * _FLOAT for name in _PARTS}
    rgb_end = len(data) - sum(sizes.values())
    compressed = given.get("rgb_compressed", False)
    if not isinstance(compressed, bool):
        raise Malformed("rgb_compressed is neither true nor false")
    if rgb_end <= body or (not compressed and rgb_end - body != math.prod(shapes["rgb"])):
        raise Malformed(f"{len(data) - body} bytes of arrays, which their shapes do not explain")
    parts, place = {"rgb": data[body:rgb_end]}, rgb_end
    for name in _PARTS:
        parts[name] = data[place : place + sizes[name]]
        place += sizes[name]
    return Packet(_timestamp(given), compressed, shapes, parts, given)


def _shape(given: Mapping[str, Any], key: str) -> tuple[int, ...]:
    value = given.get(key)
    if not isinstance(value, list) or not 1 <= len(value) <= 4:
        raise Malformed(f"{key} is missing or no list of sizes")
    for side in value:
        if not isinstance(side, int) or isinstance(side, bool) or not 0 < side <= _LARGEST_SIDE:
            raise Malformed(f"{key} holds something that is no size")
    return tuple(value)


def _timestamp(given: Mapping[str, Any]) -> float:
    value = given.get("timestamp")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Malformed("timestamp is missing or no number")
    try:
        seconds = float(value)
    except OverflowError:
        raise Malformed("timestamp is no time") from None
    if not math.isfinite(seconds):
        raise Malformed("timestamp is no time")
    return seconds


def build(
    timestamp: float,
    parts: Mapping[str, bytes],
    shapes: Mapping[str, Sequence[int]],
    *,
    compressed: bool,
    **extra: Any,
) -> bytes:
    """A packet of these parts, as the collector writes it."""
    metadata = {
        "timestamp": timestamp,
        "episode_step": 0,
        "reward": 0.0,
        "done": False,
        **{f"{name}_shape": list(shapes[name]) for name in ("rgb", *_PARTS)},
        "rgb_compressed": compressed,
        **extra,
    }
    text = json.dumps(metadata).encode()
    return b"".join([_LENGTH.pack(len(text)), text, *(parts[name] for name in ("rgb", *_PARTS))])
