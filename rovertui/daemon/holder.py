"""What operations may use of the daemon: the service fills it, they never know the service."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from rovertui.audit import Audit
from rovertui.config import Config
from rovertui.daemon.models_watch import ModelsWatch
from rovertui.daemon.questions import QuestionDesk
from rovertui.daemon.recorder_link import RecorderLink
from rovertui.daemon.relay_link import RelayLink
from rovertui.daemon.runner import Runner
from rovertui.daemon.seen import Seen
from rovertui.daemon.server_watch import ServerWatch
from rovertui.daemon.state import Wanted
from rovertui.errors import OperatorError
from rovertui.snapshot import RoverView
from rovertui.workspace import Workspace


class Holder(Protocol):
    """The parts of one workspace's daemon."""

    workspace: Workspace
    config: Config
    loop: asyncio.AbstractEventLoop
    stopping: asyncio.Event
    wanted: Wanted
    audit: Audit
    desk: QuestionDesk
    runner: Runner
    recorder: RecorderLink
    relay: RelayLink
    watch: ServerWatch
    models: ModelsWatch
    seen: Seen
    rovers: list[RoverView]

    def took(self, name: str, used: bool) -> None:
        """A job has fetched this model, and goes on with it where it is ``used``. From any
        thread."""

    def want(self, **changes: Any) -> None:
        """Keep a wish on disk before anything acts on it."""

    def begin_anew(self) -> None:
        """End in good order and serve again, with the configuration as it is then."""


Params = dict[str, Any]


def text_of(params: Params, name: str) -> str:
    """A parameter that is text; empty when it was not given. OperatorError otherwise."""
    value = params.get(name) or ""
    if not isinstance(value, str) or "\0" in value:
        raise _wrong(name, "text", value)
    return value


def flag_of(params: Params, name: str) -> bool:
    """A parameter that is true or false; false when it was not given."""
    value = params.get(name) or False
    if not isinstance(value, bool):
        raise _wrong(name, "true or false", value)
    return value


def whole_of(params: Params, name: str) -> int:
    """A parameter that is a whole number from 0 on; 0 when it was not given."""
    value = params.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _wrong(name, "a whole number", value)
    return value


def _wrong(name: str, expected: str, found: object) -> OperatorError:
    return OperatorError(f"{name}: expected {expected}, found {found!r}.", code="protocol")
