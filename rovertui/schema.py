"""What a sample, an input and an output of a model are: named, with units and ranges.

A schema names the arrays of a sample file, states the three points of every input (sample,
feed, net), what the outputs mean, and the axes by which samples are told apart.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Layout = Literal["NHWC", "NCHW", "flat"]
OUTPUT_SCALES = ("max_linear", "max_angular")


class Section(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A table of ``config.toml``; a key that is not listed here is refused by name."""


class Field(Section, frozen=True):
    name: Annotated[str, Meta(description="What the number is.")]
    unit: Annotated[str, Meta(description="Its unit.")] = ""
    low: Annotated[float, Meta(description="Smallest physical value.")] = -1e30
    high: Annotated[float, Meta(description="Largest physical value.")] = 1e30
    step: Annotated[
        float,
        Meta(ge=0, description="A difference that is a real one; 0: an eighth of low..high."),
    ] = 0.0


class Array(Section, frozen=True):
    shape: Annotated[list[int], Meta(description="Shape in the file, without a batch axis.")]
    dtype: Annotated[Literal["uint8", "float32"], Meta(description="Type in the file.")]
    unit: Annotated[str, Meta(description="Unit of the values.")] = ""
    low: Annotated[float, Meta(description="Smallest value that makes sense.")] = -1e30
    high: Annotated[float, Meta(description="Largest value that makes sense.")] = 1e30
    fields: Annotated[list[Field], Meta(description="One entry for each number of a vector.")] = (
        msgspec.field(default_factory=list)
    )


class Input(Section, frozen=True):
    """One input of the network at its three points: sample, feed, net."""

    array: Annotated[str, Meta(description="Point 1, sample: the array in the file.")]
    layout: Annotated[
        Layout, Meta(description="Point 2, feed: axes of what the node hands over (with batch).")
    ]
    dtype: Annotated[
        Literal["uint8", "float32"], Meta(description="Point 2, feed: type the node hands over.")
    ]
    feed_scale: Annotated[
        str, Meta(description='Point 2, feed = sample x feed_scale; a number or "1/6".')
    ] = "1"
    net_scale: Annotated[
        str,
        Meta(
            description='Point 3, net = sample x net_scale, as training fed it; "ask" until a '
            "person has decided, and until then nothing is converted."
        ),
    ] = "1"


class OutputNumber(Section, frozen=True):
    name: Annotated[str, Meta(description="What the number is.")]
    unit: Annotated[str, Meta(description="Unit of what the rover does with it.")] = ""
    scale: Annotated[
        str,
        Meta(
            description='What 1.0 means in that unit: "max_linear" or "max_angular" of [rover], '
            "or a number."
        ),
    ] = "1"


class Output(Section, frozen=True):
    """One output of the network, and what the node makes of it."""

    use: Annotated[
        Literal["wheels", "state", "other"],
        Meta(description='"wheels": commands; "state": fed back into the network; "other".'),
    ] = "other"
    after: Annotated[
        Literal["none", "clip", "tanh"],
        Meta(description="What the node does to it before use: nothing, clip to -1..1, or tanh."),
    ] = "none"
    numbers: Annotated[
        list[OutputNumber], Meta(description="One entry for each number of the output.")
    ] = msgspec.field(default_factory=list)


class Axis(Section, frozen=True):
    name: Annotated[str, Meta(description="Name on the screen.")]
    of: Annotated[
        str,
        Meta(
            description="`brightness`, `contrast`, `colourful`, `clipped`, `nearest`, "
            "`depth_valid`, `depth_near`, `depth_mid`, `depth_far`, ARRAY.FIELD of a vector with "
            "fields, or ARRAY.mean, .spread, .zeros, .range of another array."
        ),
    ]
    unit: Annotated[str, Meta(description="Unit on the screen.")] = ""
    low: Annotated[float, Meta(description="Lower end of the physical range.")] = 0.0
    high: Annotated[float, Meta(description="Upper end of the physical range.")] = 1.0
    bins: Annotated[int, Meta(ge=2, le=64, description="Number of bars.")] = 16
    scale: Annotated[Literal["linear", "log"], Meta(description="Spacing of the bars.")] = "linear"
    group: Annotated[
        str, Meta(description="Groups weigh the same in the score; empty: a group of its own.")
    ] = ""


