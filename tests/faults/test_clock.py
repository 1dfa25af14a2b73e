"""A wall clock that jumps under a recording: no sample is lost, none too many is kept."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui.calibration import sample
from rovertui.config import Capture, Config, Source
from tests.daemon.rig import Rig
from tests.waiting import until

ROOT = Path(__file__).parents[2]

# Every Python of the workspace: time.time() as the file says it is off.
_JUMPING = """
import os, time
_real, _file = time.time, {file!r}
def _jumping():
    try:
        with open(_file) as stream:
            return _real() + float(stream.read() or 0)
    except (OSError, ValueError):
        return _real()
time.time = _jumping
"""
_DAEMON = (
    "import sitecustomize, sys; sys.executable = sys.argv.pop(1); "
    "from rovertui.daemon.__main__ import main; sys.exit(main(sys.argv[1:]))"
)


class Jumping(Rig):
    """A rig whose processes take the date from a file."""

    def jump(self, seconds: float) -> None:
        part = self.workspace.root / "clock.part"
        part.write_text(str(seconds))
        part.replace(self.workspace.root / "clock")

    def begin(self, hook: Path) -> None:
        """Start the daemon with the clock of the file, and its children like it."""
        hook.mkdir()
        text = _JUMPING.format(file=str(self.workspace.root / "clock"))
        (hook / "sitecustomize.py").write_text(text)
        python = hook / "python"
        python.write_text(
            f'#!/bin/sh\nPYTHONPATH="{hook}:$PYTHONPATH" exec "{sys.executable}" "$@"\n'
        )
        python.chmod(0o755)
        self.workspace.kept.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-c", _DAEMON, str(python), "--workspace", str(self.workspace.root)],
            env={**os.environ, "PYTHONPATH": f"{hook}:{ROOT}"},
            start_new_session=True,
        )
        self.processes.append(process)
        until(self.answers)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Jumping]:
    root = tmp_path / "workspace"
    root.mkdir()
    made = Jumping(
        root,
        Config(
            source=Source(kind="simulated", speed=20.0, rate=10.0),
            capture=Capture(rule="interval", interval=5.0, count=500),
        ),
    )
    made.begin(tmp_path / "hook")
    yield made
    made.end()


@pytest.mark.parametrize("by", [86400.0 * 365, -86400.0 * 365, -3.0])
def test_a_jump_of_the_wall_clock_disturbs_neither_rates_nor_intervals(
    rig: Jumping, by: float
) -> None:
    rig.do("capture.on", session="jump")
    before = rig.until(lambda s: s.capture.kept >= 3)

    rig.jump(by)

    after = rig.until(lambda s: s.capture.kept >= before.capture.kept + 4)
    assert abs(after.clock - before.clock - by) < 60, "the daemon saw the jump"
    assert after.stream.state == "live"
    assert after.stream.restarts == 0
    assert after.capture.last_age is not None
    assert 0 <= after.capture.last_age < 60
    assert after.stream.age is not None
    assert 0 <= after.stream.age < 60
    recorder = rig.recorder()
    assert recorder is not None
    assert "hook" in recorder.environ()["PYTHONPATH"], "the recorder has that clock too"
    stamps = []
    for path in (rig.workspace.root / "calibration_data").rglob("*.npz"):
        _, stamp = sample.read(path)
        assert stamp is not None
        stamps.append(stamp.stamp)
    stamps.sort()
    assert all(later - earlier >= 5.0 - 1e-6 for earlier, later in itertools.pairwise(stamps))
