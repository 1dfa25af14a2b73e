from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from rovertui.relay import record
from rovertui.relay.control import Control
from rovertui.sensors.packet import Malformed, parse
from tests.ports import free_port
from tests.waiting import until

ROOT = Path(__file__).parents[2]


def python(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


class V620:
    """A receiver that parses, as the trainer does; can be killed and started again."""

    def __init__(self, port: int) -> None:
        self.address = f"tcp://127.0.0.1:{port}"
        self.digests: list[str] = []
        self.numbers: list[int] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> V620:
        self._stop.clear()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def _run(self, ready: threading.Event) -> None:
        context: zmq.Context[Any] = zmq.Context()
        pull = context.socket(zmq.PULL)
        pull.bind(self.address)
        ready.set()
        while not self._stop.is_set():
            if pull.poll(50):
                message = pull.recv()
                self.digests.append(hashlib.sha256(message).hexdigest())
                try:
                    self.numbers.append(parse(message).extra["episode_step"])
                except (Malformed, KeyError):
                    self.numbers.append(-1)
        context.destroy(linger=0)

    def kill(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join(10)


class Tap:
    """A relay process of its own, and ways to ask it."""

    def __init__(self, root: Path, upstream: str = "", cap: float = 0.0) -> None:
        self.listen = f"tcp://127.0.0.1:{free_port()}"
        self.path = root / record.NAME
        self.copy = root / "c"
        self.process = python(
            *("-m", "rovertui.relay", "--record", str(self.path), "--listen", self.listen),
            *("--upstream", upstream, "--cap", str(cap)),
            *("--copy", str(self.copy), "--control", str(root / "k")),
        )
        until(lambda: record.running(self.path))
        self.control = Control(str(root / "k"))

    def state(self) -> dict[str, Any]:
        found = self.control.ask({"do": "state"}, 5.0)
        assert found is not None
        return found

    def end(self) -> None:
        self.control.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a path short enough for sockets."""
    return tmp_path_factory.mktemp("r")


@pytest.fixture
def v620() -> Iterator[V620]:
    made = V620(free_port())
    yield made
    made.kill()


@pytest.fixture
def tap(short: Path) -> Iterator[Callable[..., Tap]]:
    made: list[Tap] = []

    def start(**options: Any) -> Tap:
        made.append(Tap(short, **options))
        return made[-1]

    yield start
    for each in made:
        each.end()


@pytest.fixture
def sender() -> Iterator[Callable[[str], Any]]:
    """A PUSH socket in this process, that waits rather than lose anything."""
    context: zmq.Context[Any] = zmq.Context()

    def connect(address: str) -> Any:
        socket = context.socket(zmq.PUSH)
        socket.set(zmq.SNDTIMEO, 10_000)
        socket.connect(address)
        return socket

    yield connect
    context.destroy(linger=0)


@pytest.fixture
def collector() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """The stand-in collector as a process: ``collector(address, rate, count)``."""
    made: list[subprocess.Popen[bytes]] = []

    def start(address: str, rate: float, count: int) -> subprocess.Popen[bytes]:
        made.append(python("-m", "tests.relay.collector", address, str(rate), str(count)))
        return made[-1]

    yield start
    for process in made:
        if process.poll() is None:
            process.kill()
        process.communicate()
