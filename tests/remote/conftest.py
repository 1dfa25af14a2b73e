from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rovertui.remote import retry
from rovertui.remote.server import Server
from rovertui.remote.ssh import Link
from tests.conversion import nets
from tests.in_memory import tmp_path

from .fleet import Fleet
from .sshd import SSHD, Sshd, make_key, put

Connect = Callable[..., Link]
__all__ = ["tmp_path"]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own keys, agent or ssh_config take part."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return home


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys made once: ``client``, ``stranger``, ``locked`` (passphrase ``open``), host keys."""
    directory = tmp_path_factory.mktemp("keys")
    for name in ("client", "stranger", "host", "other_host"):
        make_key(directory / name)
    make_key(directory / "locked", passphrase="open")
    make_key(directory / "host_rsa", "rsa")
    make_key(directory / "stranger_ecdsa", "ecdsa")
    return directory


@pytest.fixture
def make_sshd(keys: Path, tmp_path: Path) -> Iterator[Callable[..., Sshd]]:
    """Starts servers of one's own; they end with the test."""
    if SSHD is None:
        pytest.fail("no sshd here; the test wants the marker needs_sshd")
    started: list[Sshd] = []

    def make(extra: str = "", host_key: str = "host", **settings: object) -> Sshd:
        sshd = Sshd(
            tmp_path / f"sshd{len(started)}",
            client_key=keys / "client",
            host_key=keys / host_key,
            extra=extra,
            **settings,  # type: ignore[arg-type]
        )
        started.append(sshd)
        return sshd.start()

    yield make
    for sshd in started:
        sshd.stop()


@pytest.fixture(scope="session")
def shared_sshd(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    sshd = Sshd(tmp_path_factory.mktemp("sshd"), keys / "client", keys / "host").start()
    yield sshd
    sshd.stop()


@pytest.fixture
def sshd(shared_sshd: Sshd, tmp_path: Path) -> Sshd:
    """The shared server, with an empty checkpoint directory for each test."""
    shared_sshd.checkpoints = tmp_path / "checkpoints"
    shared_sshd.checkpoints.mkdir()
    own = shared_sshd.root / "own" / "known_hosts"
    own.unlink(missing_ok=True)
    return shared_sshd


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes links that are closed with the test."""
    links: list[Link] = []

    def make(server: Server, ask: Callable[..., str | None] | None = None) -> Link:
        link = Link(server, ask)
        links.append(link)
        return link

    yield make
    for link in links:
        link.close()


@pytest.fixture
def no_pause_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step of a pull is told, and the next attempt comes at once."""
    monkeypatch.setattr("rovertui.remote.pull._PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(retry, "PAUSES", (0.01, 0.01, 0.01))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where a pull goes, with its models and its trash."""
    return tmp_path / "here"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The small policy as an ONNX file."""
    return nets.save(nets.policy(), tmp_path / "ppo_v620_update_10.onnx")


@pytest.fixture
def fleet(tmp_path: Path, sshd: Sshd) -> Fleet:
    """This rover and another one, which is behind the shared server."""
    return Fleet(tmp_path, sshd)


@pytest.fixture
def put_checkpoint(sshd: Sshd) -> Callable[..., Path]:
    """Puts files of random bytes where the shared server's checkpoints lie."""
    return functools.partial(put, sshd.checkpoints)
