"""A stand-in for the daemon: scripted snapshots, for developing the screen and for its tests.

``python -m tests.ui.stand_in [--ascii] [--fast]`` opens the screen on it.
Nothing here is measured or real.
"""

from __future__ import annotations

import asyncio
import base64
import math
import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from rovertui.errors import OperatorError
from rovertui.snapshot import (
    AxisView,
    CaptureView,
    CheckpointView,
    JobView,
    LiveView,
    MessageView,
    ModelView,
    QuestionView,
    ServerView,
    Snapshot,
    StageView,
    StreamView,
    ToolkitView,
)

CLOCK = 1_700_000_000.0
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
        **more,
    )


def sample(number: int, **more: Any) -> dict[str, Any]:
    """One row as the daemon lists samples."""
    return {
        "name": f"calibration_{number:04d}.npz",
        "role": "calibration",
        "state": "ok",
        "session": "s1",
        "label": "gravel",
        "source": "a stand-in",
        "site": "lawn",
        "taken": CLOCK,
        "why": "new extreme of pitch",
        "values": {"brightness": 112.0, "nearest": 0.9, "lin": 0.14, "ang": -0.02},
        "quality": "bright 112, depth valid 93 %",
        "problem": "",
        "bytes": 608_698,
        "imported": False,
        "gone": "",
        **more,
    }


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


def report() -> dict[str, Any]:
    """Two models as the look ``report`` returns them."""

    def entry(step: int, precision: str, mean: float, within: bool, **more: Any) -> dict[str, Any]:
        return {
            "model": f"ppo_v620_update_{step}_{precision}",
            "checkpoint": f"ppo_v620_update_{step}",
            "precision": precision,
            "live": False,
            "bytes": 582_000,
            "ratio": 0.444,
            "simulated": True,
            "within": within,
            "simulator": {"mean": mean, "largest": mean * 8, "over_limit": 0.0, "frames": 120},
            "npu": None,
            "npu_ms": None,
            "details": ["action.linear: mean 0.7 mm/s, largest 5.6 mm/s, bias +0.1 mm/s"],
            **more,
        }

    return {
        "models": [
            entry(1250, "hybrid", 0.0041, True, live=True),
            entry(1240, "int8", 0.092, False, npu=0.095, npu_ms=31.4),
        ],
        "problems": [{"model": "old", "problem": "it has no model sheet"}],
        "limits": {"mean": 0.01, "largest": 0.15, "over": 0.05, "share_over": 0.02, "frames": 30},
        "lines": [],
    }


def check() -> dict[str, Any]:
    """A model whose depth nobody has stated yet, as the look ``check`` returns it."""
    return {
        "model": "ppo_v620_update_1250.onnx",
        "verdict": "ask",
        "reasons": ["Input depth: nobody has said yet what training fed to it."],
        "warnings": [],
        "inputs": [
            {
                "name": "rgb",
                "array": "rgb",
                "sample": {"dtype": "uint8", "unit": "", "range": [0, 255], "shape": [240, 424, 3]},
                "feed": {"dtype": "uint8", "shape": [1, 240, 424, 3], "scale": 1.0},
                "net": {"scale": 1 / 255, "range": [0, 1]},
                "seen": {"low": [3.0], "high": [251.0]},
                "verdict": "ok",
            },
            {
                "name": "proprio",
                "array": "proprio",
                "sample": {"dtype": "float32", "unit": "", "range": None, "shape": [6]},
                "feed": {"dtype": "float32", "shape": [1, 6], "scale": 1.0},
                "net": {"scale": 1.0, "range": None},
                "seen": None,
                "verdict": "ok",
            },
            {"name": "depth", "verdict": "ask", "text": "nobody has said"},
        ],
        "usable": 37,
        "checking": 12,
        "unusable": [],
    }


def feed() -> dict[str, Any]:
    return {
        "model": "ppo_v620_update_1240_hybrid",
        "inputs": [
            {
                "name": "depth",
                "array": "depth",
                "dtype": "float32",
                "shape": [1, 240, 424, 1],
                "feed_scale": 1 / 6,
                "data_format": "nhwc",
            }
        ],
        "lines": [
            "import numpy as np",
            "",
            "def feed(depth):",
            "    return [depth], []" + " " * 90,
        ],
    }


def doctor() -> dict[str, Any]:
    return {
        "findings": [
            {"name": "python", "state": "ok", "text": "Python 3.11", "remedy": ""},
            {
                "name": "v620",
                "state": "missing",
                "text": "no training server is set",
                "remedy": "Set v620.host.",
            },
        ],
        "lines": [],
    }


