"""A daemon of a workspace of its own, where a test asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui.config import Capture, Config, Source

from .rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A simulated rover at twenty times life, a sample every ten of its seconds."""
    made = Rig(
        tmp_path,
        Config(
            source=Source(kind="simulated", speed=20.0, rate=10.0),
            capture=Capture(rule="interval", interval=5.0, count=500),
        ),
    )
    yield made
    made.end()
