"""A terminal that goes away: Textual handles neither SIGTERM nor SIGHUP, so this does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

_GRACE = 2.0
"""Seconds for the screen to close by itself; afterwards the process ends without it."""

_WATCH = 2.0


def install(leave: Callable[[int], None]) -> None:
    """Make signals and a vanished terminal end the program. Call within the running loop.

    Args:
        leave: closes the screen, so that the terminal is sane; takes the exit code.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave, 128 + number)
    loop.add_signal_handler(signal.SIGHUP, _hang_up, leave)
    if sys.__stdin__ is not None and sys.__stdin__.isatty():
        watch = threading.Thread(
            target=_watch, args=(sys.__stdin__.fileno(), loop, leave), daemon=True
        )
        watch.start()


def resume_whole(driver: Any) -> None:
    """Let Textual's driver begin again after SIGSTOP without its first threads.

    Continued, it starts a thread that reads keys beside the one it has: both are woken by a key,
    one takes it, and the other then waits in `read` for ever, also when the program is to end.
    The loop does it, not a handler that interrupts: that would wait for a lock which what it
    interrupted holds, or for itself when it is interrupted by the next SIGCONT.
    Call after the driver has set its own handlers, within the running loop.
    """
    if getattr(driver, "_key_thread", None) is None:
        return

    def continued() -> None:
        # After ctrl+z (SIGTSTP) the driver has ended its threads itself.
        if not driver._must_signal_resume:
            driver.exit_event.set()
            driver._key_thread.join()
            driver.exit_event.clear()
            driver._writer_thread.stop()
        driver.resume_application_mode()

    asyncio.get_running_loop().add_signal_handler(signal.SIGCONT, continued)


@contextlib.contextmanager
def terminal_kept() -> Iterator[None]:
    """Leave the terminal's settings as they were found.

    Textual takes those it finds when it is continued after SIGSTOP for the ones to restore, and
    these are its own.
    """
    stdin = sys.__stdin__
    if stdin is None or not stdin.isatty():
        yield
        return
    before = termios.tcgetattr(stdin.fileno())
    try:
        yield
    finally:
        # A terminal that has gone has no settings.
        with contextlib.suppress(termios.error, OSError, ValueError):
            termios.tcsetattr(stdin.fileno(), termios.TCSANOW, before)


def _hang_up(leave: Callable[[int], None]) -> None:
    """Leave, even if what is still written to the lost terminal blocks for ever."""
    timer = threading.Timer(_GRACE, os._exit, [129])
    timer.daemon = True
    timer.start()
    leave(129)


def _watch(fd: int, loop: asyncio.AbstractEventLoop, leave: Callable[[int], None]) -> None:
    """With SIGHUP ignored, only this notices that the terminal is gone."""
    while True:
        time.sleep(_WATCH)
        try:
            termios.tcgetattr(fd)
        except (termios.error, OSError):
            if loop.is_running():
                loop.call_soon_threadsafe(leave, 129)
            time.sleep(_GRACE)
            os._exit(129)
