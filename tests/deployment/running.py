"""The demo's node as a real process, and ways to talk to it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rovertui.demo.node_ctl import ask
from tests.waiting import until

from .parts import PYTHON

ROOT = Path(__file__).parents[2]


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    models: Path
    commands: str
    control: str
    log: Path

    def ask(self, do: str, **more: Any) -> dict[str, Any] | None:
        return ask(self.control, {"do": do, **more}, 5.0)

    def mode(self, mode: str) -> None:
        reply = self.ask("mode", mode=mode)
        assert reply and reply["success"], reply

    def settings(self, confirm: float = 10.0, limit: float = 10.0) -> dict[str, Any]:
        """The ``[node]`` table of a rover with this node."""
        return {
            "present_command": self.tell("present"),
            "reload_command": self.tell("reload"),
            "model_path_command": self.tell("model-path"),
            "commands": self.commands,
            "confirm": confirm,
            "reload_timeout": limit,
        }

    def tell(self, do: str) -> list[str]:
        return [PYTHON, "-m", "rovertui.demo.node_ctl", do, "--control", self.control]


def node_command(models: Path, commands: str, control: str, *more: str) -> list[str]:
    addresses = ("--commands", commands, "--control", control)
    return [PYTHON, "-m", "rovertui.demo.node", "--models", str(models), *addresses, *more]


@contextlib.contextmanager
def running_node(models: Path, sockets: Path, *more: str) -> Iterator[Running]:
    """Start the node on ``models``; it is ready when this yields."""
    models.mkdir(parents=True, exist_ok=True)
    commands, control = f"ipc://{sockets}/commands", f"ipc://{sockets}/control"
    log = sockets / "node.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            node_command(models, commands, control, *more),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stderr=errors,
        )
    node = Running(process, models, commands, control, log)
    try:
        until(lambda: "ready" in log.read_text() or process.poll() is not None, 60)
        assert process.poll() is None, log.read_text()
        yield node
    finally:
        process.kill()
        process.wait()
        assert process.stdin
        process.stdin.close()
