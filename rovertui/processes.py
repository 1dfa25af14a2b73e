"""Processes named so that a later start can tell whether one is still the same."""

from __future__ import annotations

import fcntl
import os
import signal
from pathlib import Path

import msgspec


class ProcessName(msgspec.Struct, frozen=True):
    """A process for good: its number, when it started (clock ticks) and in which boot."""

    pid: int
    started: int
    boot: str


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def name_of(pid: int) -> ProcessName | None:
    """The lasting name of a running process, None when there is none (or only a zombie)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    if fields[0] in ("Z", "X"):
        return None
    return ProcessName(pid, int(fields[19]), boot_id())


def is_running(name: ProcessName) -> bool:
    """Whether exactly that process still runs."""
    return name_of(name.pid) == name


def end_group(name: ProcessName) -> bool:
    """Kill the process group that ``name`` leads, if it is still that process."""
    if not is_running(name):
        return False
    try:
        os.killpg(name.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class Lifeline:
    """A pipe whose closing kills a child's process group, done by the kernel.

    The child inherits the reading end and need not know of it: when the last writing end is
    gone, because its holder closed it or died in whatever way, the kernel sends SIGKILL to the
    group (``F_SETOWN``, ``F_SETSIG`` and ``O_ASYNC`` on the pipe), even while the child is deep
    in native code.

    Use: pass ``reader`` in ``pass_fds``, then call :meth:`tie` with the child's process group.
    """

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()

    def tie(self, group: int) -> None:
        """Arm the pipe for ``group`` and give up our copy of the reading end."""
        fcntl.fcntl(self.reader, fcntl.F_SETOWN, -group)
        fcntl.fcntl(self.reader, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(self.reader, fcntl.F_GETFL)
        fcntl.fcntl(self.reader, fcntl.F_SETFL, flags | os.O_ASYNC)
        os.close(self.reader)
        self.reader = -1

    def close(self) -> None:
        """End the group, if it still runs."""
        for end in (self.reader, self._writer):
            if end >= 0:
                os.close(end)
        self.reader = self._writer = -1
