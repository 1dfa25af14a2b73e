"""Waiting for what other processes and threads do, without guessing how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def until(holds: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Poll ``holds`` until it is true, and return that; fail after ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := holds():
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s: {holds}")
