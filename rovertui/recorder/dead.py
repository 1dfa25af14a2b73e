"""Sensors that are not connected but deliver numbers all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rovertui.calibration.features import BRIGHTNESS, DEPTH_VALID, NEAREST
from rovertui.schema import Schema

AFTER_S = 5.0
AFTER_FRAMES = 10
_COMMANDED = 0.05
_VELOCITY = ("m/s", "rad/s")
_PICTURE = {BRIGHTNESS: "colour", NEAREST: "depth"}


@dataclass(slots=True)
class _Run:
    """How long a number has been exactly the same."""

    value: float
    since: float
    frames: int = 1
    commanded: int = 0


class DeadSensors:
    """Numbers that never change, which no real sensor does: noise moves the last digit.

    A number is dead after five seconds and ten frames of exactly one value. A velocity of zero
    is one only while the rover was commanded to move: standing still, encoders say zero.
    """

    def __init__(self, schema: Schema) -> None:
        self._units = {
            f"{name}.{field.name}": field.unit
            for name, array in schema.arrays.items()
            for field in array.fields
        }
        self._runs: dict[str, _Run] = {}
        self._last = float("-inf")

    def add(
        self, stamp: float, numbers: Mapping[str, float], action: NDArray[np.float32] | None
    ) -> None:
        """Note one frame: source time, features and fields, and the command at that moment."""
        if stamp < self._last:
            self._runs.clear()
        self._last = stamp
        commanded = action is not None and bool(np.abs(action).max(initial=0.0) > _COMMANDED)
        for name, value in numbers.items():
            run = self._runs.get(name)
            if run is None or run.value != value:
                run = self._runs[name] = _Run(value, stamp, frames=0)
            run.frames += 1
            run.commanded += commanded

    def dead(self) -> list[str]:
        """What is not connected now, each with what it says instead."""
        said = []
        for name, run in self._runs.items():
            if run.frames < AFTER_FRAMES or self._last - run.since < AFTER_S:
                continue
            words = self._words(name, run)
            if words:
                said.append(words)
        return said

    def _words(self, name: str, run: _Run) -> str:
        if name in self._units:
            unit = self._units[name]
            if unit in _VELOCITY and run.value == 0 and 2 * run.commanded < run.frames:
                return ""
            return f"{name.rpartition('.')[2]} (always {run.value:g} {unit}".rstrip() + ")"
        if name == DEPTH_VALID:
            return "depth (no valid pixel)" if run.value == 0 else ""
        return f"{_PICTURE[name]} (always the same)" if name in _PICTURE else ""
