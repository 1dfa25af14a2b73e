"""The simulated V620 can be pulled from like the real one, and shows nothing but its root."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui.demo.v620 import BANNER, V620, VERSION, prepare
from rovertui.errors import OperatorError
from rovertui.remote.checkpoints import list_checkpoints, pick
from rovertui.remote.pull import pull
from rovertui.remote.server import Server
from rovertui.reporter import Reporter
from tests.waiting import until

from .sshd import put


@pytest.fixture
def root(tmp_path: Path) -> Path:
    checkpoints = tmp_path / "root" / "checkpoints"
    checkpoints.mkdir(parents=True)
    put(checkpoints, "ppo_v620_update_50.onnx", 1_300_000)
    put(checkpoints, "ppo_v620_update_50.pt", 5_000)
    put(checkpoints, "ppo_v620_update_45.pt", 5_000)
    (tmp_path / "secret").write_text("not for clients")
    (checkpoints / "ppo_v620_update_99.onnx").symlink_to(tmp_path / "secret")
    return tmp_path / "root"


@pytest.fixture
def facts(root: Path, tmp_path: Path) -> Iterator[dict[str, object]]:
    """A running server; its ``server.json``."""
    state = tmp_path / "state"
    command = [sys.executable, "-m", "rovertui.demo.v620", "--root", str(root)]
    process = subprocess.Popen([*command, "--state", str(state)])
    try:
        until((state / "server.json").exists, 20)
        yield json.loads((state / "server.json").read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert not (state / "server.json").exists()


def server(facts: dict[str, object], **changes: object) -> Server:
    named = {key: facts[key] for key in ("host", "port", "user", "key_file", "known_hosts")}
    settings = {**named, "directory": "checkpoints", "ssh_config": "/nonexistent", **changes}
    return Server(**settings)  # type: ignore[arg-type]


def test_it_lists_and_pulls_as_a_real_server_does(
    facts: dict[str, object], root: Path, tmp_path: Path, connect
) -> None:
    link = connect(server(facts))
    listing = list_checkpoints(link, "checkpoints")
    assert [(c.step, c.has_onnx) for c in listing.checkpoints] == [(50, True), (45, False)]

    pulled = pull(
        link, "checkpoints", pick(listing), tmp_path / "models", tmp_path / "trash", Reporter()
    )

    original = root / "checkpoints" / "ppo_v620_update_50.onnx"
    assert pulled.verified == "sha256"
    assert pulled.path.read_bytes() == original.read_bytes()
    assert pulled.sha256 == hashlib.sha256(original.read_bytes()).hexdigest()


def test_it_says_that_it_is_simulated(facts: dict[str, object], connect) -> None:
    link = connect(server(facts))
    link.connect()
    transport = link._connection.transport
    assert facts["simulated"] is True
    assert transport.remote_version == VERSION
    assert transport.get_banner().decode() == BANNER


def test_nothing_outside_its_root_can_be_read(facts: dict[str, object], connect) -> None:
    link = connect(server(facts))
    sftp = link.sftp()
    outside = ("../secret", "/../secret", "checkpoints/../../secret", "/etc/passwd")
    for path in (*outside, "checkpoints/ppo_v620_update_99.onnx"):
        with pytest.raises(FileNotFoundError):
            sftp.open(path)
        done = link.run(f"tail -c +1 -- {path}")
        assert done is not None
        assert (done.status, done.output) == (1, b"")


def test_nothing_can_be_written_or_run_there(facts: dict[str, object], connect) -> None:
    link = connect(server(facts))
    with pytest.raises(PermissionError):
        link.sftp().open("checkpoints/new", "w")
    done = link.run("touch checkpoints/new")
    assert done is not None and done.status == 127


def test_only_its_own_client_key_is_let_in(
    facts: dict[str, object], tmp_path: Path, connect
) -> None:
    stranger = prepare(tmp_path / "other").key_file
    for changes in ({"key_file": stranger}, {"user": "root"}):
        with pytest.raises(OperatorError) as refusal:
            connect(server(facts, **changes)).connect()
        assert refusal.value.code == "not-authorised"


@pytest.mark.parametrize("name", ["it's; a dir", 'a"b', "-dir", "a\\b", "$(x)"])
def test_its_shell_understands_quoted_paths(
    name: str, facts: dict[str, object], root: Path, tmp_path: Path, connect
) -> None:
    (root / name).mkdir()
    put(root / name, "ppo_v620_update_3.onnx", 1000)
    link = connect(server(facts))
    checkpoint = pick(list_checkpoints(link, name))
    pulled = pull(link, name, checkpoint, tmp_path / "models", tmp_path / "trash", Reporter())
    assert pulled.verified == "sha256"


def test_keys_and_port_stay_the_same_from_start_to_start(root: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    expected = prepare(state)
    for _ in range(2):
        started = V620(root, state)
        assert started.access == expected
        started.close()
    assert (state / "client_key").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_refused_in_words(root: Path, tmp_path: Path) -> None:
    first = V620(root, tmp_path / "one")
    with pytest.raises(OperatorError, match="is taken"):
        V620(root, tmp_path / "two", first.access.port)
    first.close()


def test_new_checkpoints_appear_when_asked_for(root: Path, tmp_path: Path) -> None:
    later = tmp_path / "later" / "checkpoints"
    later.mkdir(parents=True)
    put(later, "ppo_v620_update_60.onnx")
    command = [sys.executable, "-m", "rovertui.demo.v620", "--root", str(root), "--every", "0.01"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*command, "--state", str(tmp_path / "state"), "--later", str(later.parent)],
        env=environment,
    )
    try:
        until((root / "checkpoints" / "ppo_v620_update_60.onnx").exists, 20)
    finally:
        process.terminate()
        assert process.wait(10) == 0
