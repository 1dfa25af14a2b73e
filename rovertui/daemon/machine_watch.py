"""The machine's figures for the snapshot, read beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from rovertui.snapshot import MachineView

if TYPE_CHECKING:
    from rovertui.machine.look import Machine

_EVERY = 1.0


class MachineWatch:
    """Looks once a second while somebody watches, and every ten seconds otherwise."""

    def __init__(
        self,
        make: Callable[[], Machine],
        besides: Callable[[], set[int]],
        watched: Callable[[], bool],
        on_change: Callable[[], None],
    ) -> None:
        self._make = make
        self._besides = besides
        self._watched = watched
        self._on_change = on_change
        self.view = MachineView()

    async def watch(self) -> None:
        """Until cancelled."""
        machine = await asyncio.to_thread(self._make)
        idle = 0
        while True:
            if idle % 10 == 0:
                self.view = await asyncio.to_thread(machine.look, self._besides())
                self._on_change()
            await asyncio.sleep(_EVERY)
            idle = 0 if self._watched() else idle + 1
