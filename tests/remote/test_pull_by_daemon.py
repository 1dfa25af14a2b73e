"""A daemon that is killed in the middle of a pull: the next one goes on where it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui.config import V620, Config
from tests.daemon.conftest import Rig, until

from .sshd import Sshd, put

pytestmark = pytest.mark.needs_sshd

BIG = 400_000_000


@pytest.fixture
def rig(sshd: Sshd, tmp_path: Path) -> Iterator[Rig]:
    (tmp_path / "workspace").mkdir()
    made = Rig(
        tmp_path / "workspace",
        Config(
            v620=V620(
                host="127.0.0.1",
                port=sshd.port,
                user=sshd.user,
                key_file=str(sshd.client_key),
                known_hosts=str(sshd.known_hosts),
                directory=str(sshd.checkpoints),
            )
        ),
    )
    yield made
    made.end()


def test_a_pull_outlives_the_daemon_that_began_it(rig: Rig, sshd: Sshd) -> None:
    original = put(sshd.checkpoints, "ppo_v620_update_50.onnx", BIG)
    part = rig.workspace.root / "models" / (original.name + ".part")
    rig.start()
    rig.until(lambda s: s.server.state == "up")
    rig.do("pull")
    until(lambda: part.exists() and part.stat().st_size > BIG / 100)
    rig.kill()
    came = part.stat().st_size
    assert came < BIG

    rig.start()
    snapshot = rig.until(lambda s: s.server.state == "up")
    assert [job.state for job in snapshot.jobs] == ["interrupted"]
    again = rig.do("pull")["job"]
    done = rig.until(lambda s: s.jobs[-1].id == again and s.jobs[-1].state == "done", 60)

    assert done.jobs[-1].result["sha256"] == hashlib.sha256(original.read_bytes()).hexdigest()
    assert done.jobs[-1].result["resumed_from"] >= came
    assert not part.exists()
