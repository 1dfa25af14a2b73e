"""A client's way to a daemon: the one that runs, or a new one started for it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, NoReturn

from rovertui.client import Client, DaemonStopped
from rovertui.daemon import logs
from rovertui.daemon.environment import environment
from rovertui.errors import OperatorError
from rovertui.text import clean
from rovertui.workspace import Workspace

_PATIENCE = 15.0
_ELSEWHERE = (
    "It does not answer here: most likely it was started with another XDG_CACHE_HOME or HOME, "
    "where its socket lies. Use the same, or end it (kill)."
)


class StartingClient(Client):
    """A client that starts the daemon where none runs.

    Args:
        face: what the audit log calls it.
        after_stop: whether to start it also where it was stopped on purpose; a screen that is
            open when somebody stops the daemon must not bring it back.

    Attributes:
        started: whether it had to start one.
    """

    def __init__(
        self, workspace: Workspace, face: str = "script", *, after_stop: bool = True
    ) -> None:
        super().__init__(workspace, face)
        self.after_stop = after_stop
        self.started = False

    async def connect(self) -> None:
        """Connect, after starting the daemon if need be.

        Raises:
            DaemonStopped: it was stopped on purpose, and is to stay so.
            OperatorError: it does not start, with its own last words.
        """
        try:
            await super().connect()
            return
        except ConnectionError:
            if self.workspace.stopped.exists() and not self.after_stop:
                raise DaemonStopped(_who_stopped(self.workspace)) from None
        await asyncio.to_thread(self.workspace.load)
        process = start(self.workspace)
        self.started = True
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            try:
                await super().connect()
                return
            except ConnectionError:
                pass
            # A daemon that lost the race for the lock ends with 0; the winner answers soon, or
            # would have long ago.
            ended = process.poll()
            if ended or (ended == 0 and _held_for(self.workspace) > _PATIENCE):
                break
            await asyncio.sleep(0.03)
        log = f"Its log is {self.workspace.logs / 'daemon.log'}."
        raise OperatorError(
            f"The daemon did not start: {_last_words(self.workspace)}",
            hint=log if process.poll() != 0 else f"{_ELSEWHERE} {log}",
            code="daemon",
        )


async def connected(workspace: Workspace, face: str = "script") -> Client:
    """A connected client; the daemon is started when none runs."""
    client = StartingClient(workspace, face)
    await client.connect()
    return client


def start(workspace: Workspace) -> subprocess.Popen[bytes]:
    """Start a daemon that outlives this process and its terminal."""
    with logs.opened(workspace.logs / "daemon.log") as log:
        return subprocess.Popen(
            command(workspace),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=workspace.kept,
            env=environment(os.environ),
            start_new_session=True,
        )


def not_found_here(workspace: Workspace) -> OperatorError | None:
    """That a daemon serves the workspace although no socket of it is found here; None: none does.

    One that has only just begun, or ends at this moment, is none.
    """
    try:
        number = workspace.lock.read_text(errors="replace").strip()
        command = Path(f"/proc/{int(number)}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    ours = b"rovertui.daemon" in command and os.fsencode(workspace.root) in command.split(b"\0")
    if not (ours and workspace.running.exists() and _held_for(workspace) > _PATIENCE):
        return None
    return OperatorError(
        f"A daemon serves {clean(str(workspace.root))}: process {number}.",
        hint=_ELSEWHERE,
        code="no-daemon",
    )


def become(workspace: Workspace) -> NoReturn:
    """Make this process the daemon, in the environment that :func:`start` gives one.

    What the C library is told there it reads at the start of a program, and only then.

    Raises:
        OperatorError: there is no workspace, or its configuration cannot be used.
    """
    workspace.load()
    workspace.kept.mkdir(parents=True, exist_ok=True)
    os.chdir(workspace.kept)
    os.execve(sys.executable, command(workspace), environment())


def command(workspace: Workspace) -> list[str]:
    """The daemon's program and arguments."""
    return [sys.executable, "-m", "rovertui.daemon", "--workspace", str(workspace.root)]


def end_other_version(workspace: Workspace, patience: float = 20.0) -> None:
    """Ask a daemon that speaks another protocol to end, by signal, and wait until it has.

    Raises:
        OperatorError: it did not end; or nobody holds the lock of this workspace.
    """
    with workspace.lock.open("rb") as lock:
        number = lock.read(32).strip()
        if not number.isdigit() or _taken(lock):
            raise OperatorError(f"{workspace.lock}: no daemon holds it.")
        os.kill(int(number), signal.SIGTERM)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if _taken(lock):
                return
            time.sleep(0.05)
    raise OperatorError(
        f"The daemon (process {int(number)}) did not end within {patience:.0f} s.",
        hint=f"`kill -9 {int(number)}` ends it; the next start cleans up after it.",
        code="daemon",
    )


def _held_for(workspace: Workspace) -> float:
    """Seconds since the daemon that holds the lock wrote itself into it."""
    try:
        return time.time() - workspace.lock.stat().st_mtime
    except OSError:
        return 0.0


def _taken(lock: IO[bytes]) -> bool:
    """Whether the lock could be taken: then no daemon runs."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _who_stopped(workspace: Workspace) -> str:
    try:
        stat, said = workspace.stopped.stat(), workspace.stopped.read_text(errors="replace")
    except OSError:
        return "The daemon was stopped."
    who = f" by {clean(said.strip(), 60)}" if said.strip() else ""
    return (
        f"The daemon was stopped{who} at {time.strftime('%H:%M', time.localtime(stat.st_mtime))}."
    )


def _last_words(workspace: Workspace) -> str:
    try:
        lines = (workspace.logs / "daemon.log").read_text(errors="replace").splitlines()
    except OSError:
        return "it left no log."
    return lines[-1] if lines else "its log is empty."
