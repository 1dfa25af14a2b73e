"""How models are built, checked and tried on the NPU."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from rovertui.config.kinds import Count, Positive, Precision
from rovertui.schema import Section


class Conversion(Section, frozen=True):
    target: Annotated[str, Meta(description="The chip.")] = "rk3588"
    precision: Annotated[
        Precision,
        Meta(
            description='"auto": hybrid where a vector input reaches the outputs without a '
            "convolution, int8 otherwise; over its limits, int16 and then fp16 are tried."
        ),
    ] = "auto"
    samples: Annotated[
        Count, Meta(description="At most so many samples calibrate: those that cover the set.")
    ] = 50
    python: Annotated[
        str, Meta(description="Python with rknn-toolkit2; empty: the one `toolkit install` makes.")
    ] = ""
    threads: Annotated[int, Meta(ge=1, le=64, description="Threads a conversion may use.")] = 2
    on_arrival: Annotated[
        Literal["notify", "convert", "ship"],
        Meta(
            description="What a new ONNX model in `directory` leads to, pulled or put there by "
            'somebody else: "notify" says so; "convert" converts it too; "ship" also puts it into '
            "service when its check is GOOD and within the limits, it is newer than what is live "
            "and the rover stands still; otherwise a person decides."
        ),
    ] = "notify"
    directory: Annotated[str, Meta(description="Where models lie; relative to the workspace.")] = (
        "models"
    )
    cores: Annotated[
        Literal["small", "all"],
        Meta(
            description='Processors a conversion runs on: "small" keeps to those of least '
            "capacity where the kernel tells them apart (RK3588: four Cortex-A55)."
        ),
    ] = "small"
    pause_above: Annotated[
        float,
        Meta(ge=0, description="Degrees Celsius of the chip above which it pauses; 0: never."),
    ] = 85.0
    resume_below: Annotated[
        float, Meta(ge=0, description="Degrees Celsius below which it goes on.")
    ] = 80.0
    where: Annotated[
        Literal["here", "v620"],
        Meta(
            description='Where models are built: "here", or on the training server over SSH with '
            "the Python of `v620_python`, which must have rknn-toolkit2."
        ),
    ] = "here"
    v620_python: Annotated[
        str, Meta(description="where v620: the Python there; ~ is the login directory.")
    ] = "python3"
    v620_scratch: Annotated[
        str, Meta(description="where v620: the directory there for what a conversion needs.")
    ] = ".cache/rovertui"


class Npu(Section, frozen=True):
    """Running a converted model's golden frames on this rover's NPU before it goes live."""

    check: Annotated[
        Literal["auto", "off"],
        Meta(
            description='"auto": after a conversion and before a model goes live, where there is '
            'an NPU and rknn-toolkit-lite2; "off": only when asked for (`rovertui npu MODEL`).'
        ),
    ] = "auto"
    python: Annotated[
        str,
        Meta(
            description="Python with rknn-toolkit-lite2; empty: the system's, or the one that "
            "converts."
        ),
    ] = ""
    apart: Annotated[
        Positive, Meta(description="How far an output may be from the simulator's.")
    ] = 0.05
    stand_in: Annotated[
        bool,
        Meta(
            description="Simulation only: a stand-in takes the NPU's place, so that the figures "
            "can be seen on the screens; they say that they are none of an NPU."
        ),
    ] = False


class Limits(Section, frozen=True):
    """How far the RKNN's action may be from the float model's, on frames for checking."""

    mean: Annotated[Positive, Meta(description="Mean of |difference|.")] = 0.01
    largest: Annotated[Positive, Meta(description="Largest |difference|.")] = 0.15
    over: Annotated[Positive, Meta(description="A frame off by more than this is counted.")] = 0.05
    share_over: Annotated[
        float, Meta(ge=0, le=1, description="Share of frames that may be off by more than `over`.")
    ] = 0.02
    frames: Annotated[
        int, Meta(ge=1, description="With fewer frames for checking the result is called WEAK.")
    ] = 30
