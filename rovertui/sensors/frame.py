"""One moment of the sensors, and what every source of such moments looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

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
        ages: how old, in seconds, each stream was when the frame arrived, where that is known;
            their spread is the skew.
        settle: for a frame that somebody else chose to be a sample, so that no rule applies:
            called once from any thread with whether the matter is settled (it is on disk, or
            can never be used); one that is not settled is offered again.
        session: the session it belongs to where that is not the present one.
    """

    stamp: float
    received: float
    arrays: Arrays
    action: NDArray[np.float32] | None = None
    label: str = ""
    ages: Mapping[str, float] = field(default_factory=dict)
    settle: Callable[[bool], None] | None = None
    session: str = ""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a source is, in words and for stamping samples.

    ``every`` is the usual time between frames in seconds, where that is longer than half a
    second: a frame that stays away shorter than twice that is not late.
    """

    kind: str
    text: str
    simulated: bool
    every: float = 0.0
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def camera(self) -> str:
        """Model and serial number, where the source knows them; empty elsewhere."""
        serial = self.details.get("serial", "")
        return f"{self.details.get('camera', '')} {serial}".strip() if serial else ""


class Source(Protocol):
    """Where frames come from. Used from one thread."""

    @property
    def facts(self) -> SourceFacts:
        """What it is now; may change while it runs."""

    def read(self, timeout: float) -> Frame | None:
        """The next frame, or None when none came within ``timeout`` seconds."""

    def park(self, parked: bool) -> None:
        """Stop or go on driving; only a simulation can, others raise OperatorError."""

    def close(self) -> None: ...


@runtime_checkable
class Telling(Protocol):
    """A source that has something to say beside its frames."""

    def news(self) -> list[str]:
        """What happened since the last call, a sentence each."""

    def trouble(self) -> list[str]:
        """While frames stay away: the likely reasons, the likeliest first; else empty."""


@runtime_checkable
class Switchable(Protocol):
    """A source that learns when capture is switched."""

    def switch(self, on: bool) -> None: ...
