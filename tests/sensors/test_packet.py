"""The collector's packet: what is one, what is none, and what arrays it becomes."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rovertui.sensors import decode, packet
from rovertui.sensors.packet import Malformed

from ..relay.collector import make

GOOD = make(5)


def test_a_packet_s_parts_are_found_by_their_shapes() -> None:
    found = packet.parse(GOOD)
    assert found.shapes["depth"] == (240, 424)
    assert len(found.parts["depth"]) == 240 * 424 * 4
    assert found.extra["episode_step"] == 5
    assert found.compressed


@pytest.mark.parametrize("compressed", [True, False])
def test_arrays_are_those_of_a_sample(compressed: bool) -> None:
    got = decode.arrays(packet.parse(make(5, compressed=compressed)))
    assert {name: (a.shape, a.dtype.name) for name, a in got.items()} == {
        "rgb": ((240, 424, 3), "uint8"),
        "depth": ((240, 424), "float32"),
        "proprio": ((6,), "float32"),
    }
    assert got["rgb"][0, 0, 0] > 190 and abs(int(got["rgb"][0, 0, 1]) - 45) < 8
    assert got["depth"][0, 0] == 6.0
    assert all(array.flags.writeable for array in got.values())


@given(arrays.arrays(np.float32, (4, 5)))
def test_depth_is_finite_and_between_zero_and_six_metres(depth: Any) -> None:
    got = decode.metres(depth)
    assert np.isfinite(got).all() and got.min() >= 0 and got.max() <= 6
    assert (got[np.isnan(depth) | (depth == np.inf)] == 6).all()


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_malformed_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(Malformed):
        packet.parse(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    [f"{name}_shape" for name in ("rgb", "depth", "proprio", "action")]
    + ["timestamp", "rgb_compressed"]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(_KEYS, _JSON | st.lists(st.integers(-1, 5), max_size=5)), st.binary())
def test_metadata_may_say_anything(metadata: dict[str, Any], body: bytes) -> None:
    text = json.dumps(metadata).encode()
    message = struct.pack("<I", len(text)) + text + body
    try:
        found = packet.parse(message)
    except Malformed:
        return
    try:
        decode.arrays(found)
    except Malformed:
        return
    assert not found.compressed or found.shapes["rgb"][-1] == 3


@settings(max_examples=200)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_packet_is_arrays_or_malformed(place: int, junk: bytes) -> None:
    damaged = GOOD[:place] + junk + GOOD[place + len(junk) :]
    try:
        got = decode.arrays(packet.parse(damaged))
    except Malformed:
        return
    assert got["depth"].dtype == np.float32


@pytest.mark.parametrize("nesting", [5_000, 60_000])
def test_metadata_nested_too_deep_are_malformed(nesting: int) -> None:
    text = b"[" * nesting
    with pytest.raises(Malformed):
        packet.parse(struct.pack("<I", len(text)) + text)


def test_a_jpeg_of_another_size_is_not_unpacked() -> None:
    import simplejpeg

    other = simplejpeg.encode_jpeg(np.zeros((8, 8, 3), np.uint8))
    good = packet.parse(GOOD)
    parts = {name: bytes(part) for name, part in good.parts.items()} | {"rgb": other}
    built = packet.build(1.0, parts, good.shapes, compressed=True)
    with pytest.raises(Malformed, match="8x8"):
        decode.arrays(packet.parse(built))
