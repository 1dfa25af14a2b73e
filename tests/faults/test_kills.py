"""kill -9 of any process at random moments of a demo that works; the long form is ``drill``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.drill import Drill

pytestmark = [pytest.mark.needs_toolkit, pytest.mark.needs_sshd]
KILLS = 20


def test_twenty_kills_lose_nothing(tmp_path: Path) -> None:
    drill = Drill(tmp_path / "workspace", seed=1, longest=2.0)
    try:
        drill.warm_up()
        while sum(drill.kills.values()) < KILLS:
            drill.one()
        drill.finish()
    finally:
        drill.end()
    assert not drill.broken, "\n".join(drill.broken)
    assert len(drill.kills) >= 3, "several kinds of processes were killed"