class Schema(Section, frozen=True):
    arrays: dict[str, Array]
    inputs: dict[str, Input]
    outputs: dict[str, Output] = msgspec.field(default_factory=dict)
    axes: Annotated[list[Axis], Meta(description="Histograms on the screen.")] = msgspec.field(
        default_factory=list
    )
    coverage: Annotated[
        list[Axis],
        Meta(description="Further axes of the score, without a histogram on the screen."),
    ] = msgspec.field(default_factory=list)


def rgbd6(depth_net_scale: str = "ask") -> Schema:
    """The guide's schema: rgb, depth and six numbers, as the collector writes them.

    The guide's trainer feeds depth in metres, its inference node metres / 6: only the owner
    knows which a model was trained with, so ``depth_net_scale`` starts as ``"ask"``.
    """
    numbers = [
        Field(name="lin_vel", unit="m/s", low=-2.0, high=2.0, step=0.4),
        Field(name="ang_vel", unit="rad/s", low=-6.0, high=6.0, step=0.6),
        Field(name="roll", unit="rad", low=-1.6, high=1.6, step=0.12),
        Field(name="pitch", unit="rad", low=-1.6, high=1.6, step=0.12),
        Field(name="accel", unit="m/s^2", low=0.0, high=80.0, step=1.5),
        Field(name="min_dist", unit="m", low=0.0, high=20.0, step=0.6),
    ]
    return Schema(
        arrays={
            "rgb": Array(shape=[240, 424, 3], dtype="uint8", unit="RGB", low=0, high=255),
            "depth": Array(shape=[240, 424], dtype="float32", unit="m", low=0.0, high=6.0),
            "proprio": Array(shape=[6], dtype="float32", fields=numbers),
        },
        inputs={
            "rgb": Input(array="rgb", layout="NHWC", dtype="uint8", net_scale="1/255"),
            "depth": Input(
                array="depth",
                layout="NHWC",
                dtype="float32",
                feed_scale="1/6",
                net_scale=depth_net_scale,
            ),
            "proprio": Input(array="proprio", layout="flat", dtype="float32"),
        },
        outputs={
            "action": Output(
                use="wheels",
                after="clip",
                numbers=[
                    OutputNumber(name="linear", unit="m/s", scale="max_linear"),
                    OutputNumber(name="angular", unit="rad/s", scale="max_angular"),
                ],
            )
        },
        axes=[
            Axis(name="brightness", of="brightness", unit="", low=0, high=255, group="colour"),
            Axis(name="nearest", of="nearest", unit="m", low=0.2, high=4.0, scale="log"),
            Axis(name="lin", of="proprio.lin_vel", unit="m/s", low=-0.2, high=0.2, group="motion"),
            Axis(
                name="ang", of="proprio.ang_vel", unit="rad/s", low=-1.0, high=1.0, group="motion"
            ),
        ],
        coverage=[
            Axis(name="contrast", of="contrast", low=0, high=100, bins=8, group="colour"),
            Axis(name="colourful", of="colourful", low=0, high=100, bins=8, group="colour"),
            Axis(name="clipped", of="clipped", unit="%", low=0, high=50, bins=5, group="colour"),
            Axis(name="valid", of="depth_valid", unit="%", low=30, high=100, bins=7, group="depth"),
            _depth("depth near", "depth_near"),
            _depth("depth mid", "depth_mid"),
            _depth("depth far", "depth_far"),
            _tilt("roll"),
            _tilt("pitch"),
        ],
    )


def _depth(name: str, of: str) -> Axis:
    return Axis(name=name, of=of, unit="m", low=0.2, high=6.0, bins=8, scale="log", group="depth")


def _tilt(name: str) -> Axis:
    return Axis(
        name=name,
        of=f"proprio.{name}",
        unit="rad",
        low=-0.3,
        high=0.3,
        bins=12,
        group="attitude",
    )


def number(text: str) -> float:
    """A scale as written in the configuration: ``"0.5"`` or ``"1/6"``; ValueError otherwise."""
    above, slash, below = text.replace(" ", "").partition("/")
    # Not Fraction: it writes out 1e999999999.
    value = float(int(above) / int(below)) if slash else float(above)
    if not math.isfinite(value):
        raise ValueError(f"{value} is no scale")
    return value
