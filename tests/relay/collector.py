"""A sender with the habits of the rover's collector. Run as a program: ADDRESS RATE COUNT.

Like the real one it sets SNDHWM 10, never waits, and ends with a traceback when its queue is
full. Packets carry their number in ``episode_step`` and arrays that differ from one another.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import simplejpeg
import zmq

from rovertui.sensors import packet

HEIGHT, WIDTH = 240, 424


def make(number: int, stamp: float | None = None, *, compressed: bool = True) -> bytes:
    rng = np.random.default_rng(number)
    rgb = np.full((HEIGHT, WIDTH, 3), 40 + number % 150, np.uint8)
    rgb[: HEIGHT // 2, :, 0] = 200
    depth = np.full((HEIGHT, WIDTH), 1.0 + number % 7 / 2, np.float32)
    depth[0, 0] = np.nan
    proprio = np.array([0.1, 0.2, 0.01, 0.02, 9.8, 1.5], np.float32)
    proprio += rng.normal(0, 1e-3, 6).astype(np.float32)
    parts = {
        "rgb": simplejpeg.encode_jpeg(rgb, quality=85) if compressed else rgb.tobytes(),
        "depth": depth.tobytes(),
        "proprio": proprio.tobytes(),
        "action": np.array([0.5, -0.25], np.float32).tobytes(),
    }
    shapes = {"rgb": [HEIGHT, WIDTH, 3], "depth": [HEIGHT, WIDTH], "proprio": [6], "action": [2]}
    return packet.build(
        time.time() if stamp is None else stamp,
        parts,
        shapes,
        compressed=compressed,
        episode_step=number,
    )


def main() -> None:
    address, rate, count = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    context = zmq.Context()
    socket = context.socket(zmq.PUSH)
    socket.set(zmq.SNDHWM, 10)
    socket.connect(address)
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        try:
            socket.send(make(number), zmq.NOBLOCK)
        except zmq.Again:
            logger: object = object()
            logger.warn_throttle(1.0, "queue full")  # type: ignore[attr-defined]
    socket.close(2000)
    context.term()


if __name__ == "__main__":
    main()