class StandIn:
    """Plays the daemon. Tests change ``snapshot`` and call :meth:`push`; ``done`` has all calls."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.snapshot = snapshot or busy()
        self.log: list[dict[str, Any]] = []
        self.done: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[tuple[int, str | None]] = []
        self.fetched: list[tuple[int, int, int]] = []
        self.answers_looks = asyncio.Event()
        self.answers_looks.set()
        self.samples: dict[str, list[dict[str, Any]]] = {"set": [], "trash": []}
        self.pictured: list[dict[str, Any]] = []
        self.failure: Exception | None = None
        self.looked: list[tuple[str, dict[str, Any]]] = []
        self.found: dict[str, dict[str, Any]] = {
            "report": report(),
            "check": check(),
            "feed": feed(),
            "doctor": doctor(),
        }
        self.messages: list[MessageView] = []
        self.up = True
        self.crashed = False
        self.absence: Exception | None = None
        self.connections = 0
        self.taken = 0
        """The number of the last snapshot that a screen has dealt with."""
        self.news = asyncio.Event()

    def client(self) -> StandInClient:
        return StandInClient(self)

    def push(self, snapshot: Snapshot | None = None) -> None:
        self.snapshot = snapshot or self.snapshot
        self.snapshot.sequence += 1
        news, self.news = self.news, asyncio.Event()
        news.set()

    def drop(self) -> None:
        """The daemon dies."""
        self.up = False
        self.push()


def picture(width: int, height: int) -> dict[str, Any]:
    """A white picture, and depth that is near on the left and was not measured on the right."""
    width, height = max(2, width), max(2, height)
    half = width // 2
    depth = (b"\x01" * half + b"\x00" * (width - half)) * height
    size = {"width": width, "height": height}
    pixels = [base64.b64encode(data).decode() for data in (b"\xff" * 3 * width * height, depth)]
    return {
        "pictures": [
            {"name": "rgb", "colour": True, "pixels": pixels[0], **size},
            {"name": "depth", "high": 6.0, "unit": "m", "pixels": pixels[1], **size},
        ],
        "age": 0.05,
    }


class StandInClient:
    """One connection to the stand-in, with the interface of the real client."""

    def __init__(self, daemon: StandIn) -> None:
        self._daemon = daemon
        self.snapshot: Snapshot | None = None
        self.after_stop = False
        self.started = False

    async def connect(self) -> None:
        if self._daemon.absence is not None and not self.after_stop:
            raise self._daemon.absence
        if not self._daemon.up and not self.after_stop:
            raise ConnectionRefusedError("stand-in is down")
        self.started = not self._daemon.up or self._daemon.crashed
        self._daemon.up, self._daemon.crashed, self._daemon.absence = True, False, None
        self._daemon.connections += 1

    async def close(self) -> None:
        pass

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        while True:
            if not self._daemon.up:
                raise ConnectionResetError("stand-in went down")
            self.snapshot = self._daemon.snapshot
            news, sequence = self._daemon.news, self.snapshot.sequence
            yield self.snapshot
            self._daemon.taken = sequence
            await news.wait()

    async def do(self, operation: str, **params: Any) -> dict[str, Any]:
        if not self._daemon.up:
            raise ConnectionResetError("stand-in is down")
        if self._daemon.failure is not None:
            raise self._daemon.failure
        self._daemon.done.append((operation, params))
        return {}

    async def events(self, job: int, start: int, count: int) -> tuple[list[dict[str, Any]], int]:
        self._daemon.fetched.append((job, start, count))
        return self._daemon.log[start : start + count], len(self._daemon.log)

    async def look(self, what: str, **params: Any) -> dict[str, Any]:
        if what == "picture":
            self._daemon.pictured.append(params)
            return picture(params["width"], params["height"])
        if not self._daemon.up:
            raise ConnectionResetError("stand-in is down")
        self._daemon.looked.append((what, params))
        await self._daemon.answers_looks.wait()
        if self._daemon.failure is not None:
            raise self._daemon.failure
        return self._samples(params) if what == "samples" else self._daemon.found[what]

    def _samples(self, params: dict[str, Any]) -> dict[str, Any]:
        every = self._daemon.samples[params["where"]]
        found = [row for row in every if params["words"] in str(row)]
        place = next((i for i, row in enumerate(found) if row["name"] == params["name"]), None)
        start = params["start"] if place is None else max(0, place - params["count"] // 2)
        return {
            "rows": found[start : start + params["count"]],
            "start": start,
            "total": len(found),
            "all": len(every),
            "bytes": sum(row["bytes"] for row in every),
            "most": 1e9 if params["where"] == "trash" else 0.0,
            "place": place,
            "sessions": Counter(row["session"] for row in every),
        }

    async def messages(self, *, read: bool = False) -> list[MessageView]:
        if not self._daemon.up:
            raise ConnectionResetError("stand-in is down")
        if read:
            self._daemon.snapshot.unread = 0
        return list(reversed(self._daemon.messages))

    async def answer(self, question: int, value: str | None) -> None:
        self._daemon.answers.append((question, value))
        self._daemon.snapshot.questions = [
            q for q in self._daemon.snapshot.questions if q.id != question
        ]
        self._daemon.push()


class Scripted(StandIn):
    """A stand-in that plays by itself: frames move, a shipment runs when it is asked for."""

    def __init__(self, rate: float = 5.0) -> None:
        super().__init__(empty())
        self.rate = rate
        self.ticks = 0
        self.shipping: int | None = None
        self.snapshot.server.checkpoints = busy().server.checkpoints
        self._player: asyncio.Task[None] | None = None

    def client(self) -> StandInClient:
        if self._player is None:
            self._player = asyncio.get_running_loop().create_task(self._play())
        return ScriptedClient(self)

    async def _play(self) -> None:
        while True:
            await asyncio.sleep(1 / self.rate)
            self.ticks += 1
            self._move()
            self.push()

    def _move(self) -> None:
        now, t = self.snapshot, self.ticks / self.rate
        now.clock = CLOCK + t
        example = busy()
        stream = example.stream
        stream.age = 0.02 + 0.015 * math.sin(t * 3)
        stream.frames = self.ticks * 2
        for index, name in enumerate(stream.values):
            stream.values[name] = math.sin(t / 2 + index) * (0.2 if index < 4 else 2)
            stream.trends[name] = [math.sin(t / 2 + index - i / 6) for i in range(60, 0, -1)]
        stream.parked = now.stream.parked
        stream.motion = "still" if stream.parked else "moving"
        now.stream = stream
        now.axes[0].now = 120 + 100 * math.sin(t / 3)
        now.axes[1].now = 1.5 + math.sin(t / 2)
        now.axes[2].now = stream.values["lin_vel"]
        now.axes[3].now = stream.values["ang_vel"]
        capture = now.capture
        capture.state = "on" if capture.wanted else "off"
        capture.next_in = 2.0 - (t % 2.0) if capture.wanted else None
        capture.last_age = t % 2.0 if capture.kept else None
        if capture.wanted and self.ticks % int(2 * self.rate) == 0:
            capture.kept += 1
            capture.checking += capture.kept % 4 == 0
            capture.last_name = f"calibration_{capture.kept:04d}"
            capture.last = "10.0 s after the one before; block 3 is for calibration"
            for index, axis in enumerate(now.axes):
                axis.counts[(capture.kept * (3 + index)) % 16 // 2 + 4] += 1
        if self.shipping is not None:
            self._ship()

    def _ship(self) -> None:
        assert self.shipping is not None
        age = self.ticks - self.shipping
        at, part = divmod(age, 8)
        for index in range(10):
            self.log.append({"kind": "log", "text": f"I layer {age}.{index}: [INFO] quantize [/x]"})
        if at < len(STAGES):
            now = job(at=at, done=part * 12.5, total=100.0, seconds=age / self.rate)
            self.log.append({"kind": "progress", "done": part, "total": 8, "text": STAGES[at]})
        else:
            self.shipping = None
            now = job("done", at=len(STAGES), text="1260 hybrid is live, seen.", seconds=24.0)
            self.snapshot.models = [model(1260, "hybrid", live=True), *busy().models]
            self.snapshot.live = LiveView(
                state="seen", name="ppo_v620_update_1260_hybrid", precision="hybrid"
            )
            now.result = {"model": "ppo_v620_update_1260_hybrid"}
        now.events = len(self.log)
        self.snapshot.jobs = [now]

    def act(self, operation: str) -> dict[str, Any]:
        now = self.snapshot
        if operation.startswith("capture."):
            now.capture.wanted = operation == "capture.on"
        elif operation.startswith("drive."):
            now.stream.parked = operation == "drive.park"
        elif operation == "ship":
            self.shipping, self.log = self.ticks, []
            return {"job": 7}
        elif operation == "cancel":
            self.shipping = None
            now.jobs = [job("cancelled", text="cancelled by the operator")]
        elif operation == "pull":
            now.questions = [
                QuestionView(
                    id=self.ticks,
                    kind="fingerprint",
                    text="v620 shows the key SHA256:abcd, which is not known here. Is it right?",
                    choices=["yes", "no"],
                )
            ]
        elif operation == "toolkit.install":
            now.toolkit = ToolkitView(
                state="installing", text="torch 1.2 of 2.1 GB", done=40, total=100
            )
        elif operation == "deploy":
            raise OperatorError("The stand-in deploys nothing.", hint="Use the demo.")
        return {}


class ScriptedClient(StandInClient):
    async def do(self, operation: str, **params: Any) -> dict[str, Any]:
        await super().do(operation, **params)
        assert isinstance(self._daemon, Scripted)
        return self._daemon.act(operation)


def main() -> int:
    from rovertui.ui.app import run

    scripted: list[Scripted] = []

    def client() -> StandInClient:
        if not scripted:
            scripted.append(Scripted(20.0 if "--fast" in sys.argv else 5.0))
        return scripted[0].client()

    return run(client, "stand-in", ascii="--ascii" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
