"""The printed ``feed()`` does what models are measured with, and refuses what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui.conversion import feeding
from rovertui.conversion.sheet import Feed
from rovertui.errors import OperatorError
from rovertui.worker import samples
from rovertui.worker.job import InputJob

from . import nets
from .test_sheet import made

HEIGHT, WIDTH = nets.HEIGHT, nets.WIDTH
Feeder = Callable[..., tuple[list[Any], list[str]]]


def image(
    name: str, layout: str, sample_shape: tuple[int, ...], dtype: str, scale: float, low: float
) -> tuple[Feed, InputJob]:
    """One input as the sheet and as the worker have it."""
    channels = 3 if 3 in sample_shape else 1
    first = (1, channels, HEIGHT, WIDTH)
    shape = first if layout == "NCHW" else (1, HEIGHT, WIDTH, channels)
    sample_dtype = "uint8" if name == "rgb" else "float32"
    common: dict[str, Any] = {
        "name": name,
        "array": name,
        "layout": layout,
        "dtype": dtype,
        "feed_scale": scale,
        "net_scale": scale,
        "sample_dtype": sample_dtype,
    }
    high = 255.0 if name == "rgb" else 6.0
    feed = Feed(
        **common,
        shape=list(shape),
        data_format="nchw" if layout == "NCHW" else "nhwc",
        sample_shape=list(sample_shape),
        low=[low],
        high=[high],
    )
    job = InputJob(**common, shape=first, sample_shape=sample_shape, low=(low,), high=(high,))
    return feed, job


def feeder(*inputs: Feed) -> Feeder:
    names: dict[str, Any] = {}
    exec(feeding.python(made(inputs=list(inputs)), "m_hybrid"), names)
    feed: Feeder = names["feed"]
    return feed


@settings(max_examples=40, deadline=None)
@given(
    layout=st.sampled_from(["NHWC", "NCHW"]),
    first=st.booleans(),
    dtype=st.sampled_from(["uint8", "float32"]),
    scale=st.sampled_from([1.0, 0.5, 1 / 255]),
    seed=st.integers(0, 1000),
)
def test_a_picture_is_fed_as_models_are_measured(
    layout: str, first: bool, dtype: str, scale: float, seed: int
) -> None:
    shape = (3, HEIGHT, WIDTH) if first else (HEIGHT, WIDTH, 3)
    feed, job = image("rgb", layout, shape, dtype, scale, 0.0)
    picture = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)

    inputs, formats = feeder(feed)(picture)

    wanted = samples.feed(picture, job)
    np.testing.assert_array_equal(inputs[0], wanted)
    assert inputs[0].dtype == wanted.dtype and inputs[0].flags.c_contiguous
    assert formats == [job.data_format]


@settings(max_examples=40, deadline=None)
@given(
    layout=st.sampled_from(["NHWC", "NCHW"]),
    shape=st.sampled_from([(HEIGHT, WIDTH), (HEIGHT, WIDTH, 1), (1, HEIGHT, WIDTH)]),
    scale=st.sampled_from([1.0, 1 / 6]),
    seed=st.integers(0, 1000),
)
def test_depth_is_fed_as_models_are_measured(
    layout: str, shape: tuple[int, ...], scale: float, seed: int
) -> None:
    feed, job = image("depth", layout, shape, "float32", scale, 0.0)
    depth = np.random.default_rng(seed).uniform(0, 6, shape).astype(np.float32)

    np.testing.assert_array_equal(feeder(feed)(depth)[0][0], samples.feed(depth, job))


VECTOR = Feed(
    name="proprio",
    array="proprio",
    layout="flat",
    dtype="float32",
    shape=[1, 6],
    data_format="nhwc",
    feed_scale=1.0,
    net_scale=1.0,
    sample_shape=[6],
    sample_dtype="float32",
    low=[-2, -6, -1.6, -1.6, 0, 0],
    high=[2, 6, 1.6, 1.6, 80, 20],
)


def test_the_order_and_the_arguments_are_those_of_the_sheet() -> None:
    rgb, _ = image("rgb", "NHWC", (HEIGHT, WIDTH, 3), "uint8", 1.0, 0.0)
    depth, _ = image("depth", "NHWC", (HEIGHT, WIDTH), "float32", 1 / 6, 0.0)
    arrays = nets.arrays(1)

    inputs, formats = feeder(rgb, depth, VECTOR)(
        rgb=arrays["rgb"], depth=arrays["depth"], proprio=arrays["proprio"]
    )

    assert [a.shape for a in inputs] == [(1, HEIGHT, WIDTH, 3), (1, HEIGHT, WIDTH, 1), (1, 6)]
    assert formats == ["nhwc"] * 3


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        (np.zeros((1, 6), np.float32), "expected proprio as float32"),
        (np.zeros(6, np.float64), "float64"),
        (np.array([0, 0, 0, np.nan, 9.8, 1], np.float32), "expected"),
        (np.array([0, 0, 0, 0, 980, 1], np.float32), "980"),
    ],
    ids=["None", "rank", "dtype", "nan", "range"],
)
def test_what_is_wrong_is_refused_by_name(value: Any, words: str) -> None:
    with pytest.raises(ValueError, match="proprio") as caught:
        feeder(VECTOR)(value)
    assert words in str(caught.value)


def test_it_is_about_thirty_lines_and_needs_nothing_but_numpy() -> None:
    code = feeding.python(made(inputs=[VECTOR]), "m_hybrid")

    assert len(code.splitlines()) < 45
    assert [line for line in code.splitlines() if "import" in line] == ["import numpy as np"]


def test_an_array_whose_name_python_cannot_take_is_refused_in_words() -> None:
    import msgspec

    with pytest.raises(OperatorError, match="argument"):
        feeding.python(made(inputs=[msgspec.structs.replace(VECTOR, array="my array")]), "m")
