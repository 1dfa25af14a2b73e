"""What a program on the server says, as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

_PATIENCE = 0.5


def blocks(program: Any, tick: Callable[[], None]) -> Iterator[bytes]:
    """Its output until it ends.

    Args:
        program: a channel of `Link.program`.
        tick: called before each block and at least twice a second; what it raises ends this.
    """
    program.settimeout(_PATIENCE)
    while True:
        tick()
        try:
            block: bytes = program.recv(1 << 16)
        except TimeoutError:
            continue
        if not block:
            return
        yield block
