"""The inference node as it can be seen from outside: present, told to reload, heard."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rovertui import config
from rovertui.deployment import commands
from rovertui.errors import OperatorError
from rovertui.text import clean

_ASK_LIMIT = 10.0
_ENOUGH = 10
_SILENCE = 0.03
_LONGEST_DRAIN = 0.3
_SUCCESS = re.compile(r"\bsuccess\s*[=:]\s*(true|false)", re.IGNORECASE)
_MESSAGE = re.compile(r"""\bmessage\s*[=:]\s*(?:'([^']*)'|"([^"]*)")""")


@dataclass(frozen=True)
class Answer:
    """What came back from a reload: ``yes``, ``no`` (the node refused), ``none`` (no answer)."""

    said: Literal["yes", "no", "none"]
    text: str


@dataclass
class Heard:
    """Wheel commands heard since the node was told to reload.

    Attributes:
        commands: (linear m/s, angular rad/s), in order.
        unusable: messages that were no command.
        before: commands heard before it was told; 0 also when nobody listened then.
    """

    commands: list[tuple[float, float]] = field(default_factory=list)
    unusable: int = 0
    before: int = 0

    @property
    def finite(self) -> bool:
        return all(math.isfinite(number) for command in self.commands for number in command)

    @property
    def constant(self) -> bool:
        return len(set(self.commands)) < 2

    @property
    def good(self) -> bool:
        """Enough of them, finite, and not always the same."""
        return len(self.commands) >= _ENOUGH and self.finite and not self.constant


class Node:
    """The node that ``[node]`` in ``config.toml`` describes.

    Args:
        given: that table.
        directory: where its commands are run; paths in them are relative to it.
    """

    def __init__(self, given: config.Node, directory: Path) -> None:
        self.given = given
        self.directory = directory

    def require(self) -> None:
        """Refuse a configuration whose programs are not there."""
        for key in ("present_command", "reload_command", "stop_command", "model_path_command"):
            if command := getattr(self.given, key):
                commands.require(command, f"node.{key}", self.directory)

    def present(self) -> bool | None:
        """Whether a node runs that can be told to reload; None when nothing can tell."""
        command = self.given.present_command
        if not command:
            return None
        return commands.run(command, _ASK_LIMIT, self.directory).status == 0

    def stop(self) -> str:
        """Have the rover stand still; why that failed, in words, or nothing."""
        try:
            output = commands.run(self.given.stop_command, _ASK_LIMIT, self.directory)
        except OperatorError as error:
            return error.message
        if output.status is None:
            return f"no end within {_ASK_LIMIT:g} s"
        words = f": {output.last_words}" if output.last_words else ""
        return f"it ended with {output.status}{words}" if output.status else ""

    def reload(self) -> Answer:
        """Tell the node to load its model again, and wait for its answer.

        Understands what ``ros2 service call`` prints of a ``std_srvs/srv/Trigger``; a command
        that says nothing of success is believed by its exit status.
        """
        limit = self.given.reload_timeout
        try:
            output = commands.run(self.given.reload_command, limit, self.directory)
        except OperatorError as error:
            return Answer("none", error.message)
        if output.status is None:
            return Answer("none", f"no answer within {limit:g} s")
        said = _SUCCESS.findall(output.text)
        messages = _MESSAGE.findall(output.text)
        message = clean("".join(messages[-1]), 300) if messages else ""
        if said and said[-1].lower() == "false":
            return Answer("no", message or "it said success=False")
        if output.status != 0:
            words = f": {output.last_words}" if output.last_words else ""
            return Answer("none", f"the reload command ended with {output.status}{words}")
        return Answer("yes", message or ("it said success=True" if said else "exit status 0"))

    def model_path(self) -> Path | None:
        """The file that the node says it loads, resolved; None when it cannot be asked."""
        command = self.given.model_path_command
        if not command:
            return None
        try:
            output = commands.run(command, _ASK_LIMIT, self.directory)
        except OperatorError:
            return None
        lines = output.text.strip().splitlines()
        if output.status != 0 or not lines:
            return None
        # `ros2 param get` says "String value is: PATH".
        path = lines[-1].rpartition("value is: ")[2].strip()
        if "\0" in path or not ("/" in path or path.endswith(".rknn")):
            # Such as "Parameter not set.", which some versions say with exit status 0.
            return None
        return (self.directory / path).resolve()

    @contextmanager
    def listening(self) -> Iterator[Ear | None]:
        """Listen for wheel commands; None when no address is configured."""
        if not self.given.commands:
            yield None
            return
        ear = Ear(self.given.commands)
        try:
            yield ear
        finally:
            ear.close()


class Ear:
    """A subscriber to the node's wheel commands.

    Messages are JSON objects ``{"stamp": s, "linear": m/s, "angular": rad/s}``. It subscribes
    when it is made, so that what is said right after a reload is not missed.

    Raises:
        OperatorError: pyzmq is not installed, or the address is none.
    """

    def __init__(self, address: str) -> None:
        try:
            import zmq
        except ImportError:
            raise OperatorError(
                "node.commands is set, but pyzmq is not installed.",
                hint="Install pyzmq, or leave node.commands empty.",
            ) from None
        self._context: Any = zmq.Context()
        self._socket: Any = self._context.socket(zmq.SUB)
        try:
            self._socket.setsockopt(zmq.LINGER, 0)
            self._socket.setsockopt(zmq.RCVHWM, 1000)
            self._socket.setsockopt(zmq.MAXMSGSIZE, 1 << 16)
            self._socket.setsockopt(zmq.SUBSCRIBE, b"")
            self._socket.connect(address)
        except zmq.ZMQError as error:
            self.close()
            raise OperatorError(
                f"config.toml: node.commands: {clean(address)!r} cannot be listened to: {error}.",
                hint='Write an address such as "tcp://127.0.0.1:5560" or "ipc:///run/node.sock".',
            ) from None

    def close(self) -> None:
        self._socket.close(0)
        self._context.term()

    @property
    def socket(self) -> Any:
        """For a poller."""
        return self._socket

    def arrived(self) -> list[tuple[float, float]]:
        """The commands that have come since the last look, without waiting."""
        heard = Heard()
        while self._socket.poll(0):
            self._take(heard)
        return heard.commands

    def drain(self, first: float = 0.0) -> int:
        """Throw away what has arrived or is on its way, until there is a moment's silence.

        Args:
            first: seconds to wait for a first command.

        Returns:
            How many commands there were.
        """
        heard = Heard()
        wait = max(first, _SILENCE)
        deadline = time.monotonic() + wait + _LONGEST_DRAIN
        while time.monotonic() < deadline and self._socket.poll(int(wait * 1000)):
            self._take(heard)
            wait = _SILENCE
        return len(heard.commands)

    def listen(
        self, seconds: float, before: int = 0, check: Callable[[], None] = lambda: None
    ) -> Heard:
        """Listen until the commands are good, one is not finite, or the time is over."""
        heard = Heard(before=before)
        deadline = time.monotonic() + seconds
        while heard.finite and not heard.good:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            if self._socket.poll(int(min(left, 0.5) * 1000)):
                self._take(heard)
            check()
        return heard

    def _take(self, heard: Heard) -> None:
        command = _command(self._socket.recv())
        if command is None:
            heard.unusable += 1
        else:
            heard.commands.append(command)


def _command(message: bytes) -> tuple[float, float] | None:
    try:
        value = json.loads(message)
        return float(value["linear"]), float(value["angular"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
