"""What the worker says: one JSON object a line, on the standard output it was started with.

``{"event": "stage", "stage", "text"}``, ``{"event": "progress", "done", "total", "text"}``,
``{"event": "log" | "warning", "text"}`` and, last of all, exactly one of
``{"event": "result", ...}`` (exit status 0) or
``{"event": "error", "message", "hint", "code", "where"}`` (another exit status). Each stage is
also a line ``#stage NAME TEXT`` on standard error, written before its event: the two streams have
no order of their own.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


class Channel:
    """Writes events whole; nothing else can get between them."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    @classmethod
    def take_standard_output(cls) -> Channel:
        """Keep standard output for events, and let everything else on it go to standard error.

        The toolkit's native library prints to descriptor 1, where Python cannot catch it.
        """
        kept = os.dup(1)
        os.dup2(2, 1)
        return cls(kept)

    def _write(self, event: dict[str, Any]) -> None:
        data = json.dumps(event, allow_nan=False).encode() + b"\n"
        while data:
            data = data[os.write(self._fd, data) :]

    def stage(self, stage: str, text: str = "") -> None:
        """Begin a stage, and mark its place among the toolkit's own words on standard error."""
        sys.stderr.flush()
        os.write(2, f"\n#stage {stage} {text}\n".encode())
        self._write({"event": "stage", "stage": stage, "text": text})

    def progress(self, done: int, total: int, text: str = "") -> None:
        self._write({"event": "progress", "done": done, "total": total, "text": text})

    def log(self, text: str) -> None:
        self._write({"event": "log", "text": text})

    def warning(self, text: str) -> None:
        self._write({"event": "warning", "text": text})

    def result(self, result: dict[str, Any]) -> None:
        self._write({"event": "result", **result})

    def error(self, message: str, hint: str, code: str, where: str) -> None:
        self._write(
            {"event": "error", "message": message, "hint": hint, "code": code, "where": where}
        )
