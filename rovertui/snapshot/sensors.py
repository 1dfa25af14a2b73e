"""The stream of frames, and the relay between collector and V620."""

from __future__ import annotations

from typing import Literal

from rovertui.snapshot.part import Part


class StreamView(Part):
    """The sensors.

    Attributes:
        kind: where frames come from now, as ``source.kind`` calls it.
        parked: the simulated rover stands still, or the replay is paused.
        camera: its model and serial number, where the source knows them.
        details: facts of the source ("USB": "3.2", "colours": "went through JPEG").
        reasons: why nothing may come, the likeliest first.
        dead: sensors that are not connected but deliver numbers ("min_dist (always 10 m)").
        ages: seconds each stream was old on arrival; ``skew`` is their spread.
        held: what keeps frames from being fit for a sample now.
    """

    state: Literal["none", "starting", "live", "stale", "down"] = "none"
    text: str = ""
    source: str = ""
    camera: str = ""
    kind: str = ""
    rate: float = 0.0
    age: float | None = None
    frames: int = 0
    restarts: int = 0
    motion: Literal["still", "moving", "unknown"] = "unknown"
    parked: bool = False
    details: dict[str, str] = {}
    reasons: list[str] = []
    dead: list[str] = []
    ages: dict[str, float] = {}
    skew: float | None = None
    held: str = ""
    values: dict[str, float] = {}
    units: dict[str, str] = {}
    trends: dict[str, list[float]] = {}


class RelayView(Part):
    """The tap between collector and V620. Rates are over the last ten seconds.

    Attributes:
        listen, upstream: ZeroMQ addresses.
        rate, sent_rate: messages a second taken, and handed to the V620's socket.
        bytes_rate, sent_bytes_rate: the same in bytes a second.
        lost_share: share (0..1) that never reached the V620; None while nothing comes.
        received, lost, malformed: totals since the relay began.
        age: seconds since the last packet, None before the first.
        cap: bytes a second that may go upstream; 0 is no limit.
        warnings: what the operator should know, a sentence each.
    """

    state: Literal["none", "starting", "up", "stopped", "down"] = "none"
    text: str = ""
    listen: str = ""
    upstream: str = ""
    upstream_state: Literal["unset", "connecting", "up", "down"] = "unset"
    upstream_text: str = ""
    rate: float = 0.0
    bytes_rate: float = 0.0
    sent_rate: float = 0.0
    sent_bytes_rate: float = 0.0
    lost_share: float | None = None
    received: int = 0
    lost: int = 0
    malformed: int = 0
    age: float | None = None
    cap: float = 0.0
    version: str = ""
    pid: int = 0
    restarts: int = 0
    warnings: list[str] = []
