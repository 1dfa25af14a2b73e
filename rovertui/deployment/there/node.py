"""The node of that rover: told to load its model again, and heard."""

from __future__ import annotations

import contextlib
import json
import math
import re
import time
from typing import Any

from rovertui.deployment.there.files import Value, run

SUCCESS = re.compile(r"\bsuccess\s*[=:]\s*(true|false)", re.IGNORECASE)


def reload(job: Value) -> str:
    """Why the node did not take the model; nothing when it did."""
    status, said = run(job["reload_command"], job["reload_timeout"], job["directory"])
    words = SUCCESS.findall(said)
    last = " ".join(said.split())[-200:]
    if status is None or (words and words[-1].lower() == "false"):
        return last or "it refused"
    return "" if status == 0 else f"the reload command ended with {status}: {last}"


class Ear:
    """Wheel commands, where there is an address and this Python has pyzmq."""

    def __init__(self, address: str) -> None:
        self.socket: Any = None
        self.why = "" if address else "its commands cannot be heard from there"
        if not address:
            return
        try:
            import zmq
        except ImportError:
            self.why = "its commands cannot be heard: that Python has no pyzmq"
            return
        self.socket = zmq.Context().socket(zmq.SUB)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.SUBSCRIBE, b"")
        self.socket.connect(address)

    def listen(self, seconds: float) -> tuple[bool | None, str]:
        """(good, text); None for good where a command was no number."""
        if self.socket is None:
            return False, f"it answered success; {self.why}"
        while self.socket.poll(30):
            self.socket.recv()
        heard: list[tuple[float, float]] = []
        end = time.monotonic() + seconds
        while len(heard) < 10 or len(set(heard)) < 2:
            left = end - time.monotonic()
            if left <= 0 or not self.socket.poll(int(left * 1000)):
                break
            with contextlib.suppress(
                *(ValueError, TypeError, KeyError, OverflowError, RecursionError)
            ):
                value = json.loads(self.socket.recv())
                heard.append((float(value["linear"]), float(value["angular"])))
                if not all(map(math.isfinite, heard[-1])):
                    return None, "it answered success, but commands what is not a number"
        if len(heard) >= 10 and len(set(heard)) > 1:
            return True, f"{len(heard)} commands heard there, finite and changing"
        what = "all the same" if len(heard) > 1 and len(set(heard)) == 1 else f"only {len(heard)}"
        return False, f"it answered, but its commands in {seconds:g} s: {what}"
