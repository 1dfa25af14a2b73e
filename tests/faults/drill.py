"""Kills at random moments of a demo, and what must hold after each of them.

``./run bench kills`` is the long form; the suite runs a short one.
"""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from rovertui.client import Client
from rovertui.demo import workspace as demo
from rovertui.errors import OperatorError
from rovertui.snapshot import JobView, Snapshot
from tests.daemon.rig import Rig
from tests.faults.promises import Accepted, half_files, wrong_models
from tests.waiting import until

_ENDED = ("done", "failed", "cancelled", "interrupted")
_DAEMON, _RECORDER, _WORKER = "rovertui.daemon", "rovertui.recorder", "worker"
_NODE, _V620 = "rovertui.demo.node", "rovertui.demo.v620"
_SHARES = {_DAEMON: 4, _RECORDER: 2, _WORKER: 6, _NODE: 1, _V620: 1}


class Drill(Rig):
    """A demo's workspace that is kept busy and whose processes are killed.

    Attributes:
        kills, during: how often what was killed, and while what was done.
        seconds: how long it took each time until the workspace was whole again.
        broken: promises that did not hold, in words; empty is the goal.
    """

    def __init__(self, place: Path, seed: int, longest: float) -> None:
        self.workspace = demo.prepare(place)
        self.processes: list[Any] = []
        self.random = random.Random(seed)
        self.longest = longest
        self.accepted = Accepted(self.workspace)
        self.kills: Counter[str] = Counter()
        self.during: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.broken: list[str] = []
        self.round = 0

    def warm_up(self) -> None:
        """A first model in service, so that there is something to lose."""
        self.start()
        self.do("capture.on", session="drill")
        self.until(lambda s: s.capture.kept >= 20 and s.capture.checking >= 3, 60)
        self.do("drive.park")
        self.until(lambda s: s.server.state == "up" and s.stream.motion == "still", 60)
        shipped = self._ended(self.do("ship", precision="fp16", force=True)["job"])
        if shipped.state != "done":
            raise AssertionError(f"the drill has no first model: {shipped.text}")

    def one(self) -> None:
        """Do something, kill somebody in the middle of it, see whether all promises hold."""
        self.round += 1
        doing, number = self._begin()
        time.sleep(self.random.uniform(0.0, self.longest))
        self.accepted.look()
        victim = self._victim()
        if victim is None:
            return
        kind, process = victim
        restarts = self.snapshot().stream.restarts
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
        self.kills[kind] += 1
        self.during[doing] += 1
        began = time.monotonic()
        with self._promise(f"{kind} killed during {doing}"):
            self._recovers(kind, number, restarts)
        self._looks(f"{kind} killed during {doing}")
        self.seconds.append(time.monotonic() - began)

    def finish(self) -> None:
        """An orderly end: nothing of the workspace runs afterwards."""
        with self._promise("the orderly end"):
            self.do("daemon.stop")
            until(lambda: not self.children())
            for process in self.processes:
                process.wait(20)

    def summary(self) -> dict[str, Any]:
        ordered = sorted(self.seconds) or [0.0]
        return {
            "kills": sum(self.kills.values()),
            "killed": dict(self.kills.most_common()),
            "during": dict(self.during.most_common()),
            "samples_accepted": len(self.accepted.seen),
            "seconds_until_whole": {
                "median": round(ordered[len(ordered) // 2], 2),
                "largest": round(ordered[-1], 2),
            },
            "broken": self.broken,
        }

    def _begin(self) -> tuple[str, int | None]:
        """Start one of the things an operator does; its name and its job, if it is one."""
        name = self.random.choice(
            ("capture", "convert", "convert", "ship", "deploy", "rollback", "pull", "nothing")
        )
        work: dict[str, Callable[[], dict[str, Any]]] = {
            "capture": self._toggle,
            "convert": lambda: self.do("convert", model=self._model(), precision=self._rung()),
            "ship": lambda: self.do("ship", precision=self._rung(), force=True),
            "deploy": lambda: self.do("deploy", model=self._converted(), force=True),
            "rollback": lambda: self.do("rollback"),
            "pull": lambda: self.do("pull", checkpoint=self._checkpoint()),
            "nothing": dict,
        }
        try:
            return name, work[name]().get("job")
        except OperatorError as error:
            return f"{name} (refused: {error.code})", None

    def _toggle(self) -> dict[str, Any]:
        on = self.snapshot().capture.wanted
        return self.do("capture.off" if on else "capture.on", **({} if on else {"session": "d"}))

    def _rung(self) -> str:
        return self.random.choice(("fp16", "hybrid"))

    def _model(self) -> str:
        onnx = [m.checkpoint for m in self.snapshot().models if m.precision == "onnx"]
        return self.random.choice(sorted(onnx))

    def _converted(self) -> str:
        found = [m.name for m in self.snapshot().models if m.precision != "onnx"]
        return self.random.choice(sorted(found))

    def _checkpoint(self) -> str:
        found = [c.name for c in self.snapshot().server.checkpoints if c.state != "no onnx"]
        return self.random.choice(sorted(found)) if found else "1250"

    def _victim(self) -> tuple[str, psutil.Process] | None:
        """Somebody who is alive, the daemon and a worker more often than others."""
        found: dict[str, psutil.Process] = {}
        for process in self.children():
            kind = _kind(process.info["cmdline"])
            if kind:
                found[kind] = process
        daemon = next((p for p in self.processes if p.poll() is None), None)
        if daemon is not None:
            found[_DAEMON] = psutil.Process(daemon.pid)
        if not found:
            return None
        kinds = sorted(found)
        kind = self.random.choices(kinds, [_SHARES[kind] for kind in kinds])[0]
        return kind, found[kind]

    def _recovers(self, kind: str, number: int | None, restarts: int) -> None:
        if kind == _DAEMON:
            for process in self.processes:
                process.wait(20)
            until(lambda: not self.children())
            self.start()
            if number is not None:
                job = self._ended(number)
                assert job.state in _ENDED
                if job.state == "interrupted":
                    notices = self.snapshot().notices
                    assert any("interrupted" in n or "cut short" in n for n in notices), notices
        elif number is not None:
            job = self._ended(number)
            assert job.state == "done" or job.text, "a job that failed without a word"
        if kind == _RECORDER:
            self.until(lambda s: s.stream.restarts > restarts, 30)
        if kind in (_NODE, _V620):
            name = "simulated-node" if kind == _NODE else "simulated-v620"
            self.until(lambda s: any(name in notice for notice in s.notices), 10)
        self.until(_works, 60)

    def _looks(self, when: str) -> None:
        """What lies on disk after it; a sample that is being written this moment is no half."""
        left: list[str] = []

        def whole() -> bool:
            left[:] = half_files(self.workspace)
            return not left

        with contextlib.suppress(AssertionError):
            until(whole, 5)
        found = [*left, *wrong_models(self.workspace)]
        found += [f"{name} was accepted and is lost" for name in self.accepted.lost()]
        live = self.workspace.root / "models" / "remote_trained.rknn"
        if not live.exists():
            found.append("nothing is live any more")
        if scratch := [p.name for p in self.workspace.scratch.glob("*")]:
            found.append(f"scratch was left: {scratch}")
        self.broken += [f"round {self.round}, {when}: {words}" for words in found]

    @contextlib.contextmanager
    def _promise(self, when: str) -> Any:
        try:
            yield
        except (AssertionError, OperatorError, ConnectionError) as error:
            self.broken.append(f"round {self.round}, {when}: {error}")
            self.kill()
            self.start()

    def _ended(self, number: int) -> JobView:
        found: list[JobView] = []

        async def get(client: Client) -> JobView:
            return await client.job(number)

        def look() -> bool:
            found[:] = [self.ask(get)]
            return found[0].state in _ENDED

        until(look, 120)
        return found[0]


def _kind(command: list[str]) -> str:
    for kind in (_RECORDER, _NODE, _V620):
        if kind in command:
            return kind
    return _WORKER if any("worker" in word for word in command) else ""


def _works(snapshot: Snapshot) -> bool:
    return snapshot.stream.state == "live" and snapshot.server.state == "up"
