"""What listens: Unix sockets in a private directory, and loopback unless configured otherwise."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rovertui.config import Config, Source, Tap
from rovertui.errors import OperatorError
from rovertui.relay.address import check_listen
from tests.daemon.rig import Rig
from tests.ports import free_port
from tests.waiting import until


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    port = free_port()
    made = Rig(
        tmp_path,
        Config(source=Source(kind="tap"), tap=Tap(listen=f"tcp://127.0.0.1:{port}")),
    )
    made.start()
    yield made
    made.do("relay.stop")
    made.end()


def _processes(rig: Rig) -> list[psutil.Process]:
    return [psutil.Process(rig.processes[-1].pid), *rig.children()]


def _inodes(process: psutil.Process) -> set[str]:
    found = set()
    try:
        entries = list(Path(f"/proc/{process.pid}/fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return found
    for entry in entries:
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def _bound(table: str, inodes: set[str]) -> list[str]:
    """Local addresses, as the kernel writes them, of these sockets that wait for somebody."""
    path = Path("/proc/net", table)
    rows = [line.split() for line in path.read_text().splitlines()[1:]] if path.exists() else []
    # 0A: TCP listens; 07: UDP, bound and not connected.
    return [row[1] for row in rows if row[9] in inodes and row[3] in ("0A", "07")]


def test_nothing_of_ours_is_reached_from_another_machine(rig: Rig) -> None:
    rig.until(lambda s: s.relay.state in ("up", "live", "waiting") or s.relay.pid)
    inodes = set[str]()
    for process in _processes(rig):
        inodes |= _inodes(process)
    assert inodes
    found = {table: _bound(table, inodes) for table in ("tcp", "tcp6", "udp", "udp6")}
    assert len(found["tcp"]) == 1, "the relay, where the collector of this rover connects"
    assert all(address.startswith("0100007F:") for address in found["tcp"]), found
    assert not found["tcp6"] and not found["udp"] and not found["udp6"]


def test_every_socket_on_the_disk_lies_where_only_we_may_go(rig: Rig) -> None:
    rig.until(lambda s: bool(s.relay.pid))
    place = rig.workspace.socket().parent
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    ours = until(lambda: len(found := list(place.iterdir())) >= 3 and found)
    assert all(stat.S_ISSOCK(path.stat().st_mode) for path in ours)
    assert stat.S_IMODE(rig.workspace.socket().stat().st_mode) == 0o600
    strays = [path for path in rig.workspace.root.rglob("*") if path.is_socket()]
    assert strays == []


@pytest.mark.parametrize("host", ["0.0.0.0", "*", "[::]", "10.0.0.4", "rover.local", "127.1.x"])
def test_an_address_that_others_reach_needs_a_word_in_the_configuration(host: str) -> None:
    with pytest.raises(OperatorError, match="other machines"):
        check_listen(f"tcp://{host}:5555", network=False)
    assert "whoever reaches this rover" in check_listen(f"tcp://{host}:5555", network=True)
    assert check_listen("tcp://127.0.0.1:5555", network=False) == ""
