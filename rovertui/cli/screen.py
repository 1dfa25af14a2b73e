"""Opening the screen on a workspace."""

from __future__ import annotations

import asyncio
import sys
import threading
from importlib import import_module

from rovertui.called import PROGRAM, called
from rovertui.daemon.launch import StartingClient, connected
from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from rovertui.ui import settling
from rovertui.workspace import Workspace


def open_screen(
    workspace: Workspace,
    plain: bool = False,
    *,
    sparing: bool = False,
    install_toolkit: bool = False,
    guided: bool | None = None,
) -> int:
    """Run the screen until it is left; the daemon goes on.

    The daemon is started first, so that what keeps it from starting is read on a plain
    terminal.

    Args:
        plain: ASCII characters only.
        sparing: few updates, for a slow line.
        guided: whether to begin with the guide; None: where nothing is set up yet.
        install_toolkit: have the toolkit installed behind the screen where it is missing.

    Raises:
        OperatorError: there is no terminal to draw on, or nobody who could press a key.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise OperatorError(
            "The screen needs a terminal; standard input or output is none here.",
            hint=f"In a script: `{called()} status --json`, `{PROGRAM} demo --headless`; over SSH: "
            "`ssh -t`.",
        )

    async def first() -> Snapshot:
        client = await connected(workspace, "screen")
        snapshot = await client.now()
        if install_toolkit and snapshot.toolkit.state == "missing":
            await client.do("toolkit.install")
        await client.close()
        return snapshot

    settling.hold()
    # While a daemon starts, the screen's library is read: together they are the time to content.
    reading = threading.Thread(target=import_module, args=("rovertui.ui.app",), daemon=True)
    reading.start()
    snapshot = asyncio.run(first())
    reading.join()

    from rovertui.keys.own import remapped
    from rovertui.ui.app import run
    from rovertui.ui.look import Look

    config = workspace.load()
    looks = Look(
        theme=config.screen.theme,
        bell=config.screen.bell,
        sparing=sparing or config.screen.low_bandwidth,
        keys=remapped(config.keys) if config.keys else {},
    )

    def client() -> StartingClient:
        return StartingClient(workspace, "screen", after_stop=False)

    return run(client, str(workspace.root), ascii=plain, looks=looks, first=snapshot, guided=guided)
