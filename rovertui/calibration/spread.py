"""Where along an axis the samples of a set lie, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rovertui.calibration.histogram import edges
from rovertui.schema import Axis


def spread(axis: Mapping[str, Any]) -> str:
    """``of 0 to 255: samples at 112 to 128, 224 to 255``.

    Args:
        axis: as ``snapshot.AxisView`` or ``CoverageAxisView`` has it, as plain data.
    """
    counts: Sequence[int] = axis["counts"]
    shape = Axis(
        name=axis["name"],
        of="",
        low=axis["low"],
        high=axis["high"],
        bins=len(counts),
        scale=axis["scale"],
    )
    borders = edges(shape)
    unit = f" {axis['unit']}" if axis["unit"] else ""
    whole = f"of {_number(axis['low'])} to {_number(axis['high'])}{unit}"
    full = [place for place, count in enumerate(counts) if count]
    if not full:
        said = f"{whole}: no samples"
    elif len(full) == len(counts):
        said = f"{whole}: samples all over"
    else:
        said = f"{whole}: samples at {_ranges(full, borders)}"
    if outside := axis.get("outside"):
        said += f"; {outside} outside"
    if away := axis.get("unreachable"):
        said += f"; not at this site: {_ranges(away, borders)}"
    if axis.get("dead") is not None:
        said += f"; always {axis['dead']:g}: not connected?"
    return said


def _ranges(places: Sequence[int], borders: Sequence[float]) -> str:
    """Bins as ranges, neighbours together."""
    runs: list[tuple[int, int]] = []
    for place in sorted(places):
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return ", ".join(
        f"{_number(borders[first])} to {_number(borders[last + 1])}" for first, last in runs
    )


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:g}" if abs(value) < 10 else f"{value:.0f}"
