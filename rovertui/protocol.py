"""What daemon and clients say to each other: length-prefixed MessagePack, one ordered stream."""

from __future__ import annotations

import asyncio
import struct
from typing import Any, Union

import msgspec

from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot

VERSION = 1
LONGEST = 8 << 20
_LENGTH = struct.Struct(">I")


class Hello(msgspec.Struct, tag="hello"):
    """First message of both sides; a client says which face of the program it is."""

    protocol: int
    program: str
    face: str = ""


class Call(msgspec.Struct, tag="call"):
    """A request; answered by exactly one :class:`Reply` or :class:`Failure` of the same id."""

    id: int
    method: str
    params: dict[str, Any] = {}


class Reply(msgspec.Struct, tag="reply"):
    id: int
    result: dict[str, Any] = {}


class Failure(msgspec.Struct, tag="failure"):
    id: int
    message: str
    hint: str = ""
    code: str = "refused"

    def error(self) -> OperatorError:
        return OperatorError(self.message, hint=self.hint, code=self.code)


class Push(msgspec.Struct, tag="snapshot"):
    """A snapshot; it replaces the one before it."""

    snapshot: Snapshot


Message = Union[Hello, Call, Reply, Failure, Push]  # noqa: UP007  (msgspec needs a runtime union)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """A message as it goes over the wire, its length first."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


def decode(body: bytes) -> Message:
    """The message in ``body``; OperatorError when it is none."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        raise OperatorError(f"Not a message of this protocol: {error}.", code="protocol") from None


async def receive(reader: asyncio.StreamReader) -> Message | None:
    """The next message, or None at the end of the stream.

    Raises:
        OperatorError: what came is not a message, or is longer than 8 MiB.
    """
    try:
        header = await reader.readexactly(_LENGTH.size)
        (length,) = _LENGTH.unpack(header)
        if length > LONGEST:
            raise OperatorError(
                f"Not a message of this protocol: {length} bytes announced, {LONGEST} allowed.",
                code="protocol",
            )
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return decode(body)
