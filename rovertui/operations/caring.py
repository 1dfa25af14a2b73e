"""How a conversion spares the machine it runs on, by configuration and what the machine has."""

from __future__ import annotations

from rovertui.config import Config
from rovertui.conversion.care import Care
from rovertui.machine.cpu import small_cores
from rovertui.machine.heat import chip
from rovertui.machine.read import Root


def care(config: Config, root: Root | None = None) -> Care:
    """See :class:`rovertui.conversion.care.Care`.

    Args:
        root: the file system, or a tree that looks like one.
    """
    root = root or Root()
    given = config.conversion
    return Care(
        cores=small_cores(root) if given.cores == "small" else (),
        celsius=lambda: chip(root),
        pause_above=given.pause_above,
        resume_below=given.resume_below,
    )
