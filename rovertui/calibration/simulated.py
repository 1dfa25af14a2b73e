"""Whether what is recorded in a workspace comes from a simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rovertui.config import Config
from rovertui.files import at_home
from rovertui.sensors.npz import BROKEN
from rovertui.workspace import Workspace


def simulated(workspace: Workspace, config: Config) -> bool:
    """The demo's world, or a replay of samples that it gave.

    This tells which samples of a mixed set are meant; what may go into service is another
    question, which :attr:`rovertui.config.Config.simulated` answers.
    """
    if config.source.kind != "replay" or not config.source.path:
        return config.simulated
    return of_directory(workspace.root / at_home(config.source.path))


def of_directory(directory: Path) -> bool:
    """Whether the first readable sample of a directory says that it is simulated."""
    for path in sorted(directory.glob("*.npz")) + sorted(directory.glob("check/*.npz")):
        try:
            with np.load(path, allow_pickle=False) as found:
                return "simulated" in found.files and bool(np.any(found["simulated"]))
        except (*BROKEN, OSError):
            continue
    return False
