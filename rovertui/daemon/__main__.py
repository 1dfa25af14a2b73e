"""The daemon's process: lock, recover, serve until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import logging.handlers
import os
import signal
import sys
from pathlib import Path

from rovertui.called import called, called_from_anywhere
from rovertui.errors import OperatorError
from rovertui.files import private_file
from rovertui.privacy import narrow, shut
from rovertui.workspace import Workspace

log = logging.getLogger("rovertui.daemon")

_LOG_LIMIT = 2 << 20


def main(arguments: list[str] | None = None) -> int:
    """Run the daemon of one workspace in the foreground; 0 also when another one runs."""
    parser = argparse.ArgumentParser(prog=f"{called()} daemon run", description=main.__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    given = parser.parse_args(arguments)
    workspace = Workspace(given.workspace)
    called_from_anywhere(workspace.root)
    try:
        return run(workspace)
    except OperatorError as error:
        print(error.sentence(), file=sys.stderr)  # noqa: T201
        return 1


def run(workspace: Workspace) -> int:
    """Serve ``workspace`` until SIGTERM, SIGINT or a client's wish."""
    config = workspace.load()
    narrow()
    shut(workspace.kept)
    # The lock comes before the socket: who holds it may remove a socket that lies about.
    lock = private_file(workspace.lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = os.read(lock, 32).decode(errors="replace").strip()
        said = f"Another daemon serves this workspace: process {who or 'not known'}."
        print(said, file=sys.stderr)  # noqa: T201
        return 0
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    _log_to(workspace.logs / "rovertui.log")
    log.info("serving %s", workspace.root)

    from rovertui.daemon.launch import command
    from rovertui.daemon.service import Service

    async def serve() -> bool:
        service = Service(workspace, config)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, service.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: None)
        await service.run()
        return service.again

    again = asyncio.run(serve())
    log.info("ended")
    os.close(lock)
    if again:
        # The same process with a fresh configuration: what started it need not know.
        os.execv(sys.executable, command(workspace))
    return 0


def _log_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=_LOG_LIMIT, backupCount=2)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("paramiko").setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
