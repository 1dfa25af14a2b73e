"""Writes and hashes what arrives in a thread of its own, so that the link never waits for it."""

from __future__ import annotations

import queue
import threading
from types import TracebackType

from rovertui.remote.partial import Partial

_AHEAD = 32
"""Blocks that may wait to be written; with a mebibyte each, the most memory used."""


class Intake:
    """A thread that appends blocks to a partial file, in order.

    Leaving the ``with`` block waits until everything is written, and raises what went wrong.
    """

    def __init__(self, part: Partial) -> None:
        self._part = part
        self._blocks: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._write, name="intake", daemon=True)

    def __enter__(self) -> Intake:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._blocks.put(None)
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    def put(self, block: bytes) -> None:
        """Hand over a block.

        Raises:
            OperatorError: an earlier one could not be written.
        """
        if self._error is not None:
            raise self._error
        self._blocks.put(block)

    def _write(self) -> None:
        while (block := self._blocks.get()) is not None:
            if self._error is None:
                try:
                    self._part.append(block)
                except Exception as error:  # noqa: BLE001  raised again where it was asked for
                    self._error = error
