"""Topics as a source: the helper under the system's Python sends us packets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import zmq

from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.files import at_home
from rovertui.sensors import ros
from rovertui.sensors.frame import Frame, SourceFacts
from rovertui.sensors.tap import PacketSource
from rovertui.text import clean

HELPER = Path(__file__).with_name("ros_node.py")
_HWM = 4
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 30.0
_HEALTHY_AFTER_S = 20.0


class RosSource:
    """Runs the helper, reads its packets, starts it again with growing pauses when it ends.

    Args:
        place: path of the Unix socket the helper sends to.
        log: where the helper's words go.
        numbers: only what is no picture, whenever odometry comes.
    """

    def __init__(
        self,
        config: Config,
        place: Path,
        log: Path,
        clock: Callable[[], float] = time.monotonic,
        *,
        numbers: bool = False,
    ) -> None:
        missing = [f for f in config.source.setup_files if not at_home(f).is_file()]
        if missing:
            raise OperatorError(
                f"config.toml: source.setup_files: there is no file {clean(missing[0], 200)}."
            )
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        socket = context.socket(zmq.PULL)
        socket.set(zmq.LINGER, 0)
        socket.set(zmq.RCVHWM, _HWM)
        socket.bind(f"ipc://{place}")
        topics = config.source.topics
        reasons = [
            f"nothing publishes {topics.odometry}"
            if numbers
            else f"the camera node does not publish {topics.colour} and {topics.depth}",
            "ROS_DOMAIN_ID differs from that of the rover's nodes",
        ]
        self._packets = PacketSource(
            context,
            socket,
            "ros",
            "ROS odometry" if numbers else "ROS topics",
            config.schema,
            reasons,
            clock,
        )
        self._place = place
        self._command = ros.sourced(_helper(config, place, numbers), config.source.setup_files)
        self._log = log
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._started = self._next_try = float("-inf")
        self._wait = _FIRST_WAIT_S
        self._why = ""
        self._news: list[str] = []

    @property
    def facts(self) -> SourceFacts:
        return self._packets.facts

    def read(self, timeout: float) -> Frame | None:
        self._keep_running()
        frame = self._packets.read(timeout)
        if frame is not None:
            self._why = ""
        return frame

    def _keep_running(self) -> None:
        now = self._clock()
        if self._process is not None:
            if self._process.poll() is None:
                return
            if now - self._started > _HEALTHY_AFTER_S:
                self._wait = _FIRST_WAIT_S
            self._process = None
            self._next_try = now + self._wait
            self._wait = min(2 * self._wait, _LONGEST_WAIT_S)
            why = f"the ROS helper ended: {self._last_words()}"
            if why != self._why:
                self._news.append(f"{why[0].upper()}{why[1:]}")
            self._why = why
        if now < self._next_try:
            return
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as out:
            # In our own process group: whoever ends us by the lifeline ends it as well.
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        self._started = now

    def _last_words(self) -> str:
        try:
            lines = self._log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return clean(lines[-1], 300) if lines else "it said nothing"

    def news(self) -> list[str]:
        said, self._news = [*self._news, *self._packets.news()], []
        return said

    def trouble(self) -> list[str]:
        reasons = self._packets.trouble()
        return [self._why, *reasons] if self._why and reasons else reasons

    def park(self, parked: bool) -> None:
        self._packets.park(parked)

    def close(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(2.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._packets.close()
        self._place.unlink(missing_ok=True)


def _helper(config: Config, place: Path, numbers: bool) -> list[str]:
    topics: dict[str, Any] = msgspec.to_builtins(config.source.topics)
    return [
        config.source.python,
        str(HELPER),
        *("--to", f"ipc://{place}"),
        *("--topics", json.dumps(topics)),
        *("--max-linear", repr(config.rover.max_linear)),
        *("--max-angular", repr(config.rover.max_angular)),
        *(["--numbers"] if numbers else []),
    ]
