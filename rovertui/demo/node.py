"""The demo's inference node: a process of its own that loads the link and commands wheels.

::

    python -m rovertui.demo.node --models DIR --commands ADDRESS --control ADDRESS

It stands for the node on a rover, faults included: told to reload, it frees the model it has
before it loads the next, so that a bad file leaves it without any. Commands go out at 10 Hz as
JSON by ZeroMQ PUB, ``{"stamp": s, "linear": m/s, "angular": rad/s}``. What it sees is what the
simulated rover sees (``--eyes``), or a simulated world of its own while that does not come;
nothing drives by its commands.

Modes, to be chosen at the start and changed while it runs (``rovertui.demo.node_ctl mode``):
``ok``; ``mute`` answers success and publishes nothing; ``constant`` publishes the same command
for ever; ``nan`` publishes what is no number; ``deaf`` runs and publishes, but does not answer a
reload; ``refuse`` answers no; ``absent`` publishes nothing and answers nothing, as if it did not
run, until it gets another mode; ``depth-twice`` divides depth by its range twice, as two authors
who each meant well do: nothing fails, and the rover drives badly.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import stat
import sys
import time
from pathlib import Path
from typing import Any

import zmq

from rovertui.demo.node_model import CannotLoad, Model
from rovertui.demo.observation import sample_depth
from rovertui.demo.world import World
from rovertui.sensors.shared import EVERY, Shared, listen, taken_from
from rovertui.worker.lifeline import hold

MODES = ("ok", "mute", "constant", "nan", "deaf", "refuse", "absent", "depth-twice")
CONSTANT = (0.1, 0.0)
PERIOD = 0.1
_STALE_S = 2.0
log = logging.getLogger("node")


class Node:
    """The node's state and what it does on request and on every tick."""

    def __init__(self, link: Path, models: Path, mode: str, speeds: tuple[float, float]) -> None:
        self.link = link
        self.models = models
        self.mode = mode
        self.speeds = speeds
        self.model: Model | None = None
        self.problem = "waiting for a model"
        self.published = 0
        if os.path.lexists(link):
            self.load()

    def load(self) -> str:
        """Free the model and load what the link leads to; why that failed, or nothing."""
        self.model = None
        try:
            self.model = Model(self.link, self.models)
        except CannotLoad as error:
            self.problem = str(error)
            log.warning("no model: %s", self.problem)
            return self.problem
        self.problem = ""
        log.info("runs %s as a float model: there is no NPU here", self.model.name)
        return ""

    def answer(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The reply to a request of `node_ctl`; None when the node keeps silent."""
        what = request.get("do")
        if what == "mode":
            return self._change(str(request.get("mode")))
        if self.mode == "absent":
            return None
        if what == "present":
            runs = self.model.name if self.model else f"no model: {self.problem}"
            return {"success": True, "message": runs, "published": self.published}
        if what == "model-path":
            return {"success": True, "message": str(self.link)}
        if what == "reload":
            return self._reload()
        return {"success": False, "message": f"unknown request {what!r}"}

    def _change(self, mode: str) -> dict[str, Any]:
        if mode not in MODES:
            return {"success": False, "message": f"expected one of {', '.join(MODES)}"}
        self.mode = mode
        log.info("mode %s", mode)
        return {"success": True, "message": f"mode {mode}"}

    def _reload(self) -> dict[str, Any] | None:
        if self.mode == "deaf":
            return None
        if self.mode == "refuse":
            return {"success": False, "message": "NPU inference is switched off"}
        problem = self.load()
        if problem or self.model is None:
            return {"success": False, "message": f"Failed to load model: {problem}"}
        return {"success": True, "message": f"Model reloaded: {self.model.name}"}

    def command(self, sample: dict[str, Any]) -> tuple[float, float] | None:
        """The wheel command for a sample, m/s and rad/s; None when nothing is published."""
        if self.mode in ("mute", "absent") or self.model is None:
            return None
        if self.mode == "constant":
            return CONSTANT
        if self.mode == "nan":
            return float("nan"), float("nan")
        try:
            action = self.model.act(sample, twice="depth" if self.mode == "depth-twice" else "")
        except Exception as error:  # noqa: BLE001  as the real node: caught, logged, silent
            log.warning("inference failed: %s", str(error)[:300])
            return None
        linear, angular = (min(max(value, -1.0), 1.0) for value in action)
        return linear * self.speeds[0], angular * self.speeds[1]


class Eyes:
    """What the node sees: the newest frame of the rover's, or a world of its own without one."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], place: Path | None, seed: int):
        self._world = World(seed)
        self._socket = listen(context, place, EVERY) if place else None
        self._last: Shared | None = None

    def sample(self) -> dict[str, Any]:
        """The arrays of this tick."""
        while self._socket is not None and (found := taken_from(self._socket)) is not None:
            self._last = found
        self._world.step(PERIOD)
        if self._last is not None and time.monotonic() - self._last.taken < _STALE_S:
            arrays = {name: self._last.array(name) for name in self._last.arrays}
            if not any(array is None for array in arrays.values()):
                return arrays
        seen = self._world.observe()
        return {"rgb": seen.rgb, "depth": sample_depth(seen.depth), "proprio": seen.proprio}


def serve(node: Node, seed: int, commands: str, control: str, eyes: Path | None = None) -> None:
    """Publish on every tick and answer in between, until standard input is closed."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    sees = Eyes(context, eyes, seed)
    publisher, router = context.socket(zmq.PUB), context.socket(zmq.ROUTER)
    publisher.setsockopt(zmq.LINGER, 0)
    publisher.setsockopt(zmq.SNDHWM, 10)
    router.setsockopt(zmq.LINGER, 0)
    publisher.bind(commands)
    router.bind(control)
    poller = zmq.Poller()
    poller.register(router, zmq.POLLIN)
    if _is_pipe(0):
        poller.register(0, zmq.POLLIN | zmq.POLLERR)
    log.info("ready, mode %s", node.mode)
    due = time.monotonic()
    try:
        while True:
            left = max(0.0, due - time.monotonic())
            ready = dict(poller.poll(int(left * 1000) + 1))
            if 0 in ready and not os.read(0, 4096):
                return
            if router in ready:
                _reply(router, node)
            if time.monotonic() >= due:
                due = max(due + PERIOD, time.monotonic())
                command = node.command(sees.sample())
                if command:
                    message = {"stamp": time.time(), "linear": command[0], "angular": command[1]}
                    publisher.send(json.dumps(message).encode())
                    node.published += 1
    finally:
        context.destroy(0)
        for address in (commands, control):
            Path(address.removeprefix("ipc://")).unlink(missing_ok=True)


def _reply(router: Any, node: Node) -> None:
    """Take one request and answer it, or not: a ROUTER, unlike a REP, may keep silent."""
    frames = router.recv_multipart()
    try:
        request = json.loads(frames[-1])
    except ValueError:
        return
    if isinstance(request, dict) and (answer := node.answer(request)) is not None:
        with contextlib.suppress(zmq.ZMQError):
            router.send_multipart([*frames[:-1], json.dumps(answer).encode()], zmq.NOBLOCK)


def _is_pipe(handle: int) -> bool:
    """Whether somebody may close the other end; a terminal or /dev/null is no such thing."""
    try:
        mode = os.fstat(handle).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def main(arguments: list[str] | None = None) -> int:
    """Start the node; see the module's description."""
    parser = argparse.ArgumentParser(prog="rovertui.demo.node", description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="the models directory")
    parser.add_argument("--link", default="remote_trained.rknn", help="the name it loads in there")
    parser.add_argument("--commands", required=True, help="ZeroMQ address of its commands")
    parser.add_argument("--control", required=True, help="ZeroMQ address where it is told things")
    parser.add_argument("--mode", choices=MODES, default="ok")
    parser.add_argument("--seed", type=int, default=7, help="of its simulated world")
    parser.add_argument("--eyes", type=Path, help="socket of the rover's frames")
    parser.add_argument("--max-linear", type=float, default=0.18, help="m/s of action 1.0")
    parser.add_argument("--max-angular", type=float, default=1.0, help="rad/s of action 1.0")
    parser.add_argument("--lifeline", type=int, help="descriptor whose closing ends the node")
    given = parser.parse_args(arguments)
    if given.lifeline is not None:
        hold(given.lifeline)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s"
    )
    models = given.models.resolve()
    node = Node(models / given.link, models, given.mode, (given.max_linear, given.max_angular))
    try:
        serve(node, given.seed, given.commands, given.control, given.eyes)
    except zmq.ZMQError as error:
        log.error("%s or %s cannot be used: %s", given.commands, given.control, error)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
