"""Every kind of source, opened; each imports what it needs only when it is the configured one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.files import at_home
from rovertui.sensors.frame import Source
from rovertui.sensors.open import Factory, open_source
from rovertui.workspace import Workspace


def open_configured(workspace: Workspace, config: Config) -> Source:
    """Open ``[source] kind``. Raises OperatorError."""
    return open_source(config, factories(workspace))


def factories(workspace: Workspace) -> Mapping[str, Factory]:
    """How to open each kind in this workspace."""

    def tap(config: Config) -> Source:
        from rovertui.sensors.tap import open_tap

        return open_tap(workspace.socket().with_suffix(".tap"), config.tap.listen, config.schema)

    def directory(config: Config) -> Source:
        from rovertui.sensors.directory import DirectorySource
        from rovertui.sensors.taken import NAME, Taken

        path = _path(workspace, config, "the directory the collector writes to")
        if path.resolve() == workspace.samples(config).resolve():
            raise OperatorError(
                "config.toml: source.path and capture.directory are the same directory, which "
                "the collector empties when it starts.",
                hint="Set capture.directory to another one.",
            )
        taken = Taken(workspace.kept / NAME)
        return DirectorySource(path, taken, config.source.interval, _switching(config))

    def auto(config: Config) -> Source:
        from rovertui.sensors.auto import AutoSource

        files = directory(config) if config.source.path else None
        with_ros = bool(config.source.setup_files or config.source.capture_command)
        camera = None if with_ros else lambda: _camera_if_free(config)
        return AutoSource(tap(config), files, camera)

    def replay(config: Config) -> Source:
        path = _path(workspace, config, "a directory of samples or a .db3 recording")
        source = config.source
        if path.suffix in (".db3", ".bag"):
            from rovertui.sensors.recording import Recording

            return Recording(path, config.schema, source.axes, flat_out=source.rate == 0)
        from rovertui.sensors.replay import SampleReplay

        return SampleReplay(path, source.speed, flat_out=source.rate == 0)

    def ros(config: Config) -> Source:
        from rovertui.sensors.ros_source import RosSource

        place = workspace.socket().with_suffix(".ros")
        return RosSource(config, place, workspace.logs / "ros.log")

    def realsense(config: Config) -> Source:
        if config.source.velocities == "none":
            return _realsense(config)
        from rovertui.sensors.realsense import RealSenseSource
        from rovertui.sensors.ros_source import RosSource
        from rovertui.sensors.velocities import PROPRIO, WithVelocities

        place, said = workspace.socket().with_suffix(".ros"), workspace.logs / "ros.log"
        camera = RealSenseSource(config.source, config.schema, besides=(PROPRIO,))
        return WithVelocities(camera, RosSource(config, place, said, numbers=True))

    return {
        "auto": auto,
        "directory": directory,
        "realsense": realsense,
        "replay": replay,
        "ros": ros,
        "simulated": _simulated,
        "tap": tap,
    }


def _simulated(config: Config) -> Source:
    from rovertui.demo.source import SimulatedSource

    return SimulatedSource(config.source)


def _realsense(config: Config) -> Source:
    from rovertui.sensors.realsense import RealSenseSource

    return RealSenseSource(config.source, config.schema)


def _camera_if_free(config: Config) -> Source | str:
    from rovertui.sensors.realsense import camera_there

    return camera_there(config.source) or _realsense(config)


def _path(workspace: Workspace, config: Config, what: str) -> Path:
    if not config.source.path:
        raise OperatorError(
            f'config.toml: source.path is empty; kind "{config.source.kind}" needs {what}.'
        )
    return workspace.root / at_home(config.source.path)


def _switching(config: Config) -> Callable[[bool], str] | None:
    command, setup = config.source.capture_command, config.source.setup_files
    if not command:
        return None

    def switch(on: bool) -> str:
        from rovertui.sensors import ros

        value = "true" if on else "false"
        return ros.run([word.replace("{value}", value) for word in command], setup)

    return switch
