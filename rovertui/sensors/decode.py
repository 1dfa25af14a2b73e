"""From a packet of the collector to the arrays of a sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from rovertui.sensors.packet import Malformed, Packet

_FAR_M = 6.0
_MOST_PIXELS = 8 << 20


def picture(packet: Packet) -> NDArray[np.uint8]:
    """The colour picture, (H, W, 3) uint8 RGB. Raises Malformed.

    The collector compresses BGR with OpenCV, which writes an ordinary JPEG: decoded to RGB the
    colours are right.
    """
    shape = packet.shapes["rgb"]
    data = packet.parts["rgb"]
    if not packet.compressed:
        raw: NDArray[np.uint8] = np.frombuffer(data, np.uint8).reshape(shape).copy()
        return raw
    try:
        # Size first: a few bytes must not make us unpack a gigapixel.
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
        if shape != (height, width, 3):
            raise Malformed(f"a JPEG of {height}x{width} where the metadata say {shape}")
        if height * width > _MOST_PIXELS:
            raise Malformed(f"a JPEG of {height}x{width}, which no camera of a rover has")
        return np.asarray(simplejpeg.decode_jpeg(data, colorspace="RGB"), np.uint8)
    except ValueError as error:
        raise Malformed(f"rgb is no JPEG ({error})") from None


def vector(packet: Packet, name: str) -> NDArray[np.float32]:
    """depth, proprio or action as sent, a copy of its own."""
    flat = np.frombuffer(packet.parts[name], "<f4").astype(np.float32)
    return flat.reshape(packet.shapes[name])


def metres(depth: NDArray[Any], far: float = _FAR_M) -> NDArray[np.float32]:
    """Depth as a sample holds it: NaN and +inf become ``far``, clipped to 0..``far`` metres."""
    filled = np.nan_to_num(depth.astype(np.float32), nan=far, posinf=far, neginf=0.0)
    return np.clip(filled, 0.0, far, out=filled)


def arrays(packet: Packet, far: float = _FAR_M) -> dict[str, NDArray[Any]]:
    """rgb, depth (metres) and proprio of a packet. Raises Malformed."""
    return {
        "rgb": picture(packet),
        "depth": metres(vector(packet, "depth"), far),
        "proprio": vector(packet, "proprio"),
    }
