"""One moment of the sensors, and what every source of such moments looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Frame:
    """The arrays of one moment, named and shaped as the schema says.

    Attributes:
        stamp: seconds of the source's own clock; the interval rule and roles count these.
        received: ``time.monotonic()`` when it arrived here.
        arrays: e.g. rgb (240, 424, 3) uint8, depth (240, 424) float32 m, proprio (6,) float32.
        action: what drove the rover at that moment, (2,) in -1..1, when the source knows.
        label: ground truth of a simulated scene ("corridor", "dark", ...), empty elsewhere.
    """

    stamp: float
    received: float
    arrays: Arrays
    action: NDArray[np.float32] | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a source is, in words and for stamping samples."""

    kind: str
    text: str
    simulated: bool
    details: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """Where frames come from. Used from one thread."""

    facts: SourceFacts

    def read(self, timeout: float) -> Frame | None:
        """The next frame, or None when none came within ``timeout`` seconds."""

    def park(self, parked: bool) -> None:
        """Stop or go on driving; only a simulation can, others raise OperatorError."""

    def close(self) -> None: ...
