"""What paramiko keeps incoming bytes in, both ends of it, for files of many megabytes.

Its own ways cost most of what receiving costs (measured: docs/benchmarks.md): every packet of
32 KiB is read in two parts, and piled on an array that is copied, and moved up, at every read.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

_PIECE = 1 << 18


class BufferedSocket:
    """A socket, or a channel used as one, that is read in large pieces, whatever is asked for.

    Only for one reading thread, as paramiko's is.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._room = memoryview(bytearray(_PIECE)) if hasattr(sock, "recv_into") else None
        self._ahead = memoryview(b"")

    def recv(self, count: int) -> bytes:
        """Up to ``count`` bytes; nothing at the end. Waits only where nothing was read ahead."""
        if not self._ahead:
            if self._room is not None:
                self._ahead = self._room[: self._sock.recv_into(self._room)]
            else:
                self._ahead = memoryview(self._sock.recv(_PIECE))
        data = bytes(self._ahead[:count])
        self._ahead = self._ahead[count:]
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class Pieces:
    """Stands in for `paramiko.buffered_pipe.BufferedPipe`: keeps what comes in as it came.

    One thread feeds, one reads; reads end with `paramiko.buffered_pipe.PipeTimeout`.
    """

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._length = 0
        self._closed = False
        self._arrived = threading.Condition()

    def __len__(self) -> int:
        return self._length

    def feed(self, data: bytes) -> None:
        with self._arrived:
            self._pieces.append(data)
            self._length += len(data)
            self._arrived.notify()

    def read_ready(self) -> bool:
        return self._length > 0

    def read(self, nbytes: int, timeout: float | None = None) -> bytes:
        """What is there, at most ``nbytes`` and a quarter of a mebibyte; nothing at the end."""
        from paramiko.buffered_pipe import PipeTimeout

        until = None if timeout is None else time.monotonic() + timeout
        with self._arrived:
            while not self._pieces and not self._closed:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    raise PipeTimeout
                self._arrived.wait(left)
            return self._take(min(nbytes, _PIECE))

    def empty(self) -> bytes:
        """Take all of it."""
        with self._arrived:
            return self._take(self._length)

    def _take(self, most: int) -> bytes:
        taken: list[bytes] = []
        while self._pieces and most > 0:
            piece = self._pieces.popleft()
            if len(piece) > most:
                self._pieces.appendleft(piece[most:])
                piece = piece[:most]
            taken.append(piece)
            most -= len(piece)
        data = taken[0] if len(taken) == 1 else b"".join(taken)
        self._length -= len(data)
        return data

    def close(self) -> None:
        """No more comes; what is there can still be read."""
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()
