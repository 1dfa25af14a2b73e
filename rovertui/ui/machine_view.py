"""The Machine screen as rows: processor, heat, memory, disk, Wi-Fi, NPU, and our own share."""

from __future__ import annotations

from rovertui.snapshot import MachineView, RelayView, Snapshot
from rovertui.text import clean, duration, size
from rovertui.ui import words
from rovertui.ui.relay_view import relay_rows
from rovertui.ui.state import State
from widgets.glyphs import Glyphs
from widgets.rows import Row, fit, width_of, wrap
from widgets.stage_bar import bar

_LABEL = 10
_HOT = 0.93
_FULL_SOON = 3600.0
_LITTLE = 2e9


def rows(state: State, width: int, height: int) -> list[Row]:
    """The whole screen in ``height`` rows; what matters least leaves first."""
    snapshot = state.snapshot
    if snapshot is None:
        return [[], [("  Connecting to the daemon ...", "")]]
    machine, glyphs = snapshot.machine, state.glyphs
    airy: list[Row] = [[]] if height >= 24 else []
    title = clean(machine.model) or "this machine"
    out: list[Row] = [[(" MACHINE  ", "title"), (title, "strong"), *_clock(machine)]]
    out += [*airy, *_clusters(machine, width, glyphs)]
    out += [*_heat(machine, width), *airy]
    out += [_memory(machine, width, glyphs), _disk(machine, width, glyphs)]
    out += [_wifi(machine, width, glyphs), *airy, *_npu(machine, width, glyphs), *airy]
    out.append(_own(machine))
    if snapshot.relay.state != "none":
        out += [*airy, *_link(snapshot.relay, state)]
    out += airy + _programs(snapshot)
    return out[:height]


def trouble(machine: MachineView) -> list[tuple[words.Level, str]]:
    """What of the machine belongs into every header."""
    found: list[tuple[words.Level, str]] = []
    disk = machine.disk
    if disk is not None and (disk.free < _LITTLE or _soon(disk.full_in)):
        left = f", full in {duration(disk.full_in)}" if disk.full_in is not None else ""
        found.append(("WARN", f"disk: {size(disk.free)} free{left}"))
    hot = [zone for zone in machine.heat if zone.limit and zone.celsius >= zone.limit * _HOT]
    if hot:
        found.append(("WARN", f"{clean(hot[0].name)} is {hot[0].celsius:.0f} C: too hot soon"))
    if machine.wifi is not None and machine.wifi.weak:
        found.append(("WARN", f"Wi-Fi {machine.wifi.dbm:.0f} dBm is weak"))
    return found


def _soon(full_in: float | None) -> bool:
    return full_in is not None and full_in < _FULL_SOON


def _clock(machine: MachineView) -> Row:
    if machine.clock_set:
        return []
    return [("   its clock is not set: ages and names with dates are wrong", "warn")]


def _label(text: str) -> Row:
    return [(" " + fit(text, _LABEL), "title")]


def _share(share: float | None, width: int, glyphs: Glyphs) -> Row:
    """A bar and its percentage, or n/a, in as many cells."""
    cells = max(6, min(width - 60, 24))
    if share is None:
        return [(fit("n/a", cells + 6), "dim")]
    style = "warn" if share >= 0.9 else "strong"
    return [*bar(share, cells, glyphs), (f" {share * 100:3.0f}% ", style)]


def _clusters(machine: MachineView, width: int, glyphs: Glyphs) -> list[Row]:
    if not machine.clusters:
        return [[*_label("CPU"), ("n/a", "dim")]]
    out: list[Row] = []
    for index, cluster in enumerate(machine.clusters):
        row = [*_label("CPU" if index == 0 else ""), *_share(cluster.load, width, glyphs)]
        name = f"{cluster.cores} x {clean(cluster.name)}"
        row.append((f" {fit(name, 22 if width >= 76 else 14)}", ""))
        if cluster.mhz is None:
            row.append((" clock n/a", "dim"))
        else:
            most = f" of {cluster.max_mhz:.0f}" if cluster.max_mhz else ""
            row.append((f" {cluster.mhz:4.0f}{most} MHz", ""))
        if cluster.throttled:
            row.append(("  SLOWED", "warn"))
        out.append(row)
    return out


