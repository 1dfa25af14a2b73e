"""The whole picture for clients, put together from the daemon's parts."""

from __future__ import annotations

import time
from typing import Protocol

from rovertui import __version__
from rovertui.daemon.compare_link import CompareLink
from rovertui.daemon.drift_watch import DriftWatch
from rovertui.daemon.holder import Holder
from rovertui.daemon.machine_watch import MachineWatch
from rovertui.daemon.messages import Messages
from rovertui.daemon.toolkit_watch import ToolkitWatch
from rovertui.snapshot import Snapshot

_SHOWN_JOBS = 12


class Parts(Holder, Protocol):
    """What of a daemon is shown."""

    compare: CompareLink
    drift: DriftWatch
    machine: MachineWatch
    messages: Messages
    toolkit: ToolkitWatch

    def refusals(self, model: str = "") -> dict[str, str]:
        """Why operations cannot be done now."""


def overview(parts: Parts, sequence: int) -> Snapshot:
    """The present state of everything; ``sequence`` tells snapshots apart."""
    config, stream = parts.config, parts.recorder.stream()
    jobs = parts.runner.book.jobs
    return Snapshot(
        version=__version__,
        sequence=sequence,
        clock=time.time(),
        rover=config.rover.name,
        workspace=str(parts.workspace.root),
        simulated=config.simulated or parts.recorder.simulated,
        capture=parts.recorder.capture(parts.wanted.capture),
        stream=stream,
        axes=parts.recorder.axes(),
        coverage=parts.recorder.coverage,
        drift=parts.drift.view(stream),
        compare=parts.compare.view(),
        server=parts.watch.view(parts.models.live_checkpoint),
        models=parts.models.views,
        live=parts.models.live,
        history=parts.models.history,
        rovers=parts.rovers,
        decided=parts.models.decided,
        jobs=[jobs[number].view() for number in sorted(jobs)[-_SHOWN_JOBS:]],
        toolkit=parts.toolkit.view(),
        questions=parts.desk.views(),
        machine=parts.machine.view,
        relay=parts.relay.view(),
        refusals=parts.refusals(),
        notices=parts.messages.notices(),
        messages=parts.messages.total,
        unread=parts.messages.unread,
        precision=config.conversion.precision,
        limits={
            "mean": config.limits.mean,
            "largest": config.limits.largest,
            "over": config.limits.over,
            "share_over": config.limits.share_over,
            "frames": config.limits.frames,
            "max_linear": config.rover.max_linear,
            "max_angular": config.rover.max_angular,
        },
    )
