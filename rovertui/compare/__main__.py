"""``python -m rovertui.compare``: started by the daemon while a model is live and frames come."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from pathlib import Path

import msgspec
import zmq

from rovertui.compare.agreement import Agreement
from rovertui.compare.float_model import CannotCompare, FloatModel, load
from rovertui.deployment.node import Ear
from rovertui.errors import OperatorError
from rovertui.sensors.shared import COMMANDS, NOW_AND_THEN, Shared, listen, taken_from
from rovertui.snapshot import CompareView
from rovertui.worker.lifeline import hold
from rovertui.workspace import Workspace

log = logging.getLogger(__name__)

_POLL_MS = 100
_LOOK_EVERY_S = 2.0


class Comparison:
    """What the daemon shows of one comparison after another, as the live model changes.

    Args:
        link: the name the node loads; models: where the float models lie.
    """

    def __init__(self, link: Path, models: Path) -> None:
        self._link = link
        self._models = models
        self._seen: object = ()
        self._looked = float("-inf")
        self._model: FloatModel | None = None
        self._why = ""
        self.agreement = Agreement(0.05)

    def look(self, now: float) -> bool:
        """Load the float model of what is live now, where that changed; whether it did."""
        if now - self._looked < _LOOK_EVERY_S:
            return False
        self._looked = now
        seen = tuple(
            _signature(path) for path in (self._link.with_suffix(".json"), self._link, self._models)
        )
        if seen == self._seen:
            return False
        self._seen, self._model, self._why = seen, None, ""
        try:
            self._model = load(self._link, self._models)
        except CannotCompare as error:
            self._why = str(error)
            return True
        most = min(0.9, max(0.5, 2 * self._model.over_limit))
        self.agreement = Agreement(self._model.over, most)
        return True

    def frame(self, shared: Shared) -> None:
        """Run the float model on a frame."""
        if self._model is None:
            return
        try:
            self.agreement.reference(shared.taken, self._model.action(shared.array))
            self._why = ""
        except CannotCompare as error:
            self._why = str(error)

    def command(self, at: float, linear: float, angular: float) -> None:
        """The node commanded this, in m/s and rad/s."""
        if self._model is not None:
            scales = self._model.scales
            self.agreement.command(at, (linear / scales[0], angular / scales[1]))

    def action(self, at: float, action: tuple[float, float]) -> None:
        """The node commanded this, as an action (-1..1)."""
        self.agreement.command(at, action)

    def view(self) -> CompareView:
        if self._model is None or self._why:
            return CompareView(state="off", text=self._why)
        said, last = self.agreement, self.agreement.last
        view = CompareView(
            state=said.state,
            model=self._model.name,
            compared=said.compared,
            apart=said.disagreeing,
            tolerance=[said.tolerance * scale for scale in self._model.scales],
        )
        if last is not None:
            view.reference = _wheels(last.reference, self._model.scales)
            view.command = _wheels(last.command, self._model.scales) if last.command else []
        view.text = _words(view)
        return view


def _wheels(action: tuple[float, float], scales: tuple[float, float]) -> list[float]:
    values = (value * scale for value, scale in zip(action, scales, strict=True))
    # JSON has no NaN; a command that is no number is shown as none.
    return [value for value in map(_finite, values) if value is not None]


def _finite(value: float) -> float | None:
    return round(value, 5) if abs(value) < 1e6 else None


def _words(view: CompareView) -> str:
    of = f"{view.apart} of the last {view.compared} frames"
    if view.state == "silent":
        return "the node's commands do not come"
    if view.state == "starting":
        return f"{view.compared} frames compared so far"
    if view.state == "agrees":
        return f"as the float model: {of} differ"
    linear, angular = view.tolerance
    return (
        f"the node does not feed what this model was checked with: {of} differ by more than "
        f"{linear * 1000:.0f} mm/s or {angular * 1000:.0f} mrad/s"
    )


def _signature(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _run(workspace: Workspace, place: Path) -> None:
    config = workspace.load()
    models = workspace.models(config)
    comparison = Comparison(models / config.node.link, models)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    ear = Ear(config.node.commands) if config.node.commands else None
    topics = (NOW_AND_THEN,) if ear else (NOW_AND_THEN, COMMANDS)
    frames = listen(context, place, *topics)
    poller = zmq.Poller()
    poller.register(frames, zmq.POLLIN)
    if ear:
        poller.register(ear.socket, zmq.POLLIN)
    while True:
        poller.poll(_POLL_MS)
        now = time.monotonic()
        changed = comparison.look(now)
        for linear, angular in ear.arrived() if ear else ():
            comparison.command(now, linear, angular)
        while (shared := taken_from(frames)) is not None:
            if shared.arrays:
                comparison.frame(shared)
                changed = True
            elif shared.action is not None:
                comparison.action(now, shared.action)
        if comparison.agreement.look(time.monotonic()) or changed:
            _say(comparison.view())


def _say(view: CompareView) -> None:
    line = msgspec.json.encode({"kind": "compared", "view": view}) + b"\n"
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def main(arguments: list[str] | None = None) -> int:
    """Compare until ended from outside."""
    parser = argparse.ArgumentParser(prog="rovertui.compare")
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--frames", type=Path, required=True, help="the recorder's outlet")
    parser.add_argument("--lifeline", type=int, help="descriptor whose end ends this process")
    given = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    if given.lifeline is not None:
        hold(given.lifeline)
    os.nice(5)
    try:
        _run(Workspace(given.workspace), given.frames)
    except OperatorError as error:
        log.error("%s", error.sentence())
        _say(CompareView(state="off", text=error.sentence()))
        return 1
    except (BrokenPipeError, KeyboardInterrupt):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
