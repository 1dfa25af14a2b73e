"""Fetching a set of samples from another rover into this one's."""

from __future__ import annotations

import hashlib
import shutil
from typing import Any

from rovertui.calibration import archive
from rovertui.calibration.index import CHECK
from rovertui.errors import OperatorError
from rovertui.operations.context import Context
from rovertui.operations.rovers import peer_of
from rovertui.remote.samples import Bounds, fetch_samples
from rovertui.text import clean

STAGES = ["fetch", "examine"]


def split(wanted: str) -> tuple[str, str]:
    """``ROVER:`` or ``ROVER:DIRECTORY`` as (rover, directory).

    Raises:
        OperatorError: it is neither.
    """
    rover, colon, directory = wanted.partition(":")
    if not colon or not rover:
        raise OperatorError(
            f"{clean(wanted, 80)!r}: expected ROVER: or ROVER:DIRECTORY, such as rover2:"
        )
    return rover, directory


def fetch_set(context: Context, wanted: str) -> dict[str, Any]:
    """Add the samples of another rover (``ROVER:`` or ``ROVER:DIRECTORY``) to the set here.

    They are examined as those of an archive are: broken ones and those of another schema are left
    out and named, exact copies dropped, numbers are ours.

    Returns:
        ``text``, ``rover``, ``added``, ``duplicates``, ``left_out``.
    """
    rover, directory = split(wanted)
    peer = peer_of(context.config, rover)
    directory = directory or peer.samples
    workspace, config = context.workspace, context.config
    mark = hashlib.sha256(f"{peer.name}\0{directory}".encode()).hexdigest()[:16]
    into = workspace.kept / "fetched" / mark
    context.reporter.stage("fetch", f"{clean(directory, 100)} of {peer.name}")
    with context.link_to(peer) as link:
        fetched = fetch_samples(link, directory, (CHECK,), into, _BOUNDS, context.reporter)
    if not fetched.files:
        left = f" ({len(fetched.left)} left out)" if fetched.left else ""
        raise OperatorError(
            f"{peer.name}: there is no sample in {clean(directory, 200)}{left}.",
            hint="Name its directory: rovers.samples in config.toml, or ROVER:DIRECTORY.",
            code="missing",
        )
    context.reporter.stage("examine", f"{len(fetched.files)} files")
    done = archive.add(fetched.files, workspace.samples(config), config, workspace.kept)
    shutil.rmtree(into)
    left_out = {**fetched.left, **done.left_out}
    for name, why in left_out.items():
        context.reporter.warning(f"{name}: {why}")
    return {
        "text": f"{peer.name}: {done.text}.",
        "rover": peer.name,
        "added": done.added,
        "duplicates": done.duplicates,
        "left_out": left_out,
    }


_BOUNDS = Bounds(archive.COUNT_MOST, archive.FILE_MOST, archive.ALL_MOST)
