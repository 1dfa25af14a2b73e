"""A stand-in that plays by itself, for developing the screen and for measuring it.

``python -m tests.ui.scripted [--ascii] [--fast]`` opens the screen on it.
Nothing here is measured or real.
"""

from __future__ import annotations

import asyncio
import math
import sys
from typing import Any

from rovertui.errors import OperatorError
from rovertui.snapshot import LiveView, QuestionView, ToolkitView

from .scenes import CLOCK, STAGES, busy, empty, job, model
from .stand_in import StandIn, StandInClient


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
