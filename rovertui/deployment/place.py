"""Where models go into service, and the good ends of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rovertui import config
from rovertui.deployment.entry import OutcomeState
from rovertui.deployment.switch import Switch
from rovertui.reporter import Reporter

Proof = Callable[[Path, Reporter], str]
"""Tries a model's file out; why it may not go into service, as a sentence, or nothing."""

Motion = Literal["still", "moving", "unknown"]


@dataclass(frozen=True)
class Place:
    """Where models go into service on this rover.

    Attributes:
        root: the workspace; the node's commands run there.
        models: the models directory.
        journal: the journal's file; it need not exist.
        node: the ``[node]`` table.
        target: the rover's chip.
        simulated: whether models calibrated on simulated data may run here.
    """

    root: Path
    models: Path
    journal: Path
    node: config.Node
    target: str = "rk3588"
    simulated: bool = False

    @property
    def switch(self) -> Switch:
        return Switch(self.models, self.node.link)


@dataclass(frozen=True)
class Deployed:
    """A good end.

    Attributes:
        state: which of the three.
        text: what was seen, in one sentence.
        entry: the number under which the model is kept.
        previous: name of the model that was live before; empty where none was.
        forced: the failed checks that were insisted past.
        stopped: whether the rover was told to stand still first.
        warnings: what the operator should know.
    """

    state: OutcomeState
    text: str
    name: str
    precision: str
    entry: int
    previous: str
    forced: list[str] = field(default_factory=list)
    stopped: bool = False
    warnings: list[str] = field(default_factory=list)
