"""The demo's workspace with its daemon, and ways to have a job done and to look at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rovertui.conversion import sheet
from rovertui.demo import node_ctl
from rovertui.files import sha256_of
from rovertui.snapshot import JobView
from rovertui.workspace import Workspace
from tests.daemon.rig import Rig
from tests.waiting import until

NEWEST = "ppo_v620_update_1250"


class DemoRig(Rig):
    """The demo's workspace: its configuration is there already."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.processes: list[Any] = []
        self.config = workspace.load()

    @property
    def link(self) -> Path:
        return self.workspace.root / "models" / "remote_trained.rknn"

    def live(self) -> str:
        """The name of what is live; fails when link and sheet do not belong together."""
        model = self.link.resolve(strict=True)
        described = sheet.decode((self.link.with_suffix(".json")).read_bytes(), "sheet")
        assert described.rknn_sha256 == sha256_of(model)
        return model.stem

    def job(self, operation: str, **params: Any) -> JobView:
        number = self.do(operation, **params)["job"]
        return self.ended(number)

    def ended(self, number: int) -> JobView:
        found: list[JobView] = []

        def look() -> bool:
            found[:] = [self.ask(lambda client: client.job(number))]
            return found[0].state in ("done", "failed", "cancelled", "interrupted")

        until(look, 120)
        return found[0]

    def stage(self, number: int, name: str) -> None:
        """Wait until a job is in the stage ``name``."""

        def there() -> bool:
            job: JobView = self.ask(lambda client: client.job(number))
            assert job.state in ("queued", "running"), job.text
            return any(s.name == name and s.state == "running" for s in job.stages)

        until(there, 60)

    def node_mode(self, mode: str) -> None:
        """Tell the demo's node how to behave; it is started again when it was absent."""
        command = self.config.node.reload_command
        control = command[command.index("--control") + 1]
        until(lambda: node_ctl.ask(control, {"do": "mode", "mode": mode}, 1.0))

    def ready(self) -> None:
        self.start()
        self.until(lambda s: s.server.state == "up" and s.stream.motion == "still")
