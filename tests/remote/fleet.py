"""Another rover: a directory of its own behind a real sshd, and a node that is a script."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from rovertui import config_file
from rovertui.config import Config, Peer, Rover
from rovertui.operations import rovers
from rovertui.operations.context import Context
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from rovertui.schema import rgbd6
from rovertui.workspace import Workspace
from tests.deployment.parts import put_model, saying, sha256

from .sshd import Sshd

RUNTIME = saying("librknnrt version: 2.5.0 (c949ad889d@2024)")


class Fleet:
    """This rover's workspace, and another rover's."""

    def __init__(self, root: Path, sshd: Sshd) -> None:
        self.here = Workspace(root / "here")
        self.there = root / "there"
        self.models = self.there / "models"
        self.models.mkdir(parents=True)
        self.model = put_model(self.here.root / "models", "step_100", simulated=False)
        self.sshd = sshd
        self.told: list[str] = []
        config_file.create(self.there / "config.toml", Config(schemas={"rgbd6": rgbd6("1/6")}))

    def context(self, **changes: Any) -> Context:
        peer = Peer(
            name="rover2",
            **{
                "host": "127.0.0.1",
                "port": self.sshd.port,
                "python": sys.executable,
                "directory": str(self.there),
                "models": str(self.models),
                "config": str(self.there / "config.toml"),
                "runtime_command": RUNTIME,
                **changes,
            },
        )
        reporter = Reporter(lambda event: self.told.append(str(event.get("text"))))
        return Context(
            workspace=self.here,
            config=Config(rover=Rover(name="rover1"), rovers=[peer]),
            reporter=reporter,
            with_link=lambda work: pytest.fail("not the V620's link"),
            motion=lambda: "still",
            on_child=lambda process: None,
            job="7",
            link_to=lambda peer: Link(self.sshd.server(stall_timeout=5.0)),
        )

    def deploy(self, model: str = "", force: bool = False, **changes: Any) -> dict[str, Any]:
        context = self.context(**changes)
        name = model or self.model
        return rovers.deploy_to(context, "rover2", name, force=force, accept_motion=True)

    def look(self, **changes: Any) -> dict[str, Any]:
        (found,) = rovers.look_at(self.context(**changes))["rovers"]
        return dict(found)

    def hash(self, name: str = "") -> str:
        return sha256(self.here.root / "models" / f"{name or self.model}.rknn")

    def left(self) -> list[str]:
        names = [path.name for path in self.models.rglob(".*")]
        return [name for name in names if not name.endswith(".lock")]
