"""The recorder as the daemon sees it: what it last said, and whether it still says it."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from rovertui.called import called
from rovertui.daemon.children import Child, Message
from rovertui.errors import OperatorError
from rovertui.snapshot import AxisView, CaptureView, CoverageView, StreamView
from rovertui.workspace import Workspace

_STALE_AFTER = 2.0
_PATIENCE_S = 3.0
HUNG_S = 30.0
"""Longer than anything it may wait for between two frames (a ``capture_command``: 20 s)."""
_TREND_EVERY = 0.5
_TREND_LENGTH = 40


class RecorderLink:
    """Turns the recorder's messages into the views of a snapshot."""

    def __init__(
        self,
        workspace: Workspace,
        has_source: bool,
        on_change: Callable[[], None],
        on_notice: Callable[[str], None],
    ) -> None:
        self.has_source = has_source
        self._on_change = on_change
        self._on_notice = on_notice
        self._trends: dict[str, deque[float]] = {}
        self._trended = 0.0
        self._capture = CaptureView()
        self._stream = StreamView()
        self._axes: dict[str, AxisView] = {}
        self.coverage = CoverageView()
        self._asked: dict[int, asyncio.Future[Message]] = {}
        self._numbers_asked = itertools.count(1)
        self._heard = 0.0
        self._last_kept = 0.0
        self._failure = ""
        self.child = Child(
            "recorder",
            [
                sys.executable,
                "-m",
                "rovertui.recorder",
                "--workspace",
                str(workspace.root),
                "--lifeline",
                "{lifeline}",
            ],
            workspace.kept,
            workspace.logs / "recorder.log",
            self._take,
            self._changed,
            patience=HUNG_S,
        )
        self.on_start: Callable[[], None] = lambda: None
        self.on_values: Callable[[dict[str, float]], None] = lambda values: None
        self._was_running = False
        self._restarts = 0
        self.simulated = False

    def _changed(self) -> None:
        if self.child.restarts > self._restarts:
            self._restarts = self.child.restarts
            said = self.child.last_words or "without a word"
            self._on_notice(f"The recorder ended ({said}) and is started again.")
        if self.child.running and not self._was_running:
            self.on_start()
        self._was_running = self.child.running
        self._on_change()

    def _take(self, message: Message) -> None:
        self._heard = time.monotonic()
        kind = message.get("kind")
        if kind == "numbers":
            self._numbers(message)
            self._failure = ""
        elif kind == "kept":
            self._last_kept = time.monotonic()
            self._capture.last = str(message.get("why", ""))
            self._capture.last_name = str(message.get("name", ""))
        elif kind == "removed":
            self._capture.last = str(message.get("text", ""))
            self._capture.last_name = str(message.get("name", ""))
            # How old the last one is now, only the recorder knows.
            self._last_kept = 0.0
        elif kind == "pictures":
            self._arrived(message.get("number"), message)
            return
        elif kind == "answer":
            self._arrived(message.get("ask"), message)
        elif kind == "notice":
            self._on_notice(str(message.get("text", "")))
        elif kind == "failed":
            self._failure = f"{message.get('message', '')} {message.get('hint', '')}".strip()
        self._on_change()

    async def pictures(self, width: int, height: int) -> dict[str, Any]:
        """The newest frame as pictures of at most so many pixels, and its age in seconds.

        Raises:
            OperatorError: there is no frame, or the recorder does not answer.
        """
        if not self.heard_lately:
            raise OperatorError(f"There is no picture. {self.silence()}")
        try:
            found = await self._told({"do": "look", "width": width, "height": height}, "number")
        except asyncio.TimeoutError:
            raise OperatorError("The recorder sent no picture in time.") from None
        if not found.get("pictures"):
            why = "the schema has none" if self._stream.frames else "no frame has come"
            raise OperatorError(f"There is no picture: {why}.")
        return {"pictures": found["pictures"], "age": found.get("age")}

    async def _told(self, command: Message, key: str) -> Message:
        """The recorder's answer to a command, which carries its number under ``key``.

        Raises:
            asyncio.TimeoutError: none came within some seconds.
        """
        number = next(self._numbers_asked)
        waiting: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._asked[number] = waiting
        try:
            self.child.send({**command, key: number})
            return await asyncio.wait_for(waiting, _PATIENCE_S)
        finally:
            self._asked.pop(number, None)

    def _arrived(self, number: object, message: Message) -> None:
        waiting = self._asked.get(number) if isinstance(number, int) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    async def ask(self, command: Message, late: str) -> dict[str, Any]:
        """Have the recorder do something, and wait for what came of it.

        Args:
            late: what to say when nothing came of it within some seconds.

        Raises:
            OperatorError: it could not be done, and why.
        """
        try:
            answer = await self._told(command, "ask")
        except asyncio.TimeoutError:
            return {"text": late}
        if not answer.get("done"):
            raise OperatorError(str(answer.get("text", "")))
        return {"text": str(answer.get("text", ""))}

    def _numbers(self, message: Message) -> None:
        self.simulated = bool(message.get("simulated"))
        self._capture = _merged(self._capture, message.get("capture"), CaptureView)
        self._stream = _merged(self._stream, message.get("stream"), StreamView)
        for axis in message.get("axes", ()):
            if isinstance(axis, dict) and "name" in axis:
                known = self._axes.get(axis["name"])
                self._axes[axis["name"]] = _merged(known, axis, AxisView)
        if message.get("coverage") is not None:
            self.coverage = _merged(None, message["coverage"], CoverageView)
        self.on_values(self._stream.values)
        now = message.get("now", {})
        for name, view in self._axes.items():
            view.now = now.get(name)
        if self._heard - self._trended >= _TREND_EVERY:
            self._trended = self._heard
            for name, value in self._stream.values.items():
                self._trends.setdefault(name, deque(maxlen=_TREND_LENGTH)).append(value)

    @property
    def heard_lately(self) -> bool:
        return self.child.running and time.monotonic() - self._heard < _STALE_AFTER

    def silence(self) -> str:
        """Why nothing is heard from the recorder: a sentence, with what comes of it."""
        if not self.has_source:
            return f"No source of frames is set: Set up (:) or `{called()} init` sets source.kind."
        if self.child.stopping:
            return "The recorder was stopped."
        if self._failure:
            return self._failure
        if self.child.running and self._heard:
            return f"The recorder does not answer: after {HUNG_S:g} s it is killed and restarted."
        return "The recorder is starting."

    @property
    def motion(self) -> Literal["still", "moving", "unknown"]:
        """``still`` only on fresh word from the sensors; silence is not standing still."""
        return self.stream().motion

    def capture(self, wanted: bool) -> CaptureView:
        view = msgspec.structs.replace(self._capture, wanted=wanted)
        if not self.has_source:
            return view
        if view.last_name and self._last_kept:
            view.last_age = time.monotonic() - self._last_kept
        if self.child.stopping:
            view.state, view.text = "off", "the recorder was stopped"
        elif not self._heard and not self._failure:
            view.state, view.text = "starting" if wanted else "off", "the recorder is starting"
        elif not self.heard_lately:
            view.state = "stalled" if wanted else "off"
            view.text = self.silence()
        return view

    def stream(self) -> StreamView:
        if not self.has_source:
            return StreamView(text="no source is set (source.kind in config.toml)")
        trends = {name: list(values) for name, values in self._trends.items()}
        view = msgspec.structs.replace(self._stream, restarts=self.child.restarts, trends=trends)
        if self._failure:
            view.state, view.text, view.motion = "down", self._failure, "unknown"
        elif not self.heard_lately:
            view.state = "stale" if self._heard else "starting"
            view.text = "no word from the recorder" if self._heard else "starting"
            view.motion = "unknown"
            if self._heard:
                view.age = time.monotonic() - self._heard
        return view

    def axes(self) -> list[AxisView]:
        return list(self._axes.values())


def _merged(old: Any, new: Any, kind: Any) -> Any:
    """``old`` with the fields of ``new`` laid over it, checked against ``kind``."""
    if not isinstance(new, dict):
        return old if old is not None else kind()
    base = msgspec.to_builtins(old) if old is not None else {}
    return msgspec.convert({**base, **new}, kind, strict=False)
