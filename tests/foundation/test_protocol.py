"""Messages cross the wire unchanged, and nothing that comes over it can hurt."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.errors import OperatorError
from rovertui.protocol import LONGEST, Call, Failure, Hello, Reply, decode, encode, receive

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text()
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def feed(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


@given(st.integers(0, 2**32), st.text(), st.dictionaries(st.text(), plain, max_size=4))
def test_a_message_arrives_as_it_was_sent(number: int, text: str, params: dict[str, Any]) -> None:
    for message in (Call(number, text, params), Reply(number, params), Failure(number, text)):
        assert decode(encode(message)[4:]) == message


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_refused_in_words(data: bytes) -> None:
    try:
        decode(data)
    except OperatorError as error:
        assert error.code == "protocol"


async def test_the_end_of_the_stream_in_the_middle_of_a_message_is_its_end() -> None:
    assert await receive(feed(encode(Hello(1, "x"))[:-1])) is None
    assert await receive(feed(b"\0\0")) is None


async def test_an_announced_length_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(OperatorError, match="bytes announced"):
        await receive(feed(struct.pack(">I", LONGEST + 1)))
