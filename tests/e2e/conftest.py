"""One workspace for every test here, made once by the headless demo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rovertui.demo import workspace as demo
from tests.calling import rovertui

from .demo_rig import DemoRig


@pytest.fixture(scope="session")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    place = tmp_path_factory.mktemp("demo") / "workspace"
    done = rovertui("-w", place, "demo", "--headless", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return place, found


@pytest.fixture
def rig(figures: tuple[Path, dict[str, Any]]) -> Iterator[DemoRig]:
    made = DemoRig(demo.prepare(figures[0]))
    made.ready()
    yield made
    made.end()
