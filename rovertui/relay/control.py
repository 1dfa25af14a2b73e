"""Asking a relay, from one thread at a time."""

from __future__ import annotations

import json
import threading
from typing import Any

import zmq


class Control:
    """A connection to a relay's control socket; made anew after each silence."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket: zmq.Socket[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, request: dict[str, Any], timeout: float = 1.0) -> dict[str, Any] | None:
        """Its answer, or None when it gave none in time."""
        with self._lock:
            return self._ask(request, timeout)

    def _ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any] | None:
        if self._context.closed:
            return None
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
        except (zmq.ZMQError, ValueError, RecursionError):
            pass
        self._socket.close(0)
        self._socket = None
        return None

    def close(self) -> None:
        """Let go; waits for a question that is under way."""
        with self._lock:
            self._context.destroy(linger=0)
