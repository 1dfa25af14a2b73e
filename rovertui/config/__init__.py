"""What a person sets in ``config.toml``: every key, its meaning and what is allowed."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from rovertui.config.conversion import Conversion, Limits, Npu
from rovertui.config.kinds import PRECISIONS, RUNGS, Count, Positive, Precision, Rung
from rovertui.config.machines import V620, Companion, Node, Peer, Rover
from rovertui.config.recording import Capture, Kind, Source, Tap, Topics
from rovertui.schema import Schema, Section, rgbd6

__all__ = [
    "PRECISIONS",
    "RUNGS",
    "V620",
    "Capture",
    "Companion",
    "Config",
    "Conversion",
    "Count",
    "Kind",
    "Limits",
    "Node",
    "Npu",
    "Peer",
    "Positive",
    "Precision",
    "Rover",
    "Rung",
    "Screen",
    "Source",
    "Tap",
    "Topics",
]


class Screen(Section, frozen=True):
    theme: Annotated[
        Literal["dark", "light", "safe", "16", "none"],
        Meta(
            description='Colours: "dark"; "light" for sunlight; "safe" for the colour-blind; "16", '
            'the terminal\'s own; "none", as with NO_COLOR. Whatever a colour says is '
            "said by a word or sign too."
        ),
    ] = "dark"
    bell: Annotated[bool, Meta(description="Ring for: goal reached, job ended, sensor lost.")] = (
        False
    )
    low_bandwidth: Annotated[
        bool,
        Meta(
            description="Draw once a second and no trends, always; otherwise only on a line that "
            "answers slowly."
        ),
    ] = False


class Config(Section, frozen=True):
    rover: Rover = msgspec.field(default_factory=Rover)
    source: Source = msgspec.field(default_factory=Source)
    tap: Tap = msgspec.field(default_factory=Tap)
    capture: Capture = msgspec.field(default_factory=Capture)
    v620: V620 = msgspec.field(default_factory=V620)
    conversion: Conversion = msgspec.field(default_factory=Conversion)
    limits: Limits = msgspec.field(default_factory=Limits)
    npu: Npu = msgspec.field(default_factory=Npu)
    node: Node = msgspec.field(default_factory=Node)
    rovers: Annotated[
        list[Peer],
        Meta(description="Other rovers that models can be sent to (`ship --to NAME`)."),
    ] = msgspec.field(default_factory=list)
    companions: Annotated[
        list[Companion],
        Meta(description="Programs the daemon keeps running beside itself (the demo uses it)."),
    ] = msgspec.field(default_factory=list)
    screen: Screen = msgspec.field(default_factory=Screen)
    keys: Annotated[
        dict[str, str],
        Meta(
            description='Keys that differ from ours, by command, such as copy = "Y". Keys that '
            "move, q, esc and ? stay; what changes the wheels' commands is a capital letter."
        ),
    ] = msgspec.field(default_factory=dict)
    schemas: dict[str, Schema] = msgspec.field(default_factory=lambda: {"rgbd6": rgbd6()})

    @property
    def schema(self) -> Schema:
        """The schema that new samples are stamped with."""
        return self.schemas[self.capture.schema]

    @property
    def simulated(self) -> bool:
        """Whether this workspace's frames come from a simulation."""
        return self.source.kind == "simulated"
