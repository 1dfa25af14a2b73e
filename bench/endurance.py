"""Hours of recording: whether memory, handles, threads, processes, logs grow, and frames are lost.

Run alone: ``python bench/endurance.py [--json] [--full]``. Two workspaces run side by side, each
with a client that follows the daemon as a screen does:

simulated
    the demo at ten times life, `diverse` capture on, and each simulated hour a checkpoint pulled,
    converted and put into service;
real
    the collector's stand-in sends ten packets a second through the relay to a receiver that
    parses them, in real time; every packet has a number.

Looked at every 20 s. The last quarter's median stands beside the second quarter's, because in the
first one the set fills, the first shipment loads its libraries, and the stores of memory find their
size. A process grew when its own memory rose by more than 2 MB and by more than 5 %, or its
handles or threads by more than one; there are more of them when more processes run at the end than
after the first quarter. What rose most is told also where it is within that. Logs are told and not
judged: a line for each thing that happened, and files are bounded (docs/reliability.md).

``--full`` is eight simulated hours and one real one; without it, a few minutes show that it runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from bench._report import options
from rovertui.client import Client
from rovertui.config import Capture, Config, Source, Tap
from rovertui.demo import workspace as demo
from rovertui.errors import OperatorError
from rovertui.workspace import Workspace
from tests.daemon.rig import Rig
from tests.ports import free_port
from tests.relay.conftest import V620
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent
_MODULES = ("daemon", "recorder", "relay", "compare", "demo.node", "demo.v620")
_EVERY = 20.0
_RATE = 10


@dataclass
class Look:
    """One moment of a workspace; memory in MB by process, see :func:`own_memory`."""

    at: float
    memory: dict[str, float]
    handles: dict[str, int]
    threads: dict[str, int]
    processes: int
    logs: int
    frames: int
    restarts: int


@dataclass
class Run:
    """A workspace that is looked at from time to time."""

    rig: Rig
    looks: list[Look] = field(default_factory=list)

    def look(self, began: float) -> None:
        memory, handles, threads = {}, {}, {}
        mark = str(self.rig.workspace.root)
        count = 0
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if not any(mark in word for word in words):
                continue
            kind = next((m for m in _MODULES if f"rovertui.{m}" in words), "")
            if not kind:
                continue
            count += 1
            with contextlib.suppress(psutil.NoSuchProcess):
                memory[kind] = own_memory(process.pid)
                handles[kind] = process.num_fds()
                threads[kind] = process.num_threads()
        logs = sum(p.stat().st_size for p in self.rig.workspace.logs.glob("*") if p.is_file())
        stream = self.rig.snapshot().stream
        at = round(time.monotonic() - began, 1)
        self.looks.append(
            Look(at, memory, handles, threads, count, logs, stream.frames, stream.restarts)
        )

    def growth(self) -> dict[str, Any]:
        """The last quarter's median beside that of the second quarter: the first is warming up."""
        quarter = max(1, len(self.looks) // 4)
        early, late = self.looks[quarter : 2 * quarter], self.looks[-quarter:]
        hours = (late[-1].at - early[0].at) / 3600 or 1.0
        found: dict[str, Any] = {"hours_between": round(hours, 2)}
        for kind in _MODULES:
            if all(any(kind in look.memory for look in part) for part in (early, late)):
                found[kind] = {
                    name: [_median(part, name, kind) for part in (early, late)]
                    for name in ("memory", "handles", "threads")
                }
        found["processes"] = [early[0].processes, late[-1].processes]
        found["log_bytes"] = [early[0].logs, late[-1].logs]
        found["restarts"] = late[-1].restarts
        return found


def own_memory(pid: int) -> float:
    """MB that this process alone has and no file holds.

    Not psutil's USS: that counts a library's pages for whoever happens to have it alone, and so
    rises when another process on the machine ends.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        raise psutil.NoSuchProcess(pid) from None
    return round(int(text.split("Private_Dirty:")[1].split()[0]) * 1024 / 1e6, 2)


def _median(looks: list[Look], name: str, kind: str) -> float:
    """Of those looks at which the process ran: the comparison may be between two models."""
    values = (getattr(look, name).get(kind) for look in looks)
    return statistics.median(value for value in values if value is not None)


class Follower:
    """A client that takes every push, as an open screen does."""

    def __init__(self, workspace: Workspace) -> None:
        code = (
            "import asyncio, sys\nfrom pathlib import Path\n"
            "from rovertui.client import Client\nfrom rovertui.workspace import Workspace\n"
            "async def main():\n"
            "    client = Client(Workspace(Path(sys.argv[1])), 'screen')\n"
            "    await client.connect()\n    await client.call('subscribe')\n"
            "    while client.connected: await asyncio.sleep(1)\n"
            "asyncio.run(main())\n"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(workspace.root)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def simulated(place: Path) -> Rig:
    rig = Rig.__new__(Rig)
    rig.workspace, rig.processes = demo.prepare(place), []
    rig.start()
    rig.do("capture.on", session="long")
    return rig


def real(place: Path, v620: V620) -> Rig:
    listen = f"tcp://127.0.0.1:{free_port()}"
    rig = Rig(
        place,
        Config(
            source=Source(kind="tap"),
            tap=Tap(listen=listen, upstream=v620.address),
            capture=Capture(rule="diverse"),
        ),
    )
    rig.start()
    rig.do("capture.on", session="long")
    until(lambda: rig.snapshot().relay.state == "up")
    return rig


def ship(rig: Rig, number: int) -> str:
    """One shipment of the checkpoint ``number`` (counted over those there are); how it ended."""
    checkpoints = [c.name for c in rig.snapshot().server.checkpoints if c.state != "no onnx"]
    if not checkpoints:
        return "no checkpoint"
    chosen = checkpoints[number % len(checkpoints)]
    rig.do("drive.park")
    try:
        rig.until(lambda s: s.stream.motion == "still", 60)
        job = rig.do("ship", checkpoint=chosen, force=True)["job"]

        async def get(client: Client) -> str:
            return str((await client.job(job)).state)

        until(lambda: rig.ask(get) not in ("queued", "running", "waiting"), 300)
        return str(rig.ask(get))
    except (OperatorError, AssertionError) as error:
        return str(error)
    finally:
        rig.do("drive.go")


def measure(simulated_hours: float, real_hours: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        return _measure(Path(directory), simulated_hours, real_hours)


def _measure(place: Path, simulated_hours: float, real_hours: float) -> dict[str, Any]:
    v620 = V620(free_port()).start()
    began = time.monotonic()
    runs = {"simulated": Run(simulated(place / "s")), "real": Run(real(place / "r", v620))}
    ends = {"simulated": simulated_hours * 3600 / demo.SPEED, "real": real_hours * 3600}
    count = int(real_hours * 3600 * _RATE)
    listen = runs["real"].rig.workspace.load().tap.listen
    collector = subprocess.Popen(
        [sys.executable, "-m", "tests.relay.collector", listen, str(_RATE), str(count)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    followers = [Follower(run.rig.workspace) for run in runs.values()]
    shipped: list[str] = []
    try:
        while runs_left := [name for name in runs if time.monotonic() - began < ends[name]]:
            for name in runs_left:
                runs[name].look(began)
            hour = int((time.monotonic() - began) / (3600 / demo.SPEED))
            if "simulated" in runs_left and hour > len(shipped):
                shipped.append(ship(runs["simulated"].rig, hour))
            time.sleep(_EVERY)
        collector.wait(120)
        until(lambda: len(v620.numbers) >= count, 30)
        relay = runs["real"].rig.snapshot().relay
        seen = runs["real"].rig.snapshot().stream.frames
    finally:
        for follower in followers:
            follower.end()
        collector.kill()
        for run in runs.values():
            with contextlib.suppress(OperatorError, ConnectionError, AssertionError):
                run.rig.do("relay.stop")
            run.rig.end()
        v620.kill()
    return {
        "hours": {"simulated": simulated_hours, "real": real_hours},
        "shipped": shipped,
        "packets": {
            "sent": count,
            "relay_lost": relay.lost,
            "v620_got": len(v620.numbers),
            "in_order": v620.numbers == sorted(v620.numbers),
            "recorder_got": seen,
        },
        **{name: run.growth() for name, run in runs.items()},
        "looks": {name: len(run.looks) for name, run in runs.items()},
    }


def goals(found: dict[str, Any]) -> list[dict[str, Any]]:
    """What grew is defined at the top of this module."""
    grown, restarts = [], 0
    most, risen = "", 0.0
    for name in ("simulated", "real"):
        part = found[name]
        restarts += part["restarts"]
        for kind, values in part.items():
            if not isinstance(values, dict):
                continue
            early, late = values["memory"]
            words = f"{name} {kind}: {early:.1f} to {late:.1f} MB"
            if late - early > max(2.0, 0.05 * early):
                grown.append(words)
            if late - early > risen:
                most, risen = words, late - early
            for what in ("handles", "threads"):
                if values[what][1] > values[what][0] + 1:
                    grown.append(f"{name} {kind}: {what} {values[what][0]} to {values[what][1]}")
        if part["processes"][1] > part["processes"][0]:
            grown.append(f"{name}: processes {part['processes']}")
    nothing = f"nothing; most {most}" if most else "nothing"
    packets = found["packets"]
    lost = packets["sent"] - packets["v620_got"]
    missed = packets["sent"] - packets["recorder_got"]
    return [
        {"what": "what grew", "goal": "nothing", "measured": grown or nothing, "met": not grown},
        {"what": "packets lost on the way", "goal": 0, "measured": lost, "met": lost == 0},
        {"what": "frames the recorder missed", "goal": 0, "measured": missed, "met": missed <= 0},
        {"what": "recorders restarted", "goal": 0, "measured": restarts, "met": restarts == 0},
    ]


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--full", action="store_true", help="eight simulated hours, one real one")
    parser.add_argument("--simulated", type=float, default=0.5, help="simulated hours")
    parser.add_argument("--real", type=float, default=0.05, help="real hours")
    given = parser.parse_args()
    hours = (8.0, 1.0) if given.full else (given.simulated, given.real)
    found = measure(*hours)
    report = {"name": "endurance", **found, "goals": goals(found)}
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
