from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rovertui.conversion.run import Converted, convert
from rovertui.reporter import Reporter

from . import nets, workshop

Events = list[dict[str, Any]]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The small policy as an ONNX file, in a directory with a space in its name."""
    directory = tmp_path / "with space"
    directory.mkdir()
    return nets.save(nets.policy(), directory / "ppo_v620_update_10.onnx")


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, toolkit_python: Path
) -> Callable[[str], tuple[Converted, Events]]:
    """The small policy converted to a rung by the real toolkit, once a session for each rung."""
    root = tmp_path_factory.mktemp("built models")
    model = nets.save(nets.policy(), root / "ppo_v620_update_10.onnx")
    done: dict[str, tuple[Converted, Events]] = {}

    def build(rung: str) -> tuple[Converted, Events]:
        if rung not in done:
            events: Events = []
            request = workshop.request(root, model, precision=rung)
            reporter = Reporter(events.append)
            done[rung] = convert(request, toolkit_python, root / "scratch", reporter), events
        return done[rung]

    return build
