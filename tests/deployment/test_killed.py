"""kill -9 at every step of a deployment: model, sheet and link agree, and load."""

from __future__ import annotations

import json
import subprocess
import sys
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


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_deployment_killed_at_any_step_leaves_the_old_or_the_new(
    scenario: str, tmp_path: Path
) -> None:
    program = Path(__file__).with_name("killed.py")
    done = subprocess.run(
        [sys.executable, str(program), scenario, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    ends = json.loads(done.stdout)
    assert ends["steps"] > 5
    assert {end for end in ("old", "new") if ends[end]} == _ENDS.get(scenario, {"old", "new"})
