"""A child's hold on its parent: when the parent is gone, the child ends, group and all.

Standard library only: every child of the daemon uses it, under whatever Python it runs.
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading

_READ = 4096


def hold(fd: int) -> None:
    """End this process's group with SIGKILL when the pipe's last writing end is closed.

    Two guards. The kernel is asked to send the signal itself (``F_SETOWN``, ``F_SETSIG``,
    ``O_ASYNC``), which works even while native code holds the interpreter; a thread that reads
    covers a parent that died before this was set, and systems without ``F_SETSIG``.

    The parent never writes: a byte in the pipe counts as its end for the kernel's guard.

    Args:
        fd: the reading end, inherited from the parent.

    Raises:
        OSError: ``fd`` is not open.
    """
    os.set_inheritable(fd, False)
    _lead_a_group()
    _ask_the_kernel(fd)
    threading.Thread(target=_wait_for_end, args=(fd,), name="lifeline", daemon=True).start()


def _lead_a_group() -> None:
    """Killing the group must not reach whoever started us."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)


def _ask_the_kernel(fd: int) -> None:
    setsig = getattr(fcntl, "F_SETSIG", None)
    if setsig is None:
        return
    fcntl.fcntl(fd, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(fd, setsig, signal.SIGKILL)
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_ASYNC)


def _wait_for_end(fd: int) -> None:
    while os.read(fd, _READ):
        continue
    os.killpg(os.getpgrp(), signal.SIGKILL)
