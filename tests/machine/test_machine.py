"""A board that looks like an RK3588, one that looks like nothing, and this very machine."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rovertui.client import Client
from rovertui.machine import cpu, net
from rovertui.machine.disk import Disk
from rovertui.machine.look import Machine
from rovertui.machine.read import Root
from rovertui.snapshot import MachineView, Snapshot

from .board import STAT, process, rk3588, write


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def board(tmp_path: Path) -> Path:
    return rk3588(tmp_path / "board")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_clusters_have_load_clock_and_whether_heat_holds_them_down(board: Path) -> None:
    machine = Machine(board, board, pid=500)
    write(board, "proc/stat", STAT.format(125, 975, 200, 900))
    view = machine.look()
    got = [(c.name, c.cores, c.load, c.mhz, c.max_mhz, c.throttled) for c in view.clusters]
    assert got == [
        ("Cortex-A55", 4, 0.25, 1008.0, 1800.0, False),
        ("Cortex-A76", 2, 1.0, 2256.0, 2256.0, False),
        ("Cortex-A76", 2, None, 1200.0, 2256.0, True),
    ]
    assert view.model == "Orange Pi 5 Plus"


def test_heat_is_hottest_first_with_the_limit_and_what_is_slowed(board: Path) -> None:
    view = Machine(board, board, pid=500).look()
    assert [(h.name, h.celsius, h.limit) for h in view.heat] == [
        ("bigcore0", 72.5, None),
        ("soc", 61.0, 85.0),
        ("npu", 58.0, None),
    ]
    assert view.slowed == ["cpufreq-2"]


def test_the_npu_by_core_with_driver_and_runtime(board: Path) -> None:
    npu = Machine(board, board, pid=500).look().npu
    assert npu.present and npu.cores == [0.43, 0.0, 0.07]
    assert (npu.mhz, npu.driver, npu.runtime, npu.hint) == (1000.0, "0.9.8", "2.3.2", "")


def test_what_needs_permission_says_how_to_get_it(board: Path) -> None:
    (board / "sys/kernel/debug/rknpu/load").unlink()
    npu = Machine(board, board, pid=500).look().npu
    assert npu.present and npu.cores == [] and "needs root" in npu.hint


def test_memory_and_wifi(board: Path) -> None:
    view = Machine(board, board, pid=500).look()
    assert (view.memory_total, view.memory_free) == (16_000_000 * 1024, 9_000_000 * 1024)
    assert view.wifi is not None
    assert (view.wifi.name, view.wifi.dbm, view.wifi.weak) == ("wlan0", -71.0, True)


@pytest.mark.parametrize(("level", "dbm"), [("-40.", -40), ("200.", -56), ("30.", 30)])
def test_wifi_drivers_count_in_two_ways(tmp_path: Path, level: str, dbm: float) -> None:
    write(tmp_path, "proc/net/wireless", f"a\nb\n wlan0: 0000 50. {level} -256 0\n")
    view = net.wifi(Root(tmp_path))
    assert view is not None and view.dbm == dbm


def test_our_own_cost_is_that_of_our_processes_alone(board: Path, clock: Clock) -> None:
    machine = Machine(board, board, pid=500, clock=clock)
    first = machine.look({900})
    assert first.own_cpu is None
    assert first.own_memory == 4 * 2560 * os.sysconf("SC_PAGE_SIZE")
    ticks = os.sysconf("SC_CLK_TCK")
    process(board, 501, 500, 50 + ticks // 4, 2560)
    process(board, 900, 1, 10 + ticks // 4, 2560)
    process(board, 901, 1, 99999, 2560)
    clock.now += 2.0
    assert machine.look({900}).own_cpu == pytest.approx(0.25)


def test_time_until_the_disk_is_full_is_that_of_the_last_two_minutes(
    tmp_path: Path, clock: Clock
) -> None:
    free = [100_000]

    def statvfs(path: str) -> Any:
        kept_for_root = 10_000
        return SimpleNamespace(
            f_bavail=free[0], f_bfree=free[0] + kept_for_root, f_frsize=4096, f_blocks=200_000
        )

    disk = Disk(tmp_path / "not" / "there", clock, statvfs)
    assert disk.view().full_in is None  # type: ignore[union-attr]
    for _ in range(60):
        clock.now += 1
        free[0] -= 100
        view = disk.view()
    assert view is not None and view.full_in == pytest.approx(free[0] / 100, rel=0.01)
    for _ in range(200):
        clock.now += 1
        view = disk.view()
    assert view is not None and view.full_in is None
    assert (view.free, view.total) == (free[0] * 4096, 190_000 * 4096)


def test_a_board_without_a_clock_is_known(board: Path) -> None:
    assert not Machine(board, board, pid=500, wall=lambda: 86_400.0).look().clock_set
    assert Machine(board, board, pid=500, wall=lambda: 2e9).look().clock_set


def test_where_nothing_is_there_everything_is_absent_and_nothing_raises(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    view = Machine(tmp_path, tmp_path / "empty", pid=1).look()
    assert view.clusters == [] and view.heat == [] and view.wifi is None
    assert view.memory_total is None and not view.npu.present and view.npu.hint == ""


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_contents_of_any_file_raise_or_are_shown_unclean(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    board = rk3588(tmp_path_factory.mktemp("b") / "board")
    files = sorted(p for p in board.rglob("*") if p.is_file() and p.suffix != ".so")
    for path in data.draw(st.lists(st.sampled_from(files), min_size=1, max_size=6)):
        path.write_bytes(data.draw(st.binary(max_size=60)))
    view = Machine(board, board, pid=500).look()
    msgspec.json.decode(msgspec.json.encode(view), type=MachineView)
    shown = [view.model, *view.slowed, *(c.name for c in view.clusters)]
    assert all(text.isprintable() for text in [*shown, *(h.name for h in view.heat)])


def test_this_machine_is_read_too(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    sum(i * i for i in range(200_000))
    view = machine.look()
    assert sum(cluster.cores for cluster in view.clusters) == len(cpu.ticks(Root()))
    assert view.memory_total and view.memory_free
    assert view.disk is not None and 0 < view.disk.free <= view.disk.total
    assert view.own_memory > 1_000_000
    assert machine.look().own_cpu is not None


def test_the_snapshot_carries_it(daemon_rig: Any) -> None:
    daemon_rig.start()

    async def watch(client: Client) -> Snapshot:
        async for snapshot in client.snapshots():
            if snapshot.machine.own_cpu is not None:
                return snapshot
        raise AssertionError("the daemon is gone")

    snapshot = daemon_rig.ask(watch)
    assert snapshot.machine.memory_total and snapshot.machine.disk is not None


@pytest.fixture
def daemon_rig(tmp_path: Path) -> Any:
    from rovertui.config import Config
    from tests.daemon.rig import Rig

    made = Rig(tmp_path, Config())
    yield made
    made.end()
