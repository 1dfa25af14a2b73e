"""Snapshots to draw: a daemon that has just started, and a rover at work.

Nothing here is measured or real.
"""

from __future__ import annotations

import math
from typing import Any

from rovertui.snapshot import (
    AdviceView,
    AxisView,
    CaptureView,
    CheckpointView,
    CoverageView,
    JobView,
    LiveView,
    ModelView,
    ServerView,
    Snapshot,
    StageView,
    StreamView,
    ToolkitView,
)

CLOCK = 1_700_000_000.0
ONNX = "ppo_v620_update_1250"
"""What :func:`busy` has as an ONNX model."""
STAGES = (
    "pull",
    "check",
    "prepare",
    "load",
    "fuse",
    "quantize",
    "build",
    "verify",
    "export",
    "check",
    "switch",
    "reload",
    "confirm",
)


def axes(filled: bool = True) -> list[AxisView]:
    counts = [0, 1, 3, 6, 11, 7, 4, 2, 1, 1, 0, 0, 1, 0, 0, 0]
    return [
        AxisView(
            name=name,
            unit=unit,
            low=low,
            high=high,
            scale="log" if name == "nearest" else "linear",
            counts=counts if filled else [0] * 16,
            outside=2 if name == "ang" and filled else 0,
            now=now,
        )
        for name, unit, low, high, now in (
            ("brightness", "", 0.0, 255.0, 112.0),
            ("nearest", "m", 0.2, 4.0, 0.9),
            ("lin", "m/s", -0.2, 0.2, 0.14),
            ("ang", "rad/s", -1.0, 1.0, -0.02),
        )
    ]


def empty() -> Snapshot:
    """A daemon that has just started: nothing kept, nothing pulled, nothing live."""
    return Snapshot(
        version="0",
        sequence=1,
        clock=CLOCK,
        rover="rover1",
        workspace="/home/op/rover",
        simulated=True,
        capture=CaptureView(target=100, rule="one every 10 s of source time"),
        stream=StreamView(state="starting", text="waiting for the first frame"),
        axes=axes(filled=False),
        server=ServerView(state="up", name="v620"),
        models=[],
        live=LiveView(),
        jobs=[],
        toolkit=ToolkitView(state="missing", text="about 5.6 GB"),
        questions=[],
        refusals={"rollback": "There is no model to go back to."},
        limits={"mean": 0.01, "largest": 0.15, "over": 0.05, "share_over": 0.02, "frames": 30},
    )


def checkpoint(step: int, state: Any = "new", **more: Any) -> CheckpointView:
    return CheckpointView(
        name=f"ppo_v620_update_{step}",
        step=step,
        bytes=1_310_000,
        modified=CLOCK - (1300 - step) * 30,
        state=state,
        **{"fresh": state == "new", **more},
    )


def model(step: int, precision: str, **more: Any) -> ModelView:
    name = f"ppo_v620_update_{step}"
    if precision == "onnx":
        return ModelView(name=name, checkpoint=name, bytes=1_310_000)
    values: dict[str, Any] = {
        "bytes": 582_000,
        "ratio": 0.444,
        "mean": 0.0041,
        "largest": 0.031,
        "over_limit": 0.0,
        "frames": 120,
        "strength": "OK: other session",
        "within": True,
        "simulated": True,
    }
    values.update(more)
    return ModelView(name=f"{name}_{precision}", checkpoint=name, precision=precision, **values)


def job(state: Any = "running", number: int = 7, at: int = 3, **more: Any) -> JobView:
    """A shipment in its stage ``at``."""
    stages = [
        StageView(
            name=name,
            state="done" if i < at else "running" if i == at and state == "running" else "waiting",
            text="1.3 MB in 0.4 s" if name == "pull" and i < at else "",
        )
        for i, name in enumerate(STAGES)
    ]
    values: dict[str, Any] = {
        "done": 17.0,
        "total": 28.0,
        "text": "Quantizing layer 17 of 28",
        "events": 40,
        "seconds": 21.0,
    }
    values.update(more)
    return JobView(
        id=number,
        kind="ship",
        title="ship ppo_v620_update_1260 > hybrid > rover1",
        state=state,
        stages=stages,
        started=CLOCK - 21,
        **values,
    )


def busy() -> Snapshot:
    """A rover that drives, records, and has models of several kinds."""
    value = empty()
    value.capture = CaptureView(
        wanted=True,
        state="on",
        rule="one every 10 s of source time",
        kept=37,
        target=100,
        checking=12,
        session="20231114-2213",
        last="10.0 s after the one before",
        last_name="calibration_0049",
        last_age=3.0,
        next_in=6.4,
    )
    value.stream = StreamView(
        state="live",
        source="simulated world",
        rate=10.0,
        age=0.031,
        frames=812,
        motion="moving",
        values={
            "lin_vel": 0.14,
            "ang_vel": -0.02,
            "roll": 0.01,
            "pitch": -0.12,
            "accel": 9.81,
            "min_dist": 0.9,
        },
        units={
            "lin_vel": "m/s",
            "ang_vel": "rad/s",
            "roll": "rad",
            "pitch": "rad",
            "accel": "m/s^2",
            "min_dist": "m",
        },
        trends={
            name: [math.sin(i / 5 + len(name)) for i in range(40)]
            for name in ("lin_vel", "ang_vel", "roll", "pitch", "min_dist")
        },
    )
    value.axes = axes()
    value.server.checkpoints = [
        checkpoint(1260),
        checkpoint(1250, "here"),
        checkpoint(1240, "here", live=True),
        checkpoint(1230, "no onnx"),
    ]
    value.models = [
        model(1250, "onnx"),
        model(1250, "hybrid"),
        model(1240, "hybrid", live=True, frames=12, strength="WEAK: same drive"),
        model(1240, "int8", mean=0.092, largest=0.41, over_limit=0.61, within=False, strength="OK"),
        model(1240, "onnx"),
        model(1230, "fp16", kept=True, mean=0.00021, largest=0.0019),
    ]
    value.live = LiveView(
        state="seen",
        name="ppo_v620_update_1240_hybrid",
        precision="hybrid",
        previous="ppo_v620_update_1230_fp16",
    )
    value.toolkit = ToolkitView(state="ready")
    value.refusals = {}
    return value


def covered() -> Snapshot:
    snapshot = busy()
    snapshot.coverage = CoverageView(
        count=37,
        score=58.0,
        vendi=21.3,
        gained=6.0,
        gained_over=300,
        groups={"motion": 0.4, "depth": 0.7},
        advice=[
            AdviceView("turn left faster", "over 0.5 rad/s", 0, 3),
            AdviceView("closer to an obstacle", "0.3-0.5 m", 1, 3),
            AdviceView("somewhere dark", "brightness below 40", 0, 3),
        ],
    )
    return snapshot
