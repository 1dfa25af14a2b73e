"""A passphrase is typed, used and gone: in no file, no process list, no snapshot, no crash."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
from rich.console import Console

from rovertui.client import Client
from rovertui.config import V620, Config, Source
from rovertui.ui.app import RoverApp
from tests.daemon.rig import Rig
from tests.remote.sshd import Sshd, make_key, put
from tests.waiting import until

SECRET = "Geheim-7f3a91-passphrase"


@pytest.fixture
def rig(open_place: Path) -> Iterator[Rig]:
    key = make_key(open_place / "key", passphrase=SECRET)
    host = make_key(open_place / "host")
    sshd = Sshd(open_place / "sshd", client_key=key, host_key=host).start()
    (open_place / "sshd" / "runs").mkdir()
    put(open_place / "sshd" / "runs", "ppo_v620_update_1.onnx")
    made = Rig(
        open_place / "workspace",
        Config(
            v620=V620(
                host="127.0.0.1",
                port=sshd.port,
                user=sshd.user,
                key_file=str(key),
                known_hosts=str(sshd.known_hosts),
                directory=str(open_place / "sshd" / "runs"),
            )
        ),
    )
    made.start()
    yield made
    made.end()
    sshd.stop()


def _holding(*places: Path) -> list[str]:
    marks = (SECRET.encode(), SECRET.encode("utf-16-le"))
    found = []
    for place in places:
        for path in place.rglob("*"):
            if path.is_file() and any(mark in path.read_bytes() for mark in marks):
                found.append(str(path))
    return found


def _told_by_processes() -> list[str]:
    found = []
    for process in psutil.process_iter():
        for name in ("cmdline", "environ"):
            try:
                data = Path(f"/proc/{process.pid}/{name}").read_bytes()
            except OSError:
                continue
            if SECRET.encode() in data:
                found.append(f"{process.pid} {name}")
    return found


@pytest.mark.needs_sshd
def test_a_passphrase_is_nowhere_after_it_was_used(rig: Rig, open_place: Path) -> None:
    async def sign_in(client: Client) -> list[str]:
        kinds: list[str] = []
        done: set[int] = set()
        said = ["wrong " + SECRET, SECRET]
        async for snapshot in client.snapshots():
            for question in snapshot.questions:
                if question.id not in done:
                    done.add(question.id)
                    kinds.append(question.kind)
                    assert question.secret
                    await client.answer(question.id, said.pop(0))
            if snapshot.server.state == "up":
                return kinds
        return kinds

    assert rig.ask(sign_in) == ["passphrase", "passphrase"]
    job = rig.do("pull")["job"]
    until(lambda: any(j.id == job and j.state == "done" for j in rig.snapshot().jobs), 60)
    assert SECRET not in json.dumps(msgspec.to_builtins(rig.snapshot()))
    assert _told_by_processes() == []
    assert _holding(open_place) == []
    audited = rig.workspace.audit.read_text()
    assert "answered" in audited and "Passphrase of" in audited, "that it was asked for is kept"


def test_a_screen_that_fails_shows_no_values(open_place: Path) -> None:
    app = RoverApp(lambda: None, "workspace")  # type: ignore[arg-type, return-value]

    def typed(passphrase: str) -> None:
        raise RuntimeError("\x1b[2Jan accident")

    try:
        typed(SECRET)
    except RuntimeError as error:
        app._exception = error
        app._fatal_error()
    console = Console(width=200, record=True, file=(open_place / "out").open("w"))
    for renderable in app._exit_renderables:
        console.print(renderable)
    text = console.export_text()
    assert "an accident" in text and "last-failure.log" in text
    assert SECRET not in text and "\x1b" not in text and "Traceback" not in text
    log = open_place / "home" / ".cache" / "rovertui" / "last-failure.log"
    assert SECRET not in log.read_text() and "in typed" in log.read_text()


AFTERWARDS = """
import resource, sys
from rovertui.cli import main
try:
    main()
except SystemExit:
    print(*resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_no_core_is_dumped(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Config(source=Source(kind="simulated")))
    try:
        daemon = psutil.Process(rig.start().pid)
        for process in (daemon, until(rig.recorder)):
            assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    finally:
        rig.end()
    command = [sys.executable, "-c", AFTERWARDS, "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 0"


def test_nothing_of_a_login_is_handed_to_the_daemon() -> None:
    from rovertui.daemon.environment import environment

    given = {"SSH_AUTH_SOCK": "/x", "AWS_SECRET": SECRET, "PASSWORD": SECRET, "HOME": "/h"}
    assert SECRET not in environment(given).values()
    assert "SSH_AUTH_SOCK" not in environment(given)
