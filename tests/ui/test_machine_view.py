"""The machine, the relay and the sensors as rows, and what of them is in the header."""

from __future__ import annotations

from rovertui.snapshot import (
    ClusterView,
    DiskView,
    HeatView,
    MachineView,
    NpuView,
    RelayView,
    WifiView,
)
from rovertui.ui import drive_view, machine_view
from rovertui.ui.health import health

from .drawn import state_of, text
from .scenes import busy


def board() -> MachineView:
    return MachineView(
        model="Radxa ROCK 5B",
        clusters=[
            ClusterView(name="Cortex-A55", cores=4, load=0.31, mhz=1800.0, max_mhz=1800.0),
            ClusterView(name="Cortex-A76", cores=4, load=0.95, mhz=1200.0, throttled=True),
        ],
        heat=[HeatView("soc", 84.0, 85.0), HeatView("npu", 61.0)],
        slowed=["thermal-cpufreq-1"],
        memory_total=8_000_000_000,
        memory_free=2_000_000_000,
        disk=DiskView(free=34_000_000_000, total=128_000_000_000, full_in=7200.0),
        wifi=WifiView("wlan0", -71.0, 0.4, weak=True),
        npu=NpuView(present=True, cores=[0.5, 0.0, 0.0], mhz=1000.0, driver="0.9.8"),
        own_cpu=0.12,
        own_memory=91_000_000,
    )


def test_the_machine_is_shown_with_units_and_what_is_not_known_as_n_a() -> None:
    snapshot = busy()
    assert machine_view.rows(state_of(snapshot), 80, 21)
    absent = text(machine_view.rows(state_of(snapshot), 80, 21))
    assert absent.count("n/a") >= 5 and "none on this machine" in absent
    snapshot.machine = board()
    for width, height in ((40, 9), (80, 21), (120, 37)):
        shown = text(machine_view.rows(state_of(snapshot), width, height))
        assert " 31%" in shown and "84 of 85 C" in shown
    assert "4 x Cortex-A76" in shown and "SLOWED" in shown and "full in 2:00:00" in shown
    assert "-71 dBm  WEAK" in shown and " 12% of one core" in shown and "driver 0.9.8" in shown


def test_what_the_machine_suffers_from_is_in_the_header() -> None:
    snapshot = busy()
    assert health(snapshot, "")[0] == "ok"
    snapshot.machine = board()
    assert health(snapshot, "") == ("WARN", "soc is 84 C: too hot soon")
    snapshot.machine.heat = []
    snapshot.machine.disk = DiskView(free=1_000_000_000, total=64_000_000_000)
    assert health(snapshot, "")[1] == "disk: 1.0 GB free"


def test_the_loss_on_the_way_to_the_v620_is_said_first() -> None:
    snapshot = busy()
    snapshot.relay = RelayView(
        state="up", upstream_state="up", rate=9.8, sent_rate=6.1, lost_share=0.38, age=0.1
    )
    assert health(snapshot, "") == ("WARN", "V620 gets 6.1 of 9.8 frames/s")
    snapshot.machine = board()
    shown = text(drive_view.rows(state_of(snapshot), 80, 21))
    assert "TO V620    6.1/s of   9.8/s" in shown and " 38% lost" in shown
    assert "-71 dBm" in shown


def test_sensors_that_are_not_connected_are_named() -> None:
    snapshot = busy()
    snapshot.stream.dead = ["min_dist (always 10 m)"]
    assert health(snapshot, "")[1] == "not connected: min_dist (always 10 m)"
    assert "NOT CONNECTED: min_dist" in text(drive_view.rows(state_of(snapshot), 80, 21))
