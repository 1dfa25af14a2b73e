"""Processors by cluster: load, clock, and whether heat holds the clock down."""

from __future__ import annotations

from dataclasses import dataclass

from rovertui.machine.read import Root
from rovertui.snapshot import ClusterView

# MIDR part numbers of ARM's cores, as /proc/cpuinfo gives them.
_PARTS = {
    0xD03: "Cortex-A53",
    0xD05: "Cortex-A55",
    0xD08: "Cortex-A72",
    0xD0B: "Cortex-A76",
    0xD41: "Cortex-A78",
}
_ONLINE_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Ticks:
    """Clock ticks since boot: busy and all."""

    busy: int
    total: int


def ticks(root: Root) -> dict[int, Ticks]:
    """Ticks of each processor from /proc/stat."""
    found = {}
    for line in (root.text("proc/stat") or "").splitlines():
        name, _, rest = line.partition(" ")
        fields = rest.split()
        if not name.startswith("cpu") or not name[3:].isdecimal() or len(name) > 8:
            continue
        try:
            values = [int(field) for field in fields[:8]]
        except ValueError:
            continue
        if len(values) >= 5:
            idle = values[3] + values[4]
            found[int(name[3:])] = Ticks(sum(values) - idle, sum(values))
    return found


def share(before: Ticks | None, after: Ticks | None) -> float | None:
    """Busy share (0..1) between two readings; None where nothing passed."""
    if before is None or after is None or after.total <= before.total:
        return None
    return min(1.0, max(0.0, (after.busy - before.busy) / (after.total - before.total)))


def cluster_members(root: Root) -> list[list[int]]:
    """Processors that share a clock; one cluster of all where the kernel names none."""
    groups = []
    for policy in root.glob("sys/devices/system/cpu/cpufreq/policy*"):
        group = _numbers(root.text(f"{policy}/related_cpus") or "")
        if group:
            groups.append(group)
    return groups or [sorted(ticks(root))]


def small_cores(root: Root) -> tuple[int, ...]:
    """Processors of the least capacity; none where all are alike or the kernel does not say."""
    found = {}
    for path in root.glob("sys/devices/system/cpu/cpu*/cpu_capacity"):
        number, capacity = path.split("/")[-2][3:], root.number(path)
        if number.isdecimal() and capacity:
            found[int(number)] = capacity
    if len(set(found.values())) < 2:
        return ()
    least = min(found.values())
    return tuple(sorted(number for number, capacity in found.items() if capacity == least))


def _numbers(text: str) -> list[int]:
    found: list[int] = []
    for part in text.replace(",", " ").split():
        low, _, high = part.partition("-")
        if low.isdecimal() and (not high or high.isdecimal()) and len(part) < 12:
            found += range(int(low), min(int(high or low), int(low) + _ONLINE_LIMIT) + 1)
    return found


def clusters(root: Root, before: dict[int, Ticks], after: dict[int, Ticks]) -> list[ClusterView]:
    """One view a cluster, in the kernel's order."""
    parts = _core_names(root)
    views = []
    for members in cluster_members(root):
        if not members:
            continue
        shares = [s for n in members if (s := share(before.get(n), after.get(n))) is not None]
        folder = f"sys/devices/system/cpu/cpufreq/policy{members[0]}"
        now = root.number(f"{folder}/scaling_cur_freq")
        limit = root.number(f"{folder}/scaling_max_freq")
        most = root.number(f"{folder}/cpuinfo_max_freq")
        views.append(
            ClusterView(
                name=parts.get(members[0], "CPU"),
                cores=len(members),
                load=sum(shares) / len(shares) if shares else None,
                mhz=now / 1000 if now is not None else None,
                max_mhz=most / 1000 if most is not None else None,
                throttled=None if limit is None or most is None else limit < most,
            )
        )
    return views


def _core_names(root: Root) -> dict[int, str]:
    names, number = {}, None
    for line in (root.text("proc/cpuinfo") or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "processor" and value.strip().isdecimal():
            number = int(value)
        elif key.strip() == "CPU part" and number is not None:
            try:
                names[number] = _PARTS.get(int(value, 16), f"part {value.strip()}")
            except ValueError:
                continue
    return names
