"""Another user of the same machine: cannot connect, read what is private, or replace anything."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rovertui import audit, privacy
from rovertui.config import Capture, Config, Source
from rovertui.remote import trust
from tests.daemon.rig import Rig

Stranger = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def rig(open_place: Path) -> Iterator[Rig]:
    before = os.umask(0)
    made = Rig(
        open_place / "workspace",
        Config(
            source=Source(kind="simulated", speed=20.0, rate=10.0),
            capture=Capture(rule="interval", interval=5.0, count=500),
        ),
    )
    made.start()
    yield made
    made.end()
    os.umask(before)


def _greeted(path: str) -> bool:
    """Whether anybody answers there; None of ours can be imported as somebody else."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        try:
            sock.connect(path)
            return bool(sock.recv(100))
        except PermissionError:
            return False
        except ConnectionError:
            return False


def test_another_user_finds_no_socket(rig: Rig, as_stranger: Stranger) -> None:
    path = str(rig.workspace.socket())
    assert _greeted(path)
    assert not as_stranger(lambda: _greeted(path))
    assert as_stranger(lambda: os.access(path, os.F_OK)) is False


def test_another_user_who_reaches_the_socket_is_hung_up_on(rig: Rig, as_stranger: Stranger) -> None:
    path = rig.workspace.socket()
    path.parent.chmod(0o755)
    path.chmod(0o666)
    for parent in (path.parent.parent, path.parent.parent.parent):
        parent.chmod(0o755)
    assert as_stranger(lambda: os.access(str(path), os.W_OK)) is True
    assert not as_stranger(lambda: _greeted(str(path)))
    assert _greeted(str(path)), "the owner is served as before"


def _everything(*places: Path) -> list[str]:
    return [str(path) for place in places for path in [place, *place.rglob("*")]]


def test_another_user_changes_nothing_and_reads_nothing_kept_even_where_umask_is_nought(
    rig: Rig, open_place: Path, as_stranger: Stranger
) -> None:
    rig.do("capture.on")
    rig.until(lambda s: s.capture.kept >= 2)
    kept = rig.workspace.kept
    trust.remember(rig.workspace.known_hosts, "v620", "ssh-ed25519", b"key")
    audit.Audit(rig.workspace.audit).add(audit.itself(), "deploy", "asked")
    made = [
        path
        for path in _everything(rig.workspace.root, open_place / "home")
        if not Path(path).is_symlink() and path != str(rig.workspace.config_path)
    ]
    assert len(made) > 10
    assert as_stranger(lambda: [path for path in made if os.access(path, os.W_OK)]) == []
    inside = _everything(kept)
    assert as_stranger(lambda: [p for p in inside[1:] if os.access(p, os.F_OK)]) == []
    assert as_stranger(lambda: os.access(str(kept), os.R_OK)) is False
    for path in (rig.workspace.known_hosts, rig.workspace.audit, rig.workspace.lock):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_directory_for_sockets_that_somebody_else_made_is_not_used(
    open_place: Path, as_stranger: Stranger
) -> None:
    from rovertui.errors import OperatorError
    from rovertui.workspace import private_directory

    (open_place / "theirs").mkdir()
    os.chown(open_place / "theirs", 54_321, 54_321)
    with pytest.raises(OperatorError, match="expected a directory of user"):
        private_directory(open_place / "theirs")
    (open_place / "link").symlink_to(open_place / "home")
    with pytest.raises(OperatorError):
        private_directory(open_place / "link")


def test_an_open_directory_of_ours_is_shut(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept").chmod(0o777)
    privacy.shut(tmp_path / "kept")
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700
