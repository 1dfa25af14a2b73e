"""Temperatures, and whether something is slowed down because of them."""

from __future__ import annotations

import re

from rovertui.machine.read import Root
from rovertui.snapshot import HeatView

_CHIP = re.compile(r"(soc|cpu|bigcore|littlecore|center|gpu|npu)", re.IGNORECASE)


def temperatures(root: Root) -> list[HeatView]:
    """Every thermal zone that gives a plausible temperature, hottest first."""
    found = []
    for zone in root.glob("sys/class/thermal/thermal_zone*"):
        raw = root.number(f"{zone}/temp")
        if raw is None or not -40_000 < raw < 200_000:
            continue
        name = (root.line(f"{zone}/type") or zone.rpartition("/")[2]).removesuffix("-thermal")
        found.append(HeatView(name=name, celsius=raw / 1000, limit=_limit(root, zone)))
    return sorted(found, key=lambda view: -view.celsius)


def chip(root: Root) -> float | None:
    """The hottest part of an SoC, in degrees Celsius; None on machines that name none of them."""
    parts = [view.celsius for view in temperatures(root) if _CHIP.match(view.name)]
    return max(parts, default=None)


def _limit(root: Root, zone: str) -> float | None:
    """The lowest passive trip point: there the kernel begins to slow things down."""
    limits = []
    for kind in root.glob(f"{zone}/trip_point_*_type"):
        if root.line(kind) == "passive":
            raw = root.number(kind.removesuffix("type") + "temp")
            if raw is not None and raw > 0:
                limits.append(raw / 1000)
    # RK3588 has two: where control begins, and the target it holds. The target is what matters.
    return max(limits) if limits else None


def slowed(root: Root) -> list[str]:
    """Cooling devices that are at work: names of what is slowed down now."""
    names = []
    for device in root.glob("sys/class/thermal/cooling_device*"):
        state = root.number(f"{device}/cur_state")
        kind = root.line(f"{device}/type") or ""
        if state and "fan" not in kind.lower():
            names.append(kind.removeprefix("thermal-") or device.rpartition("/")[2])
    return sorted(set(names))
