"""What the recorder costs: a frame's features and gate, writing a sample, CPU at 30 frames/s.

Run alone: ``python bench/recorder.py [--json] [--seconds N]``. Frames are the simulated rover's,
rendered beforehand, so that the source costs next to nothing; what it does cost is measured by
itself and subtracted. The recorder runs in this process with all its threads, a real directory,
and its messages encoded and written to /dev/null.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import msgspec
import numpy as np

from bench._report import options, tell
from rovertui.calibration import sample
from rovertui.calibration.features import Features
from rovertui.calibration.gate import no_room, refusal
from rovertui.calibration.problems import headers_of, misfit
from rovertui.calibration.sample import Stamp
from rovertui.calibration.store import SampleStore
from rovertui.config import Config
from rovertui.config import Source as Settings
from rovertui.demo.source import SimulatedSource
from rovertui.recorder.loop import Recorder
from rovertui.recorder.messages import Capture, Kept
from rovertui.recorder.out import Out
from rovertui.sensors.frame import Frame, SourceFacts

RATE = 30.0
STAMP = Stamp(
    stamp=0.0,
    session="bench",
    source="simulated rover",
    schema="rgbd6",
    role="calibration",
    simulated=True,
)


class Camera:
    """Gives ready frames at a fixed rate, and like a camera drops those nobody fetched."""

    facts = SourceFacts(kind="bench", text="ready frames", simulated=True)

    def __init__(self, frames: list[Frame], seconds: float) -> None:
        self.frames = frames
        self.begin = time.monotonic()
        self.total = int(seconds * RATE)
        self.tick = 0
        self.lost = 0
        self.late: list[float] = []
        self.ended: Callable[[], None] = lambda: None

    def read(self, timeout: float) -> Frame | None:
        now = time.monotonic()
        missed = int((now - self.begin) * RATE) - self.tick
        if missed > 1:
            self.lost += missed - 1
            self.tick += missed - 1
        due = self.begin + (self.tick + 1) / RATE
        if due > now:
            time.sleep(due - now)
        self.late.append(time.monotonic() - due)
        self.tick += 1
        if self.tick >= self.total:
            self.ended()
        frame = self.frames[self.tick % len(self.frames)]
        return replace(frame, stamp=self.tick / RATE, received=time.monotonic())

    def park(self, parked: bool) -> None: ...

    def close(self) -> None: ...


def rendered(count: int) -> list[Frame]:
    source = SimulatedSource(Settings(kind="simulated", speed=50, rate=0))
    return [frame for _ in range(count) if (frame := source.read(0)) is not None]


def times(work: Callable[[int], object], count: int) -> dict[str, float]:
    """Median and spread in ms of ``count`` calls."""
    work(0)
    taken = []
    for i in range(count):
        began = time.perf_counter()
        work(i)
        taken.append(1e3 * (time.perf_counter() - began))
    low, _, high = statistics.quantiles(taken, n=4)
    return {"median_ms": statistics.median(taken), "quartiles_ms": [low, high]}


def frame_cost(frames: list[Frame], directory: Path) -> dict[str, Any]:
    schema = Config().schema
    features = Features(schema)

    def gated(i: int) -> str:
        arrays = frames[i % len(frames)].arrays
        if misfit(headers_of(arrays), schema):
            return "misfit"
        features.numbers(arrays)
        return refusal(arrays, schema, features.measure(arrays)) or no_room(directory)

    return times(gated, 500)


def write_cost(frames: list[Frame], directory: Path) -> dict[str, Any]:
    store = SampleStore(directory, Config(), None, simulated=True)

    def arrays(i: int) -> Any:
        return frames[i % len(frames)].arrays

    def packed(i: int) -> int:
        buffer = io.BytesIO()
        sample.write(buffer, arrays(i), STAMP)
        return buffer.tell()

    def compressed(i: int) -> int:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays(i))
        return buffer.tell()

    kept = sorted(directory.glob("*.npz"))

    def load(i: int) -> None:
        with np.load(kept[i % len(kept)]) as loaded:
            for name in ("rgb", "depth", "proprio"):
                loaded[name]

    figures = {
        "pack": times(packed, 100),
        "pack_savez_compressed": times(compressed, 20),
        "write_fsync_and_link": times(lambda i: store.add(arrays(i), STAMP, {}), 60),
        "bytes": packed(0),
        "bytes_savez_compressed": compressed(0),
    }
    kept = sorted(directory.glob("*.npz"))
    return {**figures, "np_load": times(load, 60)}


def alone(frames: list[Frame], seconds: float) -> tuple[Camera, float]:
    """The camera with nothing behind it: its lateness and CPU share."""
    ended = threading.Event()
    camera = Camera(frames, seconds)
    camera.ended = ended.set
    began, cpu = time.monotonic(), time.process_time()
    while not ended.is_set():
        camera.read(0.1)
    return camera, (time.process_time() - cpu) / (time.monotonic() - began)


def recorded(
    frames: list[Frame], seconds: float, root: Path, interval: float | None
) -> tuple[Camera, float, int]:
    """Through the recorder, keeping one frame every ``interval`` seconds (None: none)."""
    config = Config()
    capture = msgspec.structs.replace(config.capture, interval=interval or 10.0, count=100_000)
    config = msgspec.structs.replace(config, capture=capture)
    store = SampleStore(root / "calibration_data", config, root / ".rovertui", simulated=True)
    kept: list[Kept] = []
    null = os.open(os.devnull, os.O_WRONLY)
    out = Out(null, lambda: None)

    def say(message: Any) -> None:
        if isinstance(message, Kept):
            kept.append(message)
        out.say(message)

    camera = Camera(frames, seconds)
    recorder = Recorder(config, camera, store, say)
    camera.ended = recorder.stop
    if interval is not None:
        recorder.command(Capture(on=True, session="bench"))
    began, cpu = time.monotonic(), time.process_time()
    recorder.run()
    share = (time.process_time() - cpu) / (time.monotonic() - began)
    out.close()
    os.close(null)
    return camera, share, len(kept)


def measure(seconds: float) -> dict[str, Any]:
    frames = rendered(40)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        frame = frame_cost(frames, root)
        write = write_cost(frames, root / "write")
        bare, bare_share = alone(frames, seconds)
        off, off_share, _ = recorded(frames, seconds, root / "off", None)
        guide, guide_share, guide_kept = recorded(frames, seconds, root / "guide", 10.0)
        busy, busy_share, busy_kept = recorded(frames, seconds, root / "busy", 0.2)
    figures = {
        "features_and_gate": frame,
        "write": write,
        "frames_a_second": RATE,
        "cpu_share": {
            "source": bare_share,
            "capture_off": off_share,
            "every_10_s": guide_share,
            "five_a_second": busy_share,
        },
        "kept": {"every_10_s": guide_kept, "five_a_second": busy_kept},
        "lost": {"capture_off": off.lost, "every_10_s": guide.lost, "five_a_second": busy.lost},
        "late_ms": {
            name: {"median": late(c, 50), "p99": late(c, 99), "max": 1e3 * max(c.late)}
            for name, c in (("source", bare), ("capture_off", off), ("five_a_second", busy))
        },
    }
    beyond = 100 * (guide_share - bare_share)
    delay = late(busy, 99) - late(off, 99)
    goals = [
        goal("features and gate of a frame, ms", "< 1", frame["median_ms"], 1.0),
        goal("CPU beyond the source at 30 frames/s, % of a core", "< 15", beyond, 15.0),
        goal("p99 of frames' lateness, writing five a second against none, ms", "<= 5", delay, 5.0),
        {
            "what": "frames lost while writing",
            "goal": "0",
            "measured": guide.lost + busy.lost,
            "met": guide.lost + busy.lost == 0,
        },
    ]
    return {"name": "recorder", "figures": figures, "goals": goals}


def late(camera: Camera, percent: int) -> float:
    """A percentile of the frames' lateness in ms."""
    return 1e3 * statistics.quantiles(camera.late, n=100)[percent - 1]


