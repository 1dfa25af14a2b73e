from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui import config_file
from rovertui.calibration.store import SampleStore
from rovertui.config import Capture, Config
from rovertui.config import Source as SourceSettings
from rovertui.errors import OperatorError
from rovertui.recorder.loop import Recorder
from rovertui.recorder.messages import Capture as CaptureCommand
from rovertui.recorder.messages import Kept, Message, Numbers
from rovertui.sensors.frame import Frame, SourceFacts
from tests.calibration.conftest import small_schema

WAIT_S = 90.0


def poll(condition: Callable[[], Any], what: str, timeout: float = WAIT_S) -> Any:
    """Wait until a condition holds and return its value."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"not within {timeout:.0f} s: {what}")


def small_config(**capture: Any) -> Config:
    capture = {"rule": "interval", **capture}
    return Config(capture=Capture(schema="small", **capture), schemas={"small": small_schema()})


def make_frame(stamp: float, **changes: Any) -> Frame:
    arrays: dict[str, Any] = {
        "rgb": np.full((6, 8, 3), 100, np.uint8),
        "depth": np.full((6, 8), 2.0, np.float32),
        "proprio": np.array([0.1, 0.0], np.float32),
    }
    return Frame(stamp=stamp, received=time.monotonic(), arrays={**arrays, **changes})


class Drive:
    """A source that plays frames, each when everything before it is on disk."""

    facts = SourceFacts(kind="test", text="a drive", simulated=False)

    def __init__(self, frames: list[Frame]) -> None:
        self.frames = list(frames)
        self.may_go: Callable[[], bool] = lambda: True
        self.at_end: Callable[[], None] = lambda: None
        self.error: Exception | None = None
        self.parked: list[bool] = []

    def read(self, timeout: float) -> Frame | None:
        if not self.may_go():
            time.sleep(0.001)
            return None
        if not self.frames:
            if self.error:
                raise self.error
            self.at_end()
            time.sleep(0.001)
            return None
        frame = self.frames.pop(0)
        return Frame(frame.stamp, time.monotonic(), frame.arrays)

    def park(self, parked: bool) -> None:
        if self.facts.kind == "test":
            raise OperatorError("Only a simulated rover can be parked from here.")
        self.parked.append(parked)

    def close(self) -> None: ...


class Session:
    """A recorder in this process over a scripted drive; runs to the end of the drive."""

    def __init__(self, root: Path, config: Config) -> None:
        self.root = root
        self.config = config
        self.directory = root / "calibration_data"
        self.messages: list[Message] = []
        self.store = SampleStore(self.directory, config, root / ".rovertui", simulated=False)

    def recorder(self, drive: Drive) -> Recorder:
        recorder = Recorder(self.config, drive, self.store, self.messages.append)
        drive.may_go = lambda: self.ready() and recorder.idle
        drive.at_end = recorder.stop
        return recorder

    def ready(self) -> bool:
        numbers = self.numbers()
        return bool(numbers) and numbers[-1].capture.text != "reading the set"

    def record(self, frames: list[Frame], session: str = "s1", *, checking: bool = False) -> None:
        recorder = self.recorder(Drive(frames))
        recorder.command(CaptureCommand(on=True, session=session, checking=checking))
        recorder.run()

    def numbers(self) -> list[Numbers]:
        return [message for message in self.messages if isinstance(message, Numbers)]

    def kept(self) -> list[Kept]:
        return [message for message in self.messages if isinstance(message, Kept)]

    def of(self, kind: type[Any]) -> list[Any]:
        return [message for message in self.messages if isinstance(message, kind)]

    def files(self) -> list[str]:
        found = self.directory.rglob("*")
        return sorted(p.relative_to(self.directory).as_posix() for p in found if p.is_file())


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path, small_config())


class Tools:
    poll = staticmethod(poll)
    frame = staticmethod(make_frame)
    config = staticmethod(small_config)
    Drive = Drive
    Session = Session


@pytest.fixture(scope="session")
def tools() -> type[Tools]:
    return Tools


class Child:
    """The recorder as the daemon starts it."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.directory = workspace / "calibration_data"
        reader, self.lifeline = os.pipe()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "rovertui.recorder",
                "--workspace",
                str(workspace),
                "--lifeline",
                str(reader),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[reader],
            start_new_session=True,
            cwd=Path(__file__).parents[2],
        )
        os.close(reader)
        self.messages: list[dict[str, Any]] = []
        self.errors = b""
        self._threads = [
            threading.Thread(target=self._listen, daemon=True),
            threading.Thread(target=self._log, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # Killed in the middle of a line it leaves half of one, and no more.
            if line.endswith(b"\n"):
                self.messages.append(json.loads(line))

    def _log(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()

    def send(self, **command: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def close_lifeline(self) -> None:
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["kind"] == kind]

    def capture(self) -> dict[str, Any]:
        numbers = self.of("numbers")
        return numbers[-1]["capture"] if numbers else {}

    def wait(self) -> int:
        code = self.process.wait(WAIT_S)
        for thread in self._threads:
            thread.join(WAIT_S)
        return code

    def files(self) -> list[Path]:
        return sorted(self.directory.rglob("*.npz"))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Start a recorder in a workspace of its own; whatever still runs is killed afterwards."""
    children: list[Child] = []

    def start(config: Config | None = None) -> Child:
        path = tmp_path / config_file.NAME
        if not path.exists():
            config_file.create(path, config or simulated())
        child = Child(tmp_path)
        children.append(child)
        return child

    yield start
    for child in children:
        if child.process.poll() is None:
            child.process.kill()
        child.wait()
        child.close_lifeline()


def simulated(speed: float = 10.0, rate: float = 0.0, **capture: Any) -> Config:
    return Config(
        source=SourceSettings(kind="simulated", speed=speed, rate=rate),
        capture=Capture(**{"rule": "interval", **capture}),
    )


@pytest.fixture(scope="session")
def simulated_config() -> Callable[..., Config]:
    return simulated
