"""The board."""

from __future__ import annotations

import msgspec

from rovertui.snapshot.part import Part


class ClusterView(Part):
    """Processors that share a clock. ``load`` is 0..1; None is n/a."""

    name: str
    cores: int
    load: float | None = None
    mhz: float | None = None
    max_mhz: float | None = None
    throttled: bool | None = None


class HeatView(Part):
    """One thermal zone; ``limit`` is where the kernel slows things down."""

    name: str
    celsius: float
    limit: float | None = None


class DiskView(Part):
    """The disk that samples go to, in bytes; ``full_in`` seconds at the present pace."""

    free: int
    total: int
    full_in: float | None = None


class WifiView(Part):
    name: str
    dbm: float
    quality: float
    weak: bool = False


class NpuView(Part):
    """The NPU; ``cores`` are loads 0..1, ``hint`` says how to get what needs permission."""

    present: bool = False
    cores: list[float] = []
    mhz: float | None = None
    max_mhz: float | None = None
    driver: str = ""
    runtime: str = ""
    hint: str = ""


class MachineView(Part):
    """The board, once a second. None and empty lists are n/a.

    Attributes:
        slowed: cooling devices at work now: what heat slows down.
        own_cpu: share of one core that rovertui takes, all its processes together.
        clock_set: False on a board that does not know the date.
    """

    model: str = ""
    clusters: list[ClusterView] = []
    heat: list[HeatView] = []
    slowed: list[str] = []
    memory_total: int | None = None
    memory_free: int | None = None
    disk: DiskView | None = None
    wifi: WifiView | None = None
    npu: NpuView = msgspec.field(default_factory=NpuView)
    own_cpu: float | None = None
    own_memory: int = 0
    clock_set: bool = True
