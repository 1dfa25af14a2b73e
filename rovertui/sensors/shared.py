"""Frames for other processes of ours: made and sent only where somebody listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import zmq
from numpy.typing import NDArray

from rovertui.reading import Damaged, from_msgpack
from rovertui.sensors.frame import Frame

NOW_AND_THEN = b"now and then"
EVERY = b"every frame"
COMMANDS = b"commands"
_HWM = 2
_KINDS = ("uint8", "float32", "float64", "int32", "int64")
_Plain = tuple[str, list[int], bytes]


class Shared(msgspec.Struct):
    """A frame, or with :data:`COMMANDS` only what drove the rover at that moment.

    Attributes:
        taken: ``time.monotonic()`` (the same in all processes) when it was taken, as far as known.
        action: linear and angular in -1..1; None where the source does not know.
        arrays: type, shape and bytes of each.
    """

    taken: float
    stamp: float
    kind: str
    action: tuple[float, float] | None = None
    arrays: dict[str, _Plain] = {}

    def array(self, name: str) -> NDArray[Any] | None:
        """One array; None where there is none, or what came is none."""
        kind, shape, data = self.arrays.get(name, ("", [], b""))
        if kind not in _KINDS:
            return None
        flat = np.frombuffer(data, kind)
        return flat.reshape(shape) if flat.size == np.prod(shape) else None


def _shared(frame: Frame, kind: str, arrays: Mapping[str, NDArray[Any]]) -> Shared:
    action = None
    if frame.action is not None:
        action = float(frame.action[0]), float(frame.action[1])
    return Shared(
        taken=frame.received - max(frame.ages.values(), default=0.0),
        stamp=frame.stamp,
        kind=kind,
        action=action,
        arrays={
            name: (array.dtype.name, list(array.shape), np.ascontiguousarray(array).tobytes())
            for name, array in arrays.items()
        },
    )


class Outlet:
    """The recorder's end. Nothing is made of a frame that nobody asked for.

    Args:
        place: path of the Unix socket.
        pause: seconds between two frames of :data:`NOW_AND_THEN`.
    """

    def __init__(
        self, place: Path, pause: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.set(zmq.LINGER, 0)
        self._socket.set(zmq.SNDHWM, _HWM)
        self._socket.bind(f"ipc://{place}")
        self._place = place
        self._pause = pause
        self._clock = clock
        self._next = float("-inf")
        self._wanted: set[bytes] = set()

    def offer(self, frame: Frame, kind: str) -> None:
        """Send to whoever wants it; never waits."""
        self._listen()
        if not self._wanted:
            return
        if COMMANDS in self._wanted and frame.action is not None:
            self._send(COMMANDS, _shared(frame, kind, {}))
        now = self._clock()
        due = {EVERY, NOW_AND_THEN} if now >= self._next else {EVERY}
        topics = self._wanted & due
        if NOW_AND_THEN in topics:
            self._next = now + self._pause
        if topics:
            whole = _shared(frame, kind, frame.arrays)
            for topic in topics:
                self._send(topic, whole)

    def _send(self, topic: bytes, shared: Shared) -> None:
        try:
            self._socket.send_multipart([topic, msgspec.msgpack.encode(shared)], zmq.NOBLOCK)
        except zmq.Again:
            return

    def _listen(self) -> None:
        """Who came and who went since the last frame."""
        while self._socket.poll(0):
            said = self._socket.recv()
            (self._wanted.add if said[:1] == b"\x01" else self._wanted.discard)(said[1:])

    def close(self) -> None:
        self._context.destroy(linger=0)
        self._place.unlink(missing_ok=True)


def listen(
    context: zmq.Context[zmq.Socket[bytes]], place: Path, *topics: bytes
) -> zmq.Socket[bytes]:
    """A socket for what an outlet at ``place`` sends; it may begin later and come and go."""
    socket = context.socket(zmq.SUB)
    socket.set(zmq.LINGER, 0)
    socket.set(zmq.RCVHWM, _HWM)
    socket.set(zmq.RECONNECT_IVL, 100)
    for topic in topics:
        socket.subscribe(topic)
    socket.connect(f"ipc://{place}")
    return socket


def taken_from(socket: zmq.Socket[bytes]) -> Shared | None:
    """The next that has arrived; None when nothing has, or it is none of ours."""
    try:
        parts = socket.recv_multipart(zmq.NOBLOCK)
    except zmq.Again:
        return None
    try:
        return from_msgpack(parts[-1], Shared)
    except Damaged:
        return None
