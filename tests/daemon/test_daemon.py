"""One daemon a workspace: who starts it, what it takes with it, and how it ends."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from rovertui.client import DaemonStopped
from rovertui.daemon import launch
from rovertui.errors import OperatorError
from rovertui.workspace import Workspace
from tests.daemon.rig import Rig
from tests.waiting import until


def test_the_first_client_starts_it_and_numbers_move(rig: Rig) -> None:
    async def session() -> tuple[int, int]:
        client = await launch.connected(rig.workspace)
        seen: list[int] = []
        async for snapshot in client.snapshots():
            if snapshot.stream.state == "live" and snapshot.stream.frames not in seen:
                seen.append(snapshot.stream.frames)
            if len(seen) == 3:
                break
        await client.do("daemon.stop")
        await client.close()
        return seen[0], seen[-1]

    first, last = asyncio.run(asyncio.wait_for(session(), 20))
    assert last > first
    until(lambda: not rig.children())


def test_one_that_is_not_found_is_named_with_the_likely_reason(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = rig.start()
    start = launch.start

    def started_and_ended(workspace: Workspace) -> subprocess.Popen[bytes]:
        process = start(workspace)
        process.wait(60)
        return process

    with monkeypatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
        patch.setattr(launch, "start", started_and_ended)
        # It serves for longer than anybody waits for one that starts: there is nothing to wait for.
        patch.setattr(launch, "_PATIENCE", 3600.0)
        os.utime(rig.workspace.lock, (0, 0))
        with pytest.raises(OperatorError) as refused:
            asyncio.run(asyncio.wait_for(launch.connected(rig.workspace), 60))
        status, stop = rig.run("status"), rig.run("daemon", "stop")
    assert f"Another daemon serves this workspace: process {daemon.pid}." in refused.value.message
    assert "another XDG_CACHE_HOME or HOME" in refused.value.hint
    for asked in (status, stop):
        assert asked.returncode == 4
        assert f"process {daemon.pid}. It does not answer here" in asked.stderr


def test_two_started_at_once_leave_one(rig: Rig) -> None:
    rig.workspace.kept.mkdir()
    both = [launch.start(rig.workspace) for _ in range(2)]
    rig.processes += both
    until(rig.answers)
    until(lambda: any(process.poll() is not None for process in both))
    assert sorted(process.poll() is None for process in both) == [False, True]
    assert next(p for p in both if p.poll() is not None).returncode == 0
    assert rig.answers()


def test_an_orderly_end_is_not_taken_for_an_unasked_one(rig: Rig) -> None:
    process = rig.start()
    rig.do("daemon.stop")
    process.wait(20)
    rig.start()
    assert not rig.snapshot().notices


def test_stopping_it_ends_every_child(rig: Rig) -> None:
    process = rig.start()
    until(rig.recorder)
    rig.do("daemon.stop")
    assert process.wait(20) == 0
    assert not rig.children()
    assert not rig.workspace.socket().exists()


def test_its_environment_is_a_list_not_the_first_client_s(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/tmp/agent")
    process = rig.start()
    found = psutil.Process(process.pid).environ()
    assert "SECRET_TOKEN" not in found
    assert "SSH_AUTH_SOCK" not in found
    assert found["HOME"] == os.environ["HOME"]


def test_it_never_imports_the_screen_the_toolkit_or_the_camera() -> None:
    script = (
        "import sys, rovertui.daemon.service\n"
        "print([m for m in ('textual', 'rknn', 'pyrealsense2', 'numpy', 'paramiko', 'onnx')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout.strip() == "[]"


def test_an_open_screen_does_not_bring_back_a_daemon_that_was_stopped(rig: Rig) -> None:
    process = rig.start()
    rig.do("daemon.stop")
    process.wait(20)

    async def again(after_stop: bool) -> None:
        client = launch.StartingClient(rig.workspace, after_stop=after_stop)
        await client.connect()
        await client.do("daemon.stop")
        await client.close()

    with pytest.raises(ConnectionError, match="was stopped by"):
        asyncio.run(again(False))
    asyncio.run(again(True))
    until(lambda: not rig.children())


def test_an_open_client_is_told_who_stopped_the_daemon(rig: Rig) -> None:
    process = rig.start()
    rig.do("daemon.stop")
    until(lambda: process.poll() is not None)
    client = launch.StartingClient(rig.workspace, after_stop=False)
    user = re.escape(pwd.getpwuid(os.getuid()).pw_name)
    with pytest.raises(DaemonStopped, match=rf"stopped by {user} \(script\) at \d\d:"):
        asyncio.run(client.connect())
    assert not client.started

    process = rig.start()
    process.terminate()
    until(lambda: process.poll() is not None)
    with pytest.raises(DaemonStopped, match="by a signal"):
        asyncio.run(client.connect())
