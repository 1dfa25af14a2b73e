"""What may come of a command: a request to the daemon, a question first, or why it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rovertui.snapshot import Snapshot
from rovertui.ui.state import State


@dataclass(frozen=True)
class Request:
    """An operation with its parameters, and what the status line says while it starts."""

    operation: str
    params: dict[str, Any] = field(default_factory=dict)
    saying: str = ""


@dataclass(frozen=True)
class Confirm:
    """A request that changes something dangerous: asked once, its consequence named."""

    title: str
    lines: tuple[str, ...]
    request: Request
    job: int | None = None
    """The job it is about: when that cannot be cancelled any more, nothing is asked any more."""


@dataclass(frozen=True)
class Ask:
    """A request that needs a word: what is typed becomes its parameter ``name``."""

    title: str
    name: str
    request: Request
    value: str = ""


@dataclass(frozen=True)
class Refused:
    reason: str


Plan = Request | Confirm | Ask | Refused


@dataclass(frozen=True)
class Pressed:
    """A command whose key was pressed on ``screen``, and all that is shown at that moment.

    ``operation`` is what it means now, ``params`` what it always says with it.
    """

    operation: str
    params: dict[str, Any]
    screen: str
    state: State
    snapshot: Snapshot


Plans = dict[str, Callable[[Pressed], Plan]]
"""What makes the plan of a command, by the operation that it means."""
