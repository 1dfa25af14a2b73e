"""The way to the V620: a bounded queue that never makes anybody wait."""

from __future__ import annotations

import contextlib
import struct
from typing import Literal

import zmq

State = Literal["unset", "connecting", "up", "down"]

_HWM = 8
_RECONNECT_MS = 100
_HEARTBEAT_MS, _HEARTBEAT_LIMIT_MS = 1000, 3000
# zmq.utils.monitor reads these too, but brings asyncio, which costs 80 ms of the restart.
_EVENT = struct.Struct("=hi")
_WORDS = {
    zmq.Event.CONNECT_RETRIED: "nobody listens there",
    zmq.Event.DISCONNECTED: "the connection was lost",
    zmq.Event.HANDSHAKE_FAILED_NO_DETAIL: "what listens there does not speak ZeroMQ",
    zmq.Event.HANDSHAKE_FAILED_PROTOCOL: "what listens there does not speak ZeroMQ",
}


class Upstream:
    """A PUSH socket to ``address``, or to nowhere when that is empty.

    Args:
        threads: which of the context's threads may carry it, as bits; 0 any.
    """

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], address: str, threads: int = 0
    ) -> None:
        self._context = context
        self._threads = threads
        self.address = address
        self.state: State = "unset"
        self.reason = ""
        self.connections = 0
        self._socket: zmq.Socket[bytes] | None = None
        self.monitor: zmq.Socket[bytes] | None = None
        if address:
            self._connect()

    def _connect(self) -> None:
        socket = self._context.socket(zmq.PUSH)
        socket.set(zmq.AFFINITY, self._threads)
        socket.set(zmq.LINGER, 0)
        socket.set(zmq.SNDHWM, _HWM)
        # Nothing is queued for a server that is not there: what it gets later is fresh.
        socket.set(zmq.IMMEDIATE, 1)
        socket.set(zmq.RECONNECT_IVL, _RECONNECT_MS)
        socket.set(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
        socket.set(zmq.HEARTBEAT_TIMEOUT, _HEARTBEAT_LIMIT_MS)
        self.monitor = socket.get_monitor_socket()
        self.state = "connecting"
        socket.connect(self.address)
        self._socket = socket

    def send(self, parts: list[zmq.Frame]) -> bool:
        """Hand a message over; False when there is no room or no server."""
        if self._socket is None:
            return False
        try:
            if len(parts) == 1:
                self._socket.send(parts[0], zmq.NOBLOCK, copy=False)
            else:
                self._socket.send_multipart(parts, zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        return True

    def look(self) -> None:
        """Read what the connection's monitor has to say."""
        while self.monitor is not None and self.monitor.poll(0):
            event, _ = _EVENT.unpack_from(self.monitor.recv_multipart()[0])
            if event == zmq.Event.HANDSHAKE_SUCCEEDED:
                self.state, self.reason = "up", ""
                self.connections += 1
            elif event in _WORDS:
                # A retry after a loss keeps the loss's words until there is something new.
                self.state = "down"
                self.reason = _WORDS[event]

    def close(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(zmq.ZMQError):
                self._socket.disable_monitor()
            self._socket.close(0)
        self._socket = self.monitor = None
        self.state = "unset"
