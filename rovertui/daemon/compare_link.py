"""The comparison with the float model as the daemon sees it: run while it can tell something."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from rovertui.config import Config
from rovertui.daemon.children import Child, Message
from rovertui.snapshot import CompareView, LiveView, StreamView
from rovertui.workspace import Workspace

_LOOK_EVERY_S = 0.5
_GO_ON_S = 10.0
_SILENT_S = 8.0
_LIVE = ("seen", "believed")


class CompareLink:
    """Runs ``rovertui.compare`` while a model is live and frames come, and tells what it says.

    Args:
        place: the recorder's outlet of frames.
        live, stream: what they are now.
        on_warning: told once when the two begin to disagree, in a sentence.
    """

    def __init__(
        self,
        workspace: Workspace,
        config: Config,
        place: Path,
        live: Callable[[], LiveView],
        stream: Callable[[], StreamView],
        on_change: Callable[[], None],
        on_warning: Callable[[str], None],
    ) -> None:
        self._workspace = workspace
        self._config = config
        self._place = place
        self._live = live
        self._stream = stream
        self._on_change = on_change
        self._on_warning = on_warning
        self._heard = CompareView(state="starting")
        self._heard_at = 0.0
        self._why = ""
        self.child: Child | None = None

    def view(self) -> CompareView:
        if self._why:
            return CompareView(state="off", text=self._why)
        view = msgspec.structs.replace(self._heard)
        if self._heard_at:
            view.age = time.monotonic() - self._heard_at
            if view.age > _SILENT_S and view.state != "off":
                return CompareView(state="starting", text="no word from the comparison")
        elif not view.text:
            view.text = "the float model is being loaded"
        return view

    async def watch(self) -> None:
        """Until cancelled: start and end the process as it is needed."""
        task: asyncio.Task[None] | None = None
        wanted_at = float("-inf")
        try:
            while True:
                why = self.why_not()
                if why != self._why:
                    self._why = why
                    self._on_change()
                now = time.monotonic()
                wanted_at = wanted_at if why else now
                if not why and task is None:
                    task = asyncio.create_task(self._start().supervise())
                elif task is not None and now - wanted_at > _GO_ON_S:
                    await self._stop(task)
                    task = None
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            if task is not None:
                await self._stop(task)

    def why_not(self) -> str:
        """Why there is nothing to compare now; empty when there may be."""
        node, live, stream = self._config.node, self._live(), self._stream()
        if not node.compare:
            return "switched off: node.compare is 0 in config.toml"
        if live.state == "next start":
            return "the model is set for the node's next start; whether a node has it is not known"
        if live.state not in _LIVE:
            return "no model of ours is known to be live"
        if stream.kind == "replay":
            return "a replay is not what the node sees"
        if stream.kind == "directory":
            return "the collector's files are too few to be compared"
        if not node.commands and stream.kind != "ros":
            return 'the node cannot be heard: set node.commands, or source.kind = "ros"'
        return "" if stream.state == "live" else "no frames come"

    def _start(self) -> Child:
        self._heard, self._heard_at = CompareView(state="starting"), 0.0
        self.child = Child(
            "compare",
            [
                *(sys.executable, "-m", "rovertui.compare"),
                *("--workspace", str(self._workspace.root)),
                *("--frames", str(self._place)),
                *("--lifeline", "{lifeline}"),
            ],
            self._workspace.kept,
            self._workspace.logs / "compare.log",
            self._take,
            self._on_change,
        )
        return self.child

    async def _stop(self, task: asyncio.Task[None]) -> None:
        if self.child is not None:
            await self.child.stop()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self.child = None

    def _take(self, message: Message) -> None:
        if message.get("kind") != "compared":
            return
        view = _view(message.get("view"))
        if view is None:
            return
        if view.state == "disagrees" != self._heard.state:
            self._on_warning(f"{view.text[0].upper()}{view.text[1:]}.")
        self._heard, self._heard_at = view, time.monotonic()
        self._on_change()


def _view(given: Any) -> CompareView | None:
    try:
        return msgspec.convert(given, CompareView, strict=False)
    except msgspec.ValidationError:
        return None
