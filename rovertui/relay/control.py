"""Asking a relay, from one thread at a time."""

from __future__ import annotations

import json
from typing import Any

import zmq


class Control:
    """A connection to a relay's control socket; made anew after each silence."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket: zmq.Socket[bytes] | None = None

    def ask(self, request: dict[str, Any], timeout: float = 1.0) -> dict[str, Any] | None:
        """Its answer, or None when it gave none in time."""
        if self._socket is None:
            self._socket = self._context.socket(zmq.DEALER)
            self._socket.set(zmq.LINGER, 0)
            self._socket.connect(f"ipc://{self._path}")
        try:
            self._socket.send(json.dumps(request).encode(), zmq.NOBLOCK)
            if self._socket.poll(int(timeout * 1000)):
                answer = json.loads(self._socket.recv())
                if isinstance(answer, dict) and "error" not in answer:
                    return answer
        except (zmq.ZMQError, ValueError):
            pass
        self._socket.close(0)
        self._socket = None
        return None

    def close(self) -> None:
        self._context.destroy(linger=0)
