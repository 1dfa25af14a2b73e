"""What the daemon shows: one value that replaces the one before it.

Plain data without NumPy, so that the screen and scripts start quickly. Job logs are not in
here: a job carries only the number of its events, which clients fetch in ranges.
"""

from __future__ import annotations

import msgspec

from rovertui.snapshot.jobs import (
    JobView,
    MessageLevel,
    MessageView,
    QuestionView,
    StageView,
    ToolkitView,
)
from rovertui.snapshot.machine import (
    ClusterView,
    DiskView,
    HeatView,
    MachineView,
    NpuView,
    WifiView,
)
from rovertui.snapshot.models import (
    CheckpointView,
    CompareView,
    HistoryView,
    LiveView,
    ModelView,
    RoverView,
    ServerView,
    with_build,
)
from rovertui.snapshot.part import Part
from rovertui.snapshot.samples import (
    AdviceView,
    AxisView,
    CaptureView,
    CoverageAxisView,
    CoverageView,
    DriftView,
    PictureView,
)
from rovertui.snapshot.sensors import RelayView, StreamView

__all__ = [
    "AdviceView",
    "AxisView",
    "CaptureView",
    "CheckpointView",
    "ClusterView",
    "CompareView",
    "CoverageAxisView",
    "CoverageView",
    "DiskView",
    "DriftView",
    "HeatView",
    "HistoryView",
    "JobView",
    "LiveView",
    "MachineView",
    "MessageLevel",
    "MessageView",
    "ModelView",
    "NpuView",
    "Part",
    "PictureView",
    "QuestionView",
    "RelayView",
    "RoverView",
    "ServerView",
    "Snapshot",
    "StageView",
    "StreamView",
    "ToolkitView",
    "WifiView",
    "with_build",
]


class Snapshot(Part):
    """Everything that is shown.

    Attributes:
        notices: the newest warnings; all that was said is fetched by :meth:`Client.messages`.
        decided: when the last answer about a model's inputs was kept; 0: none was.
        messages: how many were ever said; ``unread``: warnings that nobody has read.
    """

    version: str
    sequence: int
    clock: float
    rover: str
    workspace: str
    simulated: bool
    capture: CaptureView
    stream: StreamView
    axes: list[AxisView]
    server: ServerView
    models: list[ModelView]
    live: LiveView
    jobs: list[JobView]
    toolkit: ToolkitView
    questions: list[QuestionView]
    refusals: dict[str, str]
    machine: MachineView = msgspec.field(default_factory=MachineView)
    relay: RelayView = msgspec.field(default_factory=RelayView)
    coverage: CoverageView = msgspec.field(default_factory=CoverageView)
    drift: DriftView = msgspec.field(default_factory=DriftView)
    compare: CompareView = msgspec.field(default_factory=CompareView)
    history: list[HistoryView] = []
    rovers: list[RoverView] = []
    decided: float = 0.0
    notices: list[str] = []
    messages: int = 0
    unread: int = 0
    precision: str = "auto"
    limits: dict[str, float] = {}