def _heat(machine: MachineView, width: int) -> list[Row]:
    if not machine.heat:
        return [[*_label("HEAT"), ("n/a", "dim")]]
    pieces: list[Row] = []
    for zone in machine.heat:
        hot = zone.limit is not None and zone.celsius >= zone.limit * _HOT
        limit = f" of {zone.limit:.0f}" if zone.limit is not None else ""
        said = f"{clean(zone.name)} {zone.celsius:.0f}{limit} C"
        pieces.append([(said + ("  HOT" if hot else ""), "warn" if hot else ""), ("   ", "")])
    out: list[Row] = [_label("HEAT")]
    for piece in pieces:
        if width_of(out[-1]) + width_of(piece) > width and len(out) < 3:
            out.append(_label(""))
        out[-1] += piece
    if machine.slowed:
        names = ", ".join(clean(name) for name in machine.slowed)
        out.append([*_label(""), (f"slowed down by heat now: {names}", "warn")])
    return out


def _memory(machine: MachineView, width: int, glyphs: Glyphs) -> Row:
    row = _label("MEMORY")
    total, free = machine.memory_total, machine.memory_free
    if not total or free is None:
        return [*row, ("n/a", "dim")]
    return [*row, *_share(1 - free / total, width, glyphs), (f" {size(free)} free", "")]


def _disk(machine: MachineView, width: int, glyphs: Glyphs) -> Row:
    row, disk = _label("DISK"), machine.disk
    if disk is None or not disk.total:
        return [*row, ("n/a", "dim")]
    row += _share(1 - disk.free / disk.total, width, glyphs)
    row.append((f" {size(disk.free)} free", "warn" if disk.free < _LITTLE else ""))
    if disk.full_in is not None:
        look = "warn" if _soon(disk.full_in) else ""
        row.append((f"  full in {duration(disk.full_in)} at this pace", look))
    return row


def _wifi(machine: MachineView, width: int, glyphs: Glyphs) -> Row:
    row, wifi = _label("WI-FI"), machine.wifi
    if wifi is None:
        return [*row, ("n/a", "dim")]
    row += _share(wifi.quality, width, glyphs)
    row.append((f" {clean(wifi.name)} {wifi.dbm:.0f} dBm", ""))
    return [*row, ("  WEAK", "warn")] if wifi.weak else row


def _npu(machine: MachineView, width: int, glyphs: Glyphs) -> list[Row]:
    npu = machine.npu
    if not npu.present:
        return [[*_label("NPU"), ("none on this machine: errors are the simulator's", "dim")]]
    row = _label("NPU")
    if npu.cores:
        row += _share(sum(npu.cores) / len(npu.cores), width, glyphs)
        row.append((" cores " + " ".join(f"{core * 100:3.0f}%" for core in npu.cores), ""))
    else:
        row.append(("load n/a  ", "dim"))
    if npu.mhz is not None:
        row.append((f"  {npu.mhz:.0f} MHz", ""))
    versions = ", ".join(
        f"{what} {clean(version)}"
        for what, version in (("driver", npu.driver), ("runtime", npu.runtime))
        if version
    )
    out = [row]
    if versions:
        out.append([*_label(""), (versions, "dim")])
    for line in wrap(clean(npu.hint), max(width - _LABEL - 2, 20)):
        out.append([*_label(""), (line, "warn")])
    return out


def _own(machine: MachineView) -> Row:
    row = _label("ROVERTUI")
    if machine.own_cpu is None:
        row.append(("n/a", "dim"))
    else:
        row.append((f"{machine.own_cpu * 100:3.0f}% of one core, all its processes", ""))
    if machine.own_memory:
        row.append((f", {size(machine.own_memory)}", ""))
    return row


def _link(relay: RelayView, state: State) -> list[Row]:
    return [
        *relay_rows(relay, state),
        [*_label(""), (f"taken at {clean(relay.listen)}", "dim")],
    ]


def _programs(snapshot: Snapshot) -> list[Row]:
    """What else must be there for the chain."""
    toolkit = snapshot.toolkit
    said = clean(toolkit.text)
    look = {"ready": "good", "installing": "", "missing": "warn", "failed": "bad"}[toolkit.state]
    return [
        [*_label("TOOLKIT"), (toolkit.state, look), (f"  {said}" if said else "", "")],
        [*_label("DAEMON"), (f"version {clean(snapshot.version)}", "")],
    ]
