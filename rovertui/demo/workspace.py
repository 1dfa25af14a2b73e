"""The demo's workspace: a configuration whose rover and V620 are programs on this machine."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from rovertui import config_file
from rovertui.config import V620, Capture, Companion, Config, Conversion, Node, Rover, Source
from rovertui.errors import OperatorError
from rovertui.schema import rgbd6
from rovertui.workspace import Workspace

MARK = "demo"
SPEED = 10.0
_BETWEEN = 1200.0
_HEADING = (
    "This is the demo's workspace. The rover, its inference node and the V620 are simulated by "
    "programs that the daemon keeps running (companions); samples, SSH, conversion, "
    "measurement and the switch of the live model are real. {python} stands for the Python "
    "that runs rovertui."
)


def default_place(name: str) -> Path:
    """Where the demo's workspace lies when none is named."""
    given = os.environ.get("XDG_STATE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".local" / "state"
    return base / "rovertui" / name


def prepare(place: Path, *, flat_out: bool = False) -> Workspace:
    """Make the demo's workspace, or take the one an earlier demo left.

    Args:
        place: its directory; made when missing.
        flat_out: the world runs as fast as it can be drawn, for a run without a screen.

    Raises:
        OperatorError: there is something else in that directory.
    """
    workspace = Workspace(place)
    if not workspace.config_path.exists():
        if place.exists() and any(place.iterdir()):
            raise OperatorError(
                f"{place}: expected an empty directory or an earlier demo, found other files.",
                hint="Name another directory with --workspace.",
            )
        place.mkdir(parents=True, exist_ok=True)
        (workspace.kept / MARK).mkdir(parents=True)
        config_file.create(workspace.config_path, _config(workspace, flat_out), _HEADING)
    elif not (workspace.kept / MARK).is_dir():
        raise OperatorError(
            f"{place}: this is a workspace of your own, not the demo's.",
            hint="Name another directory with --workspace.",
        )
    _checkpoints(workspace)
    return workspace


def forget(place: Path) -> None:
    """Remove a demo's workspace; anything else is left alone."""
    if (Workspace(place).kept / MARK).is_dir():
        shutil.rmtree(place)


def _checkpoints(workspace: Workspace) -> None:
    from rovertui.demo.checkpoints import make_checkpoints

    directory = workspace.kept / MARK / "v620" / "checkpoints"
    if not directory.is_dir():
        part = directory.with_name("checkpoints.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        newest_first = reversed(make_checkpoints(part))
        for number, path in enumerate(newest_first, 1):
            # As a trainer leaves them: one now and then. A file of this second would still grow.
            moment = time.time() - number * _BETWEEN
            os.utime(path, (moment, moment))
        part.rename(directory)


def _config(workspace: Workspace, flat_out: bool) -> Config:
    from rovertui.demo import v620

    home = workspace.kept / MARK
    sockets = workspace.socket()
    commands = f"ipc://{sockets.with_suffix('.cmd')}"
    control = f"ipc://{sockets.with_suffix('.ctl')}"
    tell = ["{python}", "-m", "rovertui.demo.node_ctl"]
    access = v620.prepare(home / "server")
    return Config(
        rover=Rover(name="demo-rover"),
        source=Source(kind="simulated", speed=SPEED, rate=0.0 if flat_out else 10.0),
        # Without a screen nobody sees the rule at work, and the guide's is done sooner.
        capture=Capture(rule="interval" if flat_out else "diverse"),
        v620=V620(
            host=access.host,
            port=access.port,
            user=access.user,
            key_file=access.key_file,
            known_hosts=access.known_hosts,
            directory="checkpoints",
        ),
        conversion=Conversion(),
        node=Node(
            present_command=[*tell, "present", "--control", control],
            reload_command=[*tell, "reload", "--control", control],
            model_path_command=[*tell, "model-path", "--control", control],
            commands=commands,
            # Frames as fast as they can be drawn are too many for a node that looks at 10 Hz.
            compare=0.0 if flat_out else 1.0,
        ),
        companions=[
            Companion(
                name="simulated-v620",
                command=[
                    "{python}",
                    "-m",
                    "rovertui.demo.v620",
                    "--root",
                    str(home / "v620"),
                    "--state",
                    str(home / "server"),
                    "--port",
                    str(access.port),
                ],
            ),
            Companion(
                name="simulated-node",
                command=[
                    "{python}",
                    "-m",
                    "rovertui.demo.node",
                    "--models",
                    str(workspace.root / "models"),
                    "--commands",
                    commands,
                    "--control",
                    control,
                    *([] if flat_out else ["--eyes", str(workspace.frames())]),
                    "--lifeline",
                    "{lifeline}",
                ],
            ),
        ],
        schemas={"rgbd6": rgbd6(depth_net_scale="1/6")},
    )
