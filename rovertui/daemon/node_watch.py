"""Asks the node now and then which file it loads: somebody else may have told it another one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from rovertui.conversion.naming import split
from rovertui.deployment.entry import MODEL
from rovertui.deployment.node import Node
from rovertui.deployment.place import Place
from rovertui.snapshot import LiveView
from rovertui.text import clean

_ASK_EVERY = 30.0
_SHARE = 0.02
"""Most of the time that asking may take: a `ros2` command is no small thing on a rover."""


class NodeWatch:
    """What the node says it loads, where it can be asked.

    Args:
        place: where models go into service.
        on_news: called in the event loop when the answer has changed.
    """

    def __init__(self, place: Place, on_news: Callable[[], None]) -> None:
        self._place = place
        self._node = Node(place.node, place.root)
        self._on_news = on_news
        self._elsewhere: tuple[object, Path] | None = None
        """What it loads instead of ours, and as of which turn of the switch."""

    async def watch(self) -> None:
        """Ask for ever; not at all where the node cannot be asked."""
        if not self._place.node.model_path_command:
            return
        while True:
            began = time.monotonic()
            before = self._elsewhere
            await asyncio.to_thread(self.ask)
            if self._elsewhere != before:
                self._on_news()
            await asyncio.sleep(max(_ASK_EVERY, (time.monotonic() - began) / _SHARE))

    def ask(self) -> None:
        """Ask once. Silence is no news; neither is what was true only during a deployment."""
        switch, journal = self._place.switch, self._place.journal
        number, turn = switch.current(), switch.turn()
        if number is None or journal.exists():
            return
        expected = (switch.shelf.directory(number) / MODEL).resolve()
        if not expected.is_file() or self._node.present() is False:
            return
        path = self._node.model_path()
        if path is None or journal.exists() or switch.turn() != turn:
            return
        self._elsewhere = None if path == expected else (turn, path)

    def judge(self, live: LiveView) -> LiveView:
        """What is live, the node's own word included."""
        if self._elsewhere is None or live.state not in ("seen", "believed", "next start"):
            return live
        turn, path = self._elsewhere
        if self._place.switch.turn() != turn:
            return live
        name = clean(path.stem, 120)
        return LiveView(
            state="not ours",
            name=name,
            precision=split(name)[1],
            text=f"the node says it loads {clean(str(path), 200)}, which {live.name} is not: set "
            "its model path to our link again, or deploy",
            previous=live.previous,
        )
