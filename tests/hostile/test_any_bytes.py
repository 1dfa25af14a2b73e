"""No bytes of any kind crash what reads them, run anything, or reach the terminal."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.seeds import SEEDS
from tests.hostile.targets import TARGETS

WORDS = (
    *(b"\x1b[2J", b"\x1b]0;x\x07", b"\xff\xfe", b"\0", b"\n", b"../", b"/etc/passwd", b"-rf"),
    *(b"1e999", b"9" * 400, b"0x" + b"f" * 500, b"NaN", b"[" * 300, b'{"a":' * 300, b"*" * 40),
    *(b"\xff" * 8, b"\x7f\xff\xff\xff", b"\xe2\x80\xae", b"'", b'"', b"(", b"-" * 300),
)
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 40),
        st.sampled_from(WORDS) | st.binary(max_size=8),
    ),
    max_size=6,
)


@lru_cache
def good(kind: str) -> tuple[bytes, ...]:
    return tuple(SEEDS[kind]())


def damaged(data: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """``data`` with pieces replaced: where (as a share of it), how many bytes, by what."""
    for share, length, piece in edits:
        at = int(share * len(data))
        data = data[:at] + piece + data[at + length :]
    return data


@pytest.mark.parametrize("kind", TARGETS)
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(data=st.data())
def test_what_is_damaged_or_made_up_is_refused_in_words(kind: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(good(kind)))
    TARGETS[kind](damaged(seed, data.draw(EDITS)))
    TARGETS[kind](data.draw(st.binary(max_size=300)))


@pytest.mark.parametrize("kind", TARGETS)
def test_good_bytes_of_each_kind_pass(kind: str) -> None:
    assert kind in SEEDS
    for data in good(kind):
        TARGETS[kind](data)
