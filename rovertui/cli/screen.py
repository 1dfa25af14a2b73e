"""Opening the screen on a workspace."""

from __future__ import annotations

import asyncio

from rovertui.daemon.launch import StartingClient, connected
from rovertui.workspace import Workspace


def open_screen(workspace: Workspace, plain: bool = False, *, install_toolkit: bool = False) -> int:
    """Run the screen until it is left; the daemon goes on.

    The daemon is started first, so that what keeps it from starting is read on a plain
    terminal.

    Args:
        plain: ASCII characters only.
        install_toolkit: have the toolkit installed behind the screen where it is missing.
    """

    async def first() -> None:
        client = await connected(workspace, "screen")
        if install_toolkit and (await client.now()).toolkit.state == "missing":
            await client.do("toolkit.install")
        await client.close()

    asyncio.run(first())

    from rovertui.ui.app import run

    def client() -> StartingClient:
        return StartingClient(workspace, "screen", after_stop=False)

    return run(client, str(workspace.root), ascii=plain)
