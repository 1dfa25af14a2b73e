"""Samples are opened with distrust, and carried to the feed and to what training fed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui.worker import samples
from rovertui.worker.failure import Failure
from rovertui.worker.job import InputJob

from . import nets

RGB = InputJob(
    name="rgb",
    array="rgb",
    shape=(1, 3, 24, 32),
    layout="NHWC",
    dtype="uint8",
    feed_scale=1.0,
    net_scale=1 / 255,
    sample_shape=(24, 32, 3),
    sample_dtype="uint8",
    low=(0.0,),
    high=(255.0,),
)
DEPTH = InputJob(
    name="depth",
    array="depth",
    shape=(1, 1, 24, 32),
    layout="NHWC",
    dtype="float32",
    feed_scale=1 / 6,
    net_scale=1.0,
    sample_shape=(24, 32),
    sample_dtype="float32",
    low=(0.0,),
    high=(6.0,),
)
PROPRIO = InputJob(
    name="proprio",
    array="proprio",
    shape=(1, 6),
    layout="flat",
    dtype="float32",
    feed_scale=1.0,
    net_scale=1.0,
    sample_shape=(6,),
    sample_dtype="float32",
    low=(-2.0, -6.0, -1.6, -1.6, 0.0, 0.0),
    high=(2.0, 6.0, 1.6, 1.6, 80.0, 20.0),
    fields=("lin_vel", "ang_vel", "roll", "pitch", "accel", "min_dist"),
)
INPUTS = [RGB, DEPTH, PROPRIO]


def written(path: Path, **changes: Any) -> Path:
    arrays = {**nets.arrays(1), **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def changed(name: str, index: Any, value: float) -> np.ndarray[Any, Any]:
    array = nets.arrays(1)[name].copy()
    array[index] = value
    return array


def test_a_good_sample_is_read(tmp_path: Path) -> None:
    arrays = samples.open_sample(written(tmp_path / "a.npz"), INPUTS)

    assert set(arrays) == {"rgb", "depth", "proprio"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"depth": changed("depth", (3, 4), np.nan)}, "depth: 1 of its 768 values are NaN"),
        ({"depth": changed("depth", (3, 4), np.inf)}, "depth: 1 of its 768 values are NaN or inf"),
        ({"depth": changed("depth", (3, 4), 6500)}, "depth: values from"),
        ({"depth": nets.arrays(1)["depth"][:, :-1]}, "depth: expected shape (24, 32)"),
        ({"depth": nets.arrays(1)["depth"].astype(np.uint16)}, "depth: expected float32"),
        ({"rgb": np.zeros((24, 32, 3), np.uint8)}, "rgb: all values are zero"),
        ({"rgb": nets.arrays(1)["rgb"].astype(np.float32)}, "rgb: expected uint8"),
        ({"proprio": changed("proprio", 3, 9.8)}, "proprio: pitch is 9.8"),
        ({"proprio": np.zeros(5, np.float32)}, "proprio: expected shape (6,)"),
        ({"depth": None}, "no array 'depth'"),
        ({"proprio": np.array([None] * 6, object)}, "cannot be read"),
    ],
)
def test_a_bad_array_is_named_with_its_file(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = written(tmp_path / "calibration_0042.npz", **changes)

    with pytest.raises(Failure) as caught:
        samples.open_sample(path, INPUTS)

    assert caught.value.message.startswith("calibration_0042.npz")
    assert words in caught.value.message and caught.value.code == "sample"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_named(tmp_path: Path, share: float) -> None:
    path = written(tmp_path / "calibration_0007.npz")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])

    with pytest.raises(Failure, match=r"calibration_0007\.npz"):
        samples.open_sample(path, INPUTS)


def test_a_single_array_or_no_file_is_named(tmp_path: Path) -> None:
    with (tmp_path / "one.npz").open("wb") as stream:
        np.save(stream, np.zeros(3))
    for name in ("one.npz", "gone.npz"):
        with pytest.raises(Failure, match=name):
            samples.open_sample(tmp_path / name, INPUTS)


def test_a_parked_rovers_zeros_in_a_vector_are_data(tmp_path: Path) -> None:
    zeros = np.zeros(6, np.float32)

    found = samples.open_sample(written(tmp_path / "a.npz", proprio=zeros), INPUTS)

    assert not found["proprio"].any()


def test_numbers_that_never_change_are_named() -> None:
    seen = samples.Seen(INPUTS)
    for seed in range(3):
        arrays = nets.arrays(seed)
        arrays["proprio"][5] = 10.0
        seen.add(arrays)

    (warning,) = seen.warnings()
    assert "min_dist (10)" in warning and "all 3" in warning and "roll" not in warning


def test_one_sample_says_nothing_about_what_changes() -> None:
    seen = samples.Seen(INPUTS)
    seen.add(nets.arrays(0))

    assert seen.warnings() == []


def test_the_feed_is_what_the_node_hands_over_and_the_net_what_training_fed() -> None:
    arrays = nets.arrays(1)

    assert samples.feed(arrays["rgb"], RGB).shape == (1, 24, 32, 3)
    np.testing.assert_array_equal(samples.feed(arrays["rgb"], RGB)[0], arrays["rgb"])
    np.testing.assert_allclose(samples.net(arrays["rgb"], RGB)[0, 2], arrays["rgb"][..., 2] / 255)
    np.testing.assert_allclose(
        samples.feed(arrays["depth"], DEPTH)[0, ..., 0], arrays["depth"] / 6, rtol=1e-6
    )
    np.testing.assert_array_equal(samples.net(arrays["depth"], DEPTH)[0, 0], arrays["depth"])
    np.testing.assert_array_equal(samples.feed(arrays["proprio"], PROPRIO)[0], arrays["proprio"])


def test_a_channel_first_node_gets_channel_first() -> None:
    rgb = nets.arrays(1)["rgb"]

    fed = samples.feed(rgb, replace(RGB, layout="NCHW"))

    assert fed.flags.c_contiguous and fed.dtype == np.uint8
    np.testing.assert_array_equal(fed[0], rgb.transpose(2, 0, 1))


def test_a_sample_stored_channel_first_is_read_as_such() -> None:
    rgb = nets.arrays(1)["rgb"]
    stored = replace(RGB, sample_shape=(3, 24, 32))

    np.testing.assert_array_equal(samples.feed(rgb.transpose(2, 0, 1), stored)[0], rgb)


def test_a_scaled_picture_stays_float32() -> None:
    scaled = replace(RGB, dtype="float32", feed_scale=1 / 255)

    assert samples.feed(nets.arrays(1)["rgb"], scaled).max() > 0.9
    assert samples.feed(nets.arrays(1)["rgb"], scaled).dtype == np.float32


def test_a_feed_that_does_not_fit_its_type_is_refused() -> None:
    with pytest.raises(Failure, match="uint8"):
        samples.feed(nets.arrays(1)["depth"], replace(DEPTH, dtype="uint8", feed_scale=1000.0))


@settings(max_examples=60, deadline=None)
@given(
    layout=st.sampled_from(["NHWC", "NCHW"]),
    feed_scale=st.floats(0.01, 100),
    net_scale=st.floats(0.01, 100),
    seed=st.integers(0, 1000),
)
def test_feed_times_factor_is_net(
    layout: str, feed_scale: float, net_scale: float, seed: int
) -> None:
    depth = nets.arrays(seed)["depth"]
    given_ = replace(DEPTH, layout=layout, feed_scale=feed_scale, net_scale=net_scale)

    fed = samples.feed_channels_first(depth, given_)

    np.testing.assert_allclose(fed * given_.factor, samples.net(depth, given_), rtol=1e-5)


@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_a_named_failure(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "calibration_0001.npz"
    path.write_bytes(data)

    with pytest.raises(Failure, match=r"calibration_0001\.npz"):
        samples.open_sample(path, INPUTS)
