"""Every kind of source, opened; each imports what it needs only when it is the configured one."""

from __future__ import annotations

from collections.abc import Mapping

from rovertui.config import Config
from rovertui.sensors.frame import Source
from rovertui.sensors.open import Factory, open_source
from rovertui.workspace import Workspace


def open_configured(workspace: Workspace, config: Config) -> Source:
    """Open ``[source] kind``. Raises OperatorError."""
    return open_source(config, factories(workspace))


def factories(workspace: Workspace) -> Mapping[str, Factory]:
    """How to open each kind in this workspace."""

    def simulated(config: Config) -> Source:
        from rovertui.demo.source import SimulatedSource

        return SimulatedSource(config.source)

    def tap(config: Config) -> Source:
        from rovertui.sensors.tap import open_tap

        return open_tap(workspace.socket().with_suffix(".tap"), config.tap.listen, config.schema)

    return {"simulated": simulated, "tap": tap}
