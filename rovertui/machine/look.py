"""The machine in one view, once a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from rovertui.machine import cpu, heat, net
from rovertui.machine.disk import Disk
from rovertui.machine.npu import Npu
from rovertui.machine.own import Own
from rovertui.machine.read import Root
from rovertui.snapshot import MachineView

_CLOCK_NOT_SET = 1_735_689_600  # 2025-01-01: older than this program


class Machine:
    """Reads the machine. For one thread.

    Args:
        samples: where samples lie; its disk is the one that fills.
        root: the file system, or a tree that looks like one.
    """

    def __init__(
        self,
        samples: Path,
        root: Path = Path("/"),
        pid: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._root = Root(root)
        self._clock = clock
        self._wall = wall
        self._disk = Disk(samples, clock)
        self._own = Own(self._root, os.getpid() if pid is None else pid)
        self._ticks = cpu.ticks(self._root)
        self._npu = Npu(self._root)

    def look(self, besides: set[int] | None = None) -> MachineView:
        """The present view; loads are those since the last look. What is absent is None."""
        ticks = cpu.ticks(self._root)
        memory = self._memory()
        view = MachineView(
            model=self._root.line("proc/device-tree/model") or "",
            clusters=cpu.clusters(self._root, self._ticks, ticks),
            heat=heat.temperatures(self._root),
            slowed=heat.slowed(self._root),
            memory_total=memory.get("MemTotal"),
            memory_free=memory.get("MemAvailable"),
            disk=self._disk.view(),
            wifi=net.wifi(self._root),
            npu=self._npu.view(),
            clock_set=self._wall() > _CLOCK_NOT_SET,
        )
        view.own_cpu, view.own_memory = self._own.measure(self._clock(), besides or set())
        self._ticks = ticks
        return view

    def _memory(self) -> dict[str, int]:
        found = {}
        for line in (self._root.text("proc/meminfo") or "").splitlines():
            key, _, rest = line.partition(":")
            fields = rest.split()
            if fields and fields[0].isdigit():
                found[key] = int(fields[0]) * 1024
        return found
