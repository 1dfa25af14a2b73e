"""One workspace for every test here, made once by the headless demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rovertui.demo import workspace as demo

from .demo_rig import ROOT, DemoRig


@pytest.fixture(scope="session")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    place = tmp_path_factory.mktemp("demo") / "workspace"
    done = subprocess.run(
        [sys.executable, "-m", "rovertui", "-w", place, "demo", "--headless", "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return place, found


@pytest.fixture
def rig(figures: tuple[Path, dict[str, Any]]) -> Iterator[DemoRig]:
    made = DemoRig(demo.prepare(figures[0]))
    made.ready()
    yield made
    made.end()