def goal(what: str, wanted: str, measured: float, limit: float) -> dict[str, Any]:
    return {"what": what, "goal": wanted, "measured": round(measured, 3), "met": measured < limit}


def show(figures: dict[str, Any]) -> None:
    frame, write = figures["features_and_gate"], figures["write"]
    print(f"features and gate of a frame  {spread(frame)}")
    for name in ("pack", "pack_savez_compressed", "write_fsync_and_link", "np_load"):
        print(f"{name:<30}{spread(write[name])}")
    print(f"bytes {write['bytes']:,}, np.savez_compressed {write['bytes_savez_compressed']:,}")
    for name, share in figures["cpu_share"].items():
        print(f"CPU at 30 frames/s, {name:<14}{100 * share:5.1f} % of a core")
    for name, delay in figures["late_ms"].items():
        print(
            f"frames late, {name:<14} median {delay['median']:.2f} ms, "
            f"p99 {delay['p99']:.2f}, max {delay['max']:.2f}"
        )


def spread(figure: dict[str, Any]) -> str:
    low, high = figure["quartiles_ms"]
    return f"{figure['median_ms']:.3f} ms (quartiles {low:.3f} to {high:.3f})"


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=12.0, help="length of each run")
    given = parser.parse_args()
    tell(measure(given.seconds), given.json, show)
    return 0


if __name__ == "__main__":
    sys.exit(main())
