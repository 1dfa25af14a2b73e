"""Models that are here, the live one and what was decided, looked at when it may have changed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from rovertui.audit import Audit, Deciders
from rovertui.config import Config
from rovertui.daemon.node_watch import NodeWatch
from rovertui.daemon.seen import Seen
from rovertui.deployment.activate import clean_up, pin
from rovertui.deployment.inventory import Inventory
from rovertui.errors import OperatorError
from rovertui.operations.context import place_of
from rovertui.snapshot import HistoryView, LiveView, ModelView
from rovertui.workspace import Workspace

log = logging.getLogger(__name__)

_LOOK_EVERY = 2.0
_SHOWN = 50


class ModelsWatch:
    """Keeps views of models and of the live one; other programs may change both."""

    def __init__(
        self,
        workspace: Workspace,
        config: Config,
        on_change: Callable[[], None],
        seen: Seen,
        tell: Callable[[str], None],
    ) -> None:
        self._workspace = workspace
        self._place = place_of(workspace, config)
        self._inventory = Inventory(self._place.models, config.node.link, self._place.journal)
        self._who = Deciders(Audit(workspace.audit))
        self._on_change = on_change
        self._seen = seen
        self._tell = tell
        self._wake = asyncio.Event()
        self.node = NodeWatch(self._place, self.look_soon)
        self.views: list[ModelView] = []
        self.live = LiveView()
        self.history: list[HistoryView] = []
        self.live_checkpoint = ""
        self.decided = 0.0

    def recover(self, tell: Callable[[str], None]) -> None:
        """Finish or undo what an earlier daemon left half deployed."""
        try:
            done = clean_up(self._place)
        except (OperatorError, OSError) as error:
            log.warning("recovery of the deployment: %s", error)
            done = f"What was left of a deployment could not be cleared: {error}"
        if done:
            tell(done)

    async def watch(self) -> None:
        """Look now and then, and at once when told to."""
        while True:
            await self.look()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _LOOK_EVERY)
            self._wake.clear()

    def look_soon(self) -> None:
        self._wake.set()

    async def look(self) -> None:
        try:
            views, live, history, decided = await asyncio.to_thread(self._read)
        except OSError as error:
            log.warning("the models directory cannot be read: %s", error)
            return
        self._notice(live)
        if (views, live, history, decided) != (self.views, self.live, self.history, self.decided):
            self.views, self.live, self.history = views, live, history
            self.decided = decided
            # The file that was deployed may have been built anew since, and so not be live.
            built = next((view.checkpoint for view in views if view.live), "")
            self.live_checkpoint = built or live.checkpoint
            self._on_change()

    def _notice(self, live: LiveView) -> None:
        """Somebody else's change of the live model is announced once."""
        if live.state == "switching":
            return
        foreign = f"{live.name}: {live.text}" if live.state == "not ours" else ""
        if self._seen.foreign(foreign):
            self._tell(f"Live, not ours: {foreign}")

    def pin(self, wanted: str, pinned: bool) -> str:
        """Keep an entry for good, or no longer; what was done, in words."""
        done = pin(self._place, wanted, pinned)
        self.look_soon()
        return done

    def _read(self) -> tuple[list[ModelView], LiveView, list[HistoryView], float]:
        inventory = self._inventory
        views, linked = inventory.models(), inventory.live_view()
        live = self.node.judge(linked)
        if live is not linked:
            for view in views:
                view.live = view.earlier_live = False
        history = inventory.history()[:_SHOWN]
        for past in history:
            past.by = self._who(past.job) if past.ours else ""
            past.again_by = self._who(past.again_job) if past.again_job else ""
        try:
            decided = self._workspace.decisions.stat().st_mtime
        except FileNotFoundError:
            decided = 0.0
        return views, live, history, decided
