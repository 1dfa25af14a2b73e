"""A real daemon of a workspace of its own, and ways to look at what it leaves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from rovertui import config_file
from rovertui.client import Client, serves
from rovertui.config import Config
from rovertui.daemon import launch
from rovertui.snapshot import Snapshot
from rovertui.workspace import Workspace
from tests.calling import Called, rovertui
from tests.waiting import until


class Rig:
    """A workspace with a daemon that can be started, killed and asked."""

    def __init__(self, root: Path, config: Config) -> None:
        self.workspace = Workspace(root)
        config_file.create(root / "config.toml", config)
        self.processes: list[Any] = []

    def start(self) -> Any:
        self.workspace.kept.mkdir(exist_ok=True)
        process = launch.start(self.workspace)
        self.processes.append(process)
        until(self.answers)
        return process

    def answers(self) -> bool:
        return asyncio.run(serves(self.workspace))

    def ask(self, work: Callable[[Client], Any]) -> Any:
        async def session() -> Any:
            client = Client(self.workspace)
            await client.connect()
            try:
                return await work(client)
            finally:
                await client.close()

        return asyncio.run(session())

    def do(self, operation: str, **params: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(lambda client: client.do(operation, **params))
        return found

    def snapshot(self) -> Snapshot:
        found: Snapshot = self.ask(lambda client: client.now())
        return found

    def until(self, holds: Callable[[Snapshot], Any], seconds: float = 20.0) -> Snapshot:
        found: list[Snapshot] = []

        def look() -> bool:
            found[:] = [self.snapshot()]
            return bool(holds(found[0]))

        until(look, seconds)
        return found[0]

    def run(self, *words: str) -> Called:
        """The command line, in this workspace."""
        root = self.workspace.root
        return rovertui("-w", root, *words, cwd=root)

    def children(self) -> list[psutil.Process]:
        """Every process that belongs to this workspace, the daemon left out."""
        mark = str(self.workspace.root)
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            words = process.info["cmdline"] or []
            if any(mark in word for word in words) and process.info["status"] != "zombie":
                found.append(process)
        return [p for p in found if "rovertui.daemon" not in p.info["cmdline"]]

    def recorder(self) -> psutil.Process | None:
        return next((p for p in self.children() if "rovertui.recorder" in p.info["cmdline"]), None)

    def kill(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                process.wait(20)
        for child in self.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                os.kill(child.pid, signal.SIGKILL)
