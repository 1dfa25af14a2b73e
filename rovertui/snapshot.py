"""What the daemon shows: one value that replaces the one before it.

Plain data without NumPy, so that the screen and scripts start quickly. Job logs are not in
here: a job carries only the number of its events, which clients fetch in ranges.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Part(msgspec.Struct, kw_only=True):
    """A part of a snapshot. Unknown keys are ignored, so that versions may differ."""


class AxisView(Part):
    """One histogram: counts of samples a bin over the configured physical range."""

    name: str
    unit: str
    low: float
    high: float
    scale: Literal["linear", "log"]
    counts: list[int]
    outside: int = 0
    now: float | None = None


class AdviceView(Part):
    """What to drive next: what to do, which values, how many different samples there are.

    ``marks`` are what ``coverage.unreachable`` takes where the site has none of it.
    """

    text: str
    where: str
    have: int
    want: int
    marks: list[str] = []


class CoverageAxisView(Part):
    """An axis of the score; ``different`` counts at most three a bin.

    Attributes:
        share: 0..1 of what its reachable bins could hold.
        unreachable: bins that the site has not.
        dead: the value that every sample has.
    """

    name: str
    group: str
    unit: str
    low: float
    high: float
    scale: Literal["linear", "log"]
    counts: list[int]
    different: list[int]
    share: float
    unreachable: list[int] = []
    dead: float | None = None


class CoverageView(Part):
    """What the set for calibration is worth.

    Attributes:
        score: 0..100; ``vendi``: how many are really different; ``count``: how many there are.
        gained: change of the score in the last five minutes.
        text: all of that in one line; ``explained``: one line for each figure, by its name.
        groups: share (0..1) of each group of axes; they weigh the same.
        advice: what to drive next, at most three.
        dead: sensors that say the same in every sample.
    """

    count: int = 0
    score: float = 0.0
    vendi: float = 0.0
    gained: float = 0.0
    text: str = ""
    parked: bool = False
    site: str = ""
    groups: dict[str, float] = {}
    axes: list[CoverageAxisView] = []
    advice: list[AdviceView] = []
    dead: list[str] = []
    explained: dict[str, str] = {}


class DriftView(Part):
    """Whether the rover meets what its live model was not calibrated for.

    Attributes:
        share: 0..1 of the last ten minutes' frames outside a calibrated range; None while there
            are fewer than a hundred or the live model has no such ranges.
        numbers: share of each number that was outside, the largest first.
        changed: what is not as it was when the samples were taken: source, camera, site, age.
        text: what to do about all of that, or nothing.
    """

    frames: int = 0
    share: float | None = None
    numbers: dict[str, float] = {}
    changed: list[str] = []
    text: str = ""


class CaptureView(Part):
    """Capture.

    Attributes:
        decided: the latest decision about a frame, in words.
        skipped: frames of the last minute that were not kept, by reason.
        can_undo: whether ``sample.undo`` has something to take back.
        target: samples that complete the set (rule ``interval``), or at most so many by the rule.
        goal: % covered that completes the set; 0 where its number does.
        check_target: samples for checking that complete it; 0 where none are asked for.
        check_apart: samples for checking of drives that calibrate nothing.
        complete: whether it has what is wanted, recording or not; ``lacking``: what is missing.
        counted: whether the disk was looked at: before that, ``kept`` says nothing.
        unusable: what of the set cannot be used, the first bad file by name.
    """

    wanted: bool = False
    state: Literal["off", "on", "starting", "stalled", "complete"] = "off"
    text: str = ""
    rule: str = ""
    kept: int = 0
    target: int = 0
    checking: int = 0
    unusable: str = ""
    session: str = ""
    last: str = ""
    last_name: str = ""
    last_age: float | None = None
    next_in: float | None = None
    decided: str = ""
    skipped: dict[str, int] = {}
    can_undo: bool = False
    counted: bool = False
    goal: float = 0.0
    check_target: int = 0
    check_apart: int = 0
    complete: bool = False
    lacking: str = ""


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


class PictureView(Part):
    """A picture of a frame, reduced for a terminal; fetched when wanted, never in a snapshot.

    Attributes:
        pixels: row by row, base64: three bytes a pixel (RGB) where ``colour``, else one: 1..255
            over ``low`` to ``high``, 0 where nothing was measured.
    """

    name: str
    width: int
    height: int
    pixels: str
    colour: bool = False
    low: float = 0.0
    high: float = 0.0
    unit: str = ""


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


class CheckpointView(Part):
    name: str
    step: int
    bytes: int
    modified: float
    state: Literal["new", "here", "growing", "no onnx"] = "new"
    live: bool = False
    fresh: bool = False


class ServerView(Part):
    """The training server. ``fresh`` counts finished checkpoints that nobody has looked at yet."""

    state: Literal["unset", "waiting", "connecting", "up", "down"] = "unset"
    text: str = ""
    name: str = ""
    checkpoints: list[CheckpointView] = []
    listed: float | None = None
    fresh: int = 0


class ModelView(Part):
    """One file in the models directory: an ONNX, or an RKNN with what was measured on it.

    Attributes:
        wheel: the mean error in wheel units, ``linear 0.1 mm/s, angular 0.5 mrad/s``.
        wrong_sign: share of frames in which a command has the wrong sign, where it matters.
        npu: what its golden frames did on an NPU, or on a stand-in, in one line; empty: not
            measured.
    """

    name: str
    checkpoint: str
    precision: str = "onnx"
    bytes: int = 0
    ratio: float | None = None
    modified: float = 0.0
    mean: float | None = None
    largest: float | None = None
    over_limit: float | None = None
    frames: int = 0
    strength: str = ""
    within: bool | None = None
    simulated: bool = False
    live: bool = False
    kept: bool = False
    problem: str = ""
    wheel: str = ""
    wrong_sign: float | None = None
    npu: str = ""


class LiveView(Part):
    state: Literal["none", "seen", "believed", "next start", "not ours", "switching"] = "none"
    name: str = ""
    precision: str = ""
    text: str = ""
    previous: str = ""


class CompareView(Part):
    """The float model's action beside the node's command on the same frames, in wheel units.

    Attributes:
        state: ``off`` says in ``text`` why; ``silent`` while no commands come; ``disagrees``
            when most of the last frames are further apart than ``tolerance``.
        reference, command: linear m/s and angular rad/s of the newest frame; empty: none.
        compared, apart: of the last twenty frames, those with a command, and those that differ.
        tolerance: m/s and rad/s.
        age: seconds since this was said.
    """

    state: Literal["off", "starting", "silent", "agrees", "disagrees"] = "off"
    text: str = ""
    model: str = ""
    reference: list[float] = []
    command: list[float] = []
    compared: int = 0
    apart: int = 0
    tolerance: list[float] = []
    age: float | None = None


class HistoryView(Part):
    """A model kept for service: it is live, was, or was put there by somebody else.

    Attributes:
        number: what `rollback` and `pin` take; never used twice.
        state, text: what was last seen of it in service.
        before: number of the entry that was live before it.
        by: who put it into service, ``op, screen``; empty where that was not recorded.
        forced: the failed checks that were insisted past.
        motion, motion_accepted: what was known at the switch, and whether it was accepted.
    """

    number: int
    name: str
    checkpoint: str
    precision: str
    when: float
    state: Literal["seen", "believed", "next start"] = "next start"
    text: str = ""
    live: bool = False
    pinned: bool = False
    ours: bool = True
    before: int | None = None
    job: str = ""
    by: str = ""
    forced: list[str] = []
    motion: str = "unknown"
    motion_accepted: bool = False
    simulated: bool = False


class RoverView(Part):
    """Another rover of the configuration, as it was when last looked at.

    Attributes:
        state: ``unknown`` until it was looked at.
        text: what was seen of its model in service, or why it cannot be reached.
        live: how its model is in service.
        looked: seconds since 1970, None when never.
    """

    name: str
    host: str = ""
    state: Literal["unknown", "up", "down"] = "unknown"
    text: str = ""
    model: str = ""
    checkpoint: str = ""
    precision: str = ""
    live: Literal["none", "seen", "believed", "next start", "not ours"] = "none"
    runtime: str = ""
    sha256: str = ""
    looked: float | None = None


class StageView(Part):
    name: str
    state: Literal["waiting", "running", "done", "failed", "skipped"]
    text: str = ""


class JobView(Part):
    """A job. ``seconds`` are those at work; ``paused`` says why it rests now, if it does."""

    id: int
    kind: str
    title: str
    state: Literal["queued", "running", "waiting", "done", "failed", "cancelled", "interrupted"]
    stages: list[StageView] = []
    done: float = 0.0
    total: float = 0.0
    text: str = ""
    events: int = 0
    warnings: int = 0
    started: float | None = None
    seconds: float = 0.0
    paused: str = ""
    earlier: float | None = None
    result: dict[str, Any] = {}


class ToolkitView(Part):
    state: Literal["missing", "installing", "ready", "failed"] = "missing"
    text: str = ""
    done: float = 0.0
    total: float = 0.0


class QuestionView(Part):
    """Something only a person can decide; answered by id, kept nowhere."""

    id: int
    kind: str
    text: str
    secret: bool = False
    choices: list[str] = []


MessageLevel = Literal["", "good", "warn", "bad"]


class MessageView(Part):
    """Something to be read again; ``when`` in seconds since 1970, of the newest of ``count``."""

    when: float
    text: str
    level: MessageLevel = ""
    count: int = 1


class Snapshot(Part):
    """Everything that is shown.

    Attributes:
        notices: the newest warnings; all that was said is fetched by :meth:`Client.messages`.
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
    notices: list[str] = []
    messages: int = 0
    unread: int = 0
    precision: str = "auto"
    limits: dict[str, float] = {}
