"""The one link to the V620: a thread of its own, and what was last seen over there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from rovertui.called import called
from rovertui.config import Config
from rovertui.daemon.questions import QuestionDesk
from rovertui.daemon.seen import Seen
from rovertui.errors import OperatorError
from rovertui.remote.checkpoints import Checkpoint, Listing, list_checkpoints
from rovertui.remote.questions import Question
from rovertui.remote.retry import PASSING
from rovertui.remote.server import Server
from rovertui.remote.ssh import Link
from rovertui.snapshot import CheckpointView, ServerView
from rovertui.text import clean, size
from rovertui.workspace import Workspace

log = logging.getLogger(__name__)
T = TypeVar("T")

_LOOK_EVERY = 20.0
_RETRY_AFTER = 0.5
_STARTING = 5.0
"""Seconds in which a server that is started together with us may not answer yet."""


class ServerWatch:
    """Keeps the list of checkpoints fresh and lends the link to jobs, one at a time."""

    def __init__(
        self,
        workspace: Workspace,
        config: Config,
        desk: QuestionDesk,
        on_change: Callable[[], None],
        seen: Seen,
        tell: Callable[[str], None],
    ) -> None:
        self._seen = seen
        self._tell = tell
        self._desk = desk
        self._on_change = on_change
        self.models = workspace.models(config)
        self.server = Server(
            host=config.v620.host,
            port=config.v620.port,
            user=config.v620.user,
            key_file=config.v620.key_file,
            known_hosts=config.v620.known_hosts,
            own_known_hosts=workspace.known_hosts,
            directory=config.v620.directory,
            pattern=config.v620.pattern,
        )
        self.listing: Listing | None = None
        self.listed: float | None = None
        self.state = "waiting" if config.v620.host else "unset"
        self.text = (
            ""
            if config.v620.host
            else f"No training server is set: Set up (:) or `{called()} init` sets v620.host."
        )
        self._declined = False
        self._told: set[str] = set()
        self._thread = ThreadPoolExecutor(1, "v620")
        self._link = Link(self.server, self.ask)
        self._begun = time.monotonic()
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def ask(self, question: Question) -> str | None:
        """Put a question of SSH to whoever is at a screen; declined once, it is not put again."""
        if self._declined:
            return None
        facts = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in question.fields.items())
        text = f"{question.text} ({facts})" if facts else question.text
        value = self._desk.ask(question.kind, text, secret=question.secret)
        self._declined = value is None
        return value

    def own_link(self) -> Link:
        """A link of the caller's own, which it closes; looks and pulls go on beside it."""
        return Link(self.server, self.ask)

    async def watch(self) -> None:
        """Look at the server now and then, for ever."""
        if self.state == "unset":
            return
        wait = _RETRY_AFTER
        while True:
            await self.look()
            wait = _LOOK_EVERY if self.state == "up" else min(wait * 2, _LOOK_EVERY)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)
                wait = _RETRY_AFTER
            self._wake.clear()

    def look_soon(self) -> None:
        """Somebody asks: list again, and put refused questions once more."""
        self._declined = False
        self._wake.set()

    async def look(self) -> None:
        """List the checkpoints once; what went wrong is in ``state`` and ``text``."""
        if self.state in ("waiting", "down"):
            self.state = "connecting"
            self._on_change()
        try:
            self.listing = await self._loop.run_in_executor(self._thread, self._list)
            self.state, self.text = "up", ""
            self.listed = time.time()
            self._announce(self.listing)
            for note in self._link.notes:
                # Every new connection finds it again; once is enough.
                if note not in self._told:
                    self._told.add(note)
                    self._tell(f"V620: {note}.")
        except OperatorError as error:
            if not self._may_be_starting(error):
                self.state, self.text = "down", error.sentence()
        except Exception as error:
            log.exception("listing the server failed")
            self.state, self.text = "down", f"Listing failed: {type(error).__name__}."
        self._on_change()

    def _may_be_starting(self, error: OperatorError) -> bool:
        """Whether it has not been asked for long enough to be called down."""
        young = time.monotonic() - self._begun < _STARTING
        return young and self.listing is None and error.code in PASSING

    def _announce(self, listing: Listing) -> None:
        """What has been finished since the listing before is news; what still grows is not."""
        ready = {c.name: c for c in listing.checkpoints if c.has_onnx and not c.growing}
        for name in self._seen.listed(ready):
            file = ready[name].onnx
            bulk = f" ({size(file.size)})" if file else ""
            self._tell(f"New on the V620: {clean(name, 80)}{bulk}.")

    def looked(self) -> None:
        """Somebody has seen what is new."""
        self._seen.looked()
        self._on_change()

    def _list(self) -> Listing:
        return list_checkpoints(
            self._link, self.server.directory, self.server.pattern, self.listing
        )

    def with_link(self, work: Callable[[Link], T]) -> T:
        """Run ``work`` in the link's thread and wait; called from a job's thread."""
        return self._thread.submit(lambda: work(self._link)).result()

    def close(self) -> None:
        self._link.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def view(self, live: str) -> ServerView:
        """``live`` is the checkpoint in service, by name."""
        checkpoints = self.listing.checkpoints if self.listing else ()
        return ServerView(
            state=self.state,  # type: ignore[arg-type]
            text=self.text,
            name=self.server.host,
            listed=self.listed,
            fresh=self._seen.count,
            checkpoints=[self._checkpoint(found, live) for found in checkpoints[:200]],
        )

    def _checkpoint(self, found: Checkpoint, live: str) -> CheckpointView:
        here: Path = self.models / f"{found.name}.onnx"
        file = found.onnx or found.pt
        if found.onnx is None:
            state = "no onnx"
        elif found.growing:
            state = "growing"
        else:
            state = "here" if here.is_file() else "new"
        return CheckpointView(
            name=found.name,
            step=found.step,
            bytes=file.size if file else 0,
            modified=file.mtime if file else 0.0,
            state=state,  # type: ignore[arg-type]
            live=found.name == live,
            fresh=self._seen.fresh(found.name),
        )
