"""What daemon and clients say to each other: length-prefixed MessagePack, one ordered stream."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Any, Union

import msgspec

from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from rovertui.text import clean

VERSION = 1
LONGEST = 8 << 20
HALF_A_MESSAGE_S = 30.0
"""How long the rest of a message may take after its first byte."""

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
    try:
        body = _encoder.encode(message)
    except UnicodeEncodeError:
        # A name on this disk that is no UTF-8 must not silence the daemon.
        body = _encoder.encode(_each(_mended, msgspec.to_builtins(message)))
    return _LENGTH.pack(len(body)) + body


def _mended(text: str) -> str:
    return text.encode(errors="replace").decode()


def _each(change: Callable[[str], str], value: Any) -> Any:
    """``value`` with each text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_each(change, key): _each(change, inner) for key, inner in value.items()}
    return [_each(change, inner) for inner in value] if isinstance(value, list) else value


def decode(body: bytes, renamed: tuple[str, str] = ("", "")) -> Message:
    """The message in ``body``; OperatorError when it is none.

    Args:
        renamed: a text, and what stands in its place wherever it occurs.
    """
    old, new = renamed
    try:
        if old != new and old.encode(errors="replace") in body:
            given = msgspec.msgpack.decode(body)
            body = _encoder.encode(_each(lambda text: text.replace(old, new), given))
        return _decoder.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        said = clean(str(error), 200)
        raise OperatorError(f"Not a message of this protocol: {said}.", code="protocol") from None


async def receive(
    reader: asyncio.StreamReader, renamed: tuple[str, str] = ("", "")
) -> Message | None:
    """The next message, or None at the end of the stream; ``renamed`` as for :func:`decode`.

    Raises:
        OperatorError: what came is not a message, is longer than 8 MiB, or stopped half-way.
    """
    try:
        first = await reader.readexactly(1)
        body = await asyncio.wait_for(_rest(reader, first), HALF_A_MESSAGE_S)
    except asyncio.TimeoutError:
        raise OperatorError("A message stopped half-way.", code="protocol") from None
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return decode(body, renamed)


async def _rest(reader: asyncio.StreamReader, first: bytes) -> bytes:
    (length,) = _LENGTH.unpack(first + await reader.readexactly(_LENGTH.size - 1))
    if length > LONGEST:
        raise OperatorError(
            f"Not a message of this protocol: {length} bytes announced, {LONGEST} allowed.",
            code="protocol",
        )
    return await reader.readexactly(length)
