"""The toolkit's environment as a snapshot shows it: missing, being installed, ready."""

from __future__ import annotations

import time

from rovertui.daemon.holder import Holder
from rovertui.operations import toolkit
from rovertui.snapshot import ToolkitView


class ToolkitWatch:
    """Looks at the disk at most once a second, and at the job that installs."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._toolkit = ToolkitView()
        self._toolkit_looked = 0.0

    def view(self) -> ToolkitView:
        """The toolkit's state; the disk is asked at most once a second."""
        job = self._holder.runner.running("toolkit.install")
        if job is not None:
            stage = next((s for s in job.view().stages if s.state == "running"), None)
            name = {"prove": "proving by an import"}.get(stage.name, stage.name) if stage else ""
            text = f"installing rknn-toolkit2: {name} {job.record.text}".strip()
            return ToolkitView(state="installing", text=text, done=job.done, total=job.total)
        if self._holder.config.conversion.where == "v620":
            return ToolkitView(state="ready", text="on the V620")
        now = time.monotonic()
        if now - self._toolkit_looked > 1.0:
            self._toolkit_looked = now
            self._toolkit = toolkit.view(self._holder.config.conversion.python)
        return self._toolkit
