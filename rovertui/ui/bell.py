"""When the bell rings: goal reached, job ended, sensor lost. Once each."""

from __future__ import annotations

from rovertui.snapshot import Snapshot
from rovertui.ui import words

_LOST = ("stale", "down")


def rings(before: Snapshot | None, now: Snapshot) -> bool:
    """Whether something came about between two snapshots that is worth a bell."""
    if before is None:
        return False
    if now.capture.state == "complete" and before.capture.state != "complete":
        return True
    if now.stream.state in _LOST and before.stream.state not in _LOST:
        return True
    if set(now.stream.dead) - set(before.stream.dead):
        return True
    running = {job.id for job in before.jobs if job.state in words.ACTIVE}
    return any(job.id in running and job.state not in words.ACTIVE for job in now.jobs)
