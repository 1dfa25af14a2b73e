"""The daemon over its socket: one a workspace, for this user alone, and hard to hurt."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from rovertui.audit import Audit
from rovertui.calibration import sample
from rovertui.client import Client, DaemonStopped
from rovertui.daemon import launch
from rovertui.errors import OperatorError
from rovertui.protocol import Call, Failure, Hello, encode, receive
from rovertui.workspace import Workspace
from tests.daemon.rig import Rig
from tests.waiting import until


def samples(rig: Rig) -> list[Path]:
    return sorted((rig.workspace.root / "calibration_data").rglob("*.npz"))


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
    assert f"Another daemon serves this workspace: process {daemon.pid}." in refused.value.message
    assert "another XDG_CACHE_HOME or HOME" in refused.value.hint


def test_two_started_at_once_leave_one(rig: Rig) -> None:
    rig.workspace.kept.mkdir()
    both = [launch.start(rig.workspace) for _ in range(2)]
    rig.processes += both
    until(rig.answers)
    until(lambda: any(process.poll() is not None for process in both))
    assert sorted(process.poll() is None for process in both) == [False, True]
    assert next(p for p in both if p.poll() is not None).returncode == 0
    assert rig.answers()


def test_capture_fills_the_set_and_says_why(rig: Rig) -> None:
    rig.start()
    rig.do("capture.on", session="gravel")
    snapshot = rig.until(lambda s: s.capture.kept >= 3)
    assert snapshot.capture.state == "on"
    assert snapshot.capture.last
    assert snapshot.capture.session == "gravel"
    assert all(len(axis.counts) for axis in snapshot.axes)
    assert sum(snapshot.axes[0].counts) + snapshot.axes[0].outside >= 3
    rig.do("capture.off")
    stopped = rig.until(lambda s: s.capture.state == "off").capture.kept
    frames = rig.snapshot().stream.frames
    rig.until(lambda s: s.stream.frames > frames + 10)
    assert rig.snapshot().capture.kept == stopped


def test_what_was_wanted_outlives_kill_9_and_nothing_is_left_behind(rig: Rig) -> None:
    rig.start()
    rig.do("capture.on")
    rig.until(lambda s: s.capture.kept >= 2)
    rig.kill()
    until(lambda: not rig.children())
    before = samples(rig)
    for path in before:
        assert sample.read(path)
    # What was being written at that moment may lie about until the next start.
    half = set(rig.workspace.root.rglob("*.part"))
    rig.start()
    assert any("ended unasked" in notice for notice in rig.snapshot().notices)
    snapshot = rig.until(lambda s: s.capture.kept > len(before))
    assert not half & set(rig.workspace.root.rglob("*.part"))
    assert snapshot.capture.wanted
    assert set(before) < set(samples(rig))


def test_a_killed_recorder_is_restarted_and_that_is_shown(rig: Rig) -> None:
    rig.start()
    rig.do("capture.on")
    rig.until(lambda s: s.capture.kept >= 1)
    recorder = until(rig.recorder)
    recorder.kill()
    snapshot = rig.until(lambda s: s.stream.restarts == 1 and s.stream.state == "live")
    kept = snapshot.capture.kept
    rig.until(lambda s: s.capture.kept > kept)
    for path in samples(rig):
        assert sample.read(path)


def test_a_silent_recorder_is_not_taken_for_a_rover_that_stands_still(rig: Rig) -> None:
    rig.start()
    assert rig.do("drive.park")["text"] == "The rover parks."
    rig.until(lambda s: s.stream.motion == "still")
    recorder = until(rig.recorder)
    recorder.send_signal(signal.SIGSTOP)
    try:
        snapshot = rig.until(lambda s: s.stream.state == "stale")
        assert snapshot.stream.motion == "unknown"
    finally:
        recorder.send_signal(signal.SIGCONT)
    rig.until(lambda s: s.stream.state == "live")


def test_a_client_that_dies_or_never_reads_costs_nothing(rig: Rig) -> None:
    rig.start()
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from rovertui.client import Client\n"
        "from rovertui.workspace import Workspace\n"
        "async def main():\n"
        "    client = Client(Workspace(Path(sys.argv[1])))\n"
        "    await client.connect()\n"
        "    await client.call('subscribe')\n"
        "    client._listening.cancel()\n"
        "    print('in', flush=True)\n"
        "    import time; time.sleep(100)\n"
        "asyncio.run(main())\n"
    )
    deaf = subprocess.Popen(
        [sys.executable, "-c", script, str(rig.workspace.root)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert deaf.stdout is not None
    deaf.stdout.readline()
    frames = rig.snapshot().stream.frames
    rig.until(lambda s: s.stream.frames > frames + 15)
    deaf.kill()
    deaf.wait()
    rig.until(lambda s: s.stream.frames > frames + 25)


def test_the_socket_is_for_this_user_alone(rig: Rig) -> None:
    rig.start()
    path = rig.workspace.socket()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(os.fsencode(path)) <= 107


def test_another_protocol_garbage_and_unknown_calls_are_answered_in_words(rig: Rig) -> None:
    rig.start()

    async def raw(data: bytes) -> object:
        reader, writer = await asyncio.open_unix_connection(str(rig.workspace.socket()))
        assert isinstance(await receive(reader), Hello)
        writer.write(data)
        answer = await receive(reader)
        writer.close()
        return answer

    greeting = encode(Hello(1, "test"))
    answer = asyncio.run(raw(greeting + encode(Call(7, "fly", {}))))
    assert isinstance(answer, Failure)
    assert answer.id == 7
    assert "fly" in answer.message
    answer = asyncio.run(raw(greeting + b"\0\0\0\3abc"))
    assert isinstance(answer, Failure)
    assert "Not a message" in answer.message
    answer = asyncio.run(raw(greeting + b"\xff\xff\xff\xff"))
    assert isinstance(answer, Failure)
    assert rig.answers()


@pytest.mark.parametrize(
    ("operation", "params", "words"),
    [
        ("rollback", {}, "No model was live before"),
        ("pull", {}, "No training server is set"),
        ("deploy", {"model": "x"}, "no converted model"),
        ("capture.on", {"session": "another"}, "as session first: switch it off first"),
        ("cancel", {}, "No job is running"),
        ("no.such", {}, "no operation"),
        ("capture.on", {"session": 3}, "expected text"),
        ("convert", {"model": "nope.onnx"}, r"no ONNX model .*nope\.onnx"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    rig: Rig, operation: str, params: dict[str, object], words: str
) -> None:
    rig.start()
    rig.do("capture.on", session="first")
    with pytest.raises(OperatorError, match=words):
        rig.do(operation, **params)


def test_what_is_so_already_is_answered_and_changes_nothing(rig: Rig) -> None:
    rig.start()
    assert rig.do("capture.off")["text"] == "Capture is off."
    assert rig.do("capture.on", session="gravel")["text"] == "Recording into session gravel."
    for session in ({}, {"session": "gravel"}):
        assert rig.do("capture.on", **session)["text"] == "Capture is on."
    rig.until(lambda s: s.capture.session == "gravel")
    assert "REFUSED" not in str([message.text for message in rig.ask(lambda c: c.messages())])


def test_a_damaged_state_is_set_aside_and_told(rig: Rig) -> None:
    rig.workspace.kept.mkdir()
    rig.workspace.state.write_bytes(b'{"capture": tr')
    rig.start()
    snapshot = rig.snapshot()
    assert not snapshot.capture.wanted
    assert any("could not be read" in notice for notice in snapshot.notices)
    assert [p.read_bytes() for p in rig.workspace.quarantine.glob("*state.json")]


def test_a_broken_configuration_keeps_it_from_starting_in_words(rig: Rig) -> None:
    with rig.workspace.config_path.open("a") as stream:
        stream.write("\n[rover]\nname = 3\n")

    async def connect() -> None:
        await launch.connected(rig.workspace)

    with pytest.raises(OperatorError, match=r"config\.toml"):
        asyncio.run(connect())


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


async def test_a_newer_daemon_is_refused_with_what_to_do(rig: Rig) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode(Hello(99, "9.9")))
        await reader.read()

    path = rig.workspace.socket()
    server = await asyncio.start_unix_server(serve, str(path))
    try:
        with pytest.raises(OperatorError, match=r"9\.9"):
            await Client(rig.workspace).connect()
    finally:
        server.close()


def test_who_decided_what_is_recorded_and_read_without_a_daemon(rig: Rig) -> None:
    rig.start()
    models = rig.workspace.root / "models"
    models.mkdir(exist_ok=True)
    (models / "x_int8.rknn").write_bytes(b"RKNN, but not one")
    rig.until(lambda s: "deploy" not in s.refusals)
    number = rig.do("deploy", model="x_int8", accept_motion=True)["job"]
    rig.until(lambda s: [j for j in s.jobs if j.id == number and j.state == "failed"])
    asked, failed = Audit(rig.workspace.audit).read()
    assert (asked["what"], asked["event"], asked["model"]) == ("deploy", "asked", "x_int8")
    assert asked["motion_accepted"] is True and asked["client"] == "script"
    assert asked["uid"] == os.getuid()
    assert failed["event"] == "failed" and "sheet" in failed["text"]


def test_an_unknown_or_doubtful_name_is_refused_before_there_is_a_job(rig: Rig) -> None:
    models = rig.workspace.root / "models"
    models.mkdir()
    for name in ("ppo_50.onnx", "other_50.onnx", "ppo_60_int8.rknn", "ppo_60_fp16.rknn"):
        (models / name).write_bytes(b"RKNN, but not one")
    rig.start()
    for operation, name, words in (
        ("convert", "ppo_70", "no ONNX model"),
        ("convert", "50", "other_50, ppo_50"),
        ("deploy", "70", "no converted model 70"),
        ("deploy", "60", "ppo_60_fp16"),
    ):
        with pytest.raises(OperatorError, match=words):
            rig.do(operation, model=name, accept_motion=True)
    assert not rig.snapshot().jobs
    number = rig.do("deploy", model="ppo_60_int8.rknn", accept_motion=True)["job"]
    rig.until(lambda s: [j for j in s.jobs if j.id == number and "ppo_60_int8" in j.title])


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


def test_an_edited_configuration_is_noticed_with_what_to_do(rig: Rig) -> None:
    rig.start()
    with rig.workspace.config_path.open("a") as stream:
        stream.write("\n# a remark\n")
    rig.until(lambda s: any("takes effect after" in notice for notice in s.notices))
    with rig.workspace.config_path.open("a") as stream:
        stream.write("nonsense\n")
    rig.until(lambda s: any("cannot be used" in notice for notice in s.notices))


def test_keys_that_the_next_screen_would_refuse_are_named_by_its_doctor(rig: Rig) -> None:
    rig.start()
    path = rig.workspace.config_path
    path.write_text(path.read_text().replace("[keys]\n", '[keys]\ncopy = "c"\n'))
    found = rig.ask(lambda client: client.look("doctor"))["findings"]
    (config,) = (each for each in found if each["name"] == "config")
    assert config["state"] == "missing" and config["remedy"]
    assert "'c' would mean 'capture' and 'copy'" in config["text"]


def test_settings_are_written_and_taken_into_use_by_the_same_process(rig: Rig) -> None:
    process = rig.start()
    path = rig.workspace.config_path
    path.write_text(path.read_text() + "\n# mine\n")
    rig.do("config.set", settings={"rover.name": "seven"})

    def taken() -> bool:
        try:
            return rig.snapshot().rover == "seven"
        except ConnectionError:  # between the one and the other
            return False

    until(taken)
    assert process.poll() is None and not rig.workspace.stopped.exists()
    assert path.read_text().endswith("# mine\n")


def test_settings_that_are_not_allowed_change_nothing(rig: Rig) -> None:
    rig.start()
    before = rig.workspace.config_path.read_bytes()
    open_to_all = {"tap.listen": "tcp://0.0.0.0:5555"}
    for wrong in (
        {"source.kind": "tab"},
        {"v620.nothing": 1},
        {},
        {"rover.name": {"a": 1}},
        open_to_all,
    ):
        with pytest.raises(OperatorError):
            rig.do("config.set", settings=wrong)
    assert rig.workspace.config_path.read_bytes() == before
    assert rig.answers()


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
