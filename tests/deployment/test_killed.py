"""kill -9 at every step of a deployment: model, sheet and link agree, and load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .killed import SCENARIOS

# What was live when the killing began, or the other one; a clean-up always ends the same way.
_ENDS = {
    "undoing": {"new"},
    "finishing": {"old"},
    "finishing, answered": {"old"},
    "finishing to put back": {"new"},
}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory where there is one: thousands of fsyncs prove nothing here."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=shared, prefix="rovertui-") as directory:
        yield Path(directory)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_deployment_killed_at_any_step_leaves_the_old_or_the_new(
    scenario: str, memory: Path
) -> None:
    program = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, str(program), scenario, str(memory)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    ends = json.loads(done.stdout)
    assert ends["steps"] > 5
    assert {end for end in ("old", "new") if ends[end]} == _ENDS.get(scenario, {"old", "new"})
