"""A new model in the models directory: it is announced, converted or shipped, as configured."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from rovertui.audit import itself
from rovertui.conversion.naming import step_of
from rovertui.daemon.holder import Holder, Params
from rovertui.deployment.arriving import Arrivals, Arrived
from rovertui.errors import OperatorError
from rovertui.jobs import Job
from rovertui.text import clean, size

log = logging.getLogger(__name__)

_LOOK_EVERY = 2.0
_MAKERS = ("convert", "ship")


class ArrivalsWatch:
    """Looks for new models, and does with each once what ``[conversion] on_arrival`` says.

    Args:
        start: starts the job of an operation, as the daemon itself.
        refusal: why an operation cannot be done now.
        tell: keeps a message for the screens.
    """

    def __init__(
        self,
        holder: Holder,
        start: Callable[[str, Params], Job],
        refusal: Callable[[str], str],
        tell: Callable[[str], None],
    ) -> None:
        self._holder = holder
        self._start = start
        self._refusal = refusal
        self._tell = tell
        self._shipped: set[str] = set()
        self._pulled: set[str] = set()
        models = holder.workspace.models(holder.config)
        self._arrivals = Arrivals(models, holder.seen.models)
        self._waiting: list[Arrived] = []

    def took(self, name: str, used: bool) -> None:
        """A job has fetched this model: its end says so. Where it is ``used`` by the same job,
        nothing else is done with it either. From any thread."""
        (self._shipped if used else self._pulled).add(name)

    async def watch(self) -> None:
        while True:
            try:
                await self.look()
            except OSError as error:
                log.warning("arrivals: %s", error)
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self) -> None:
        """Look once, and act on what has arrived."""
        arrived = await asyncio.to_thread(self._arrivals.look)
        # Kept first: a daemon that dies over it does not do it twice.
        self._holder.seen.known_models(dict(self._arrivals.known))
        self._waiting += arrived
        if self._waiting and not self._holder.runner.running("ship", "pull"):
            waiting, self._waiting = self._waiting, []
            self._act(waiting)

    def _act(self, arrived: list[Arrived]) -> None:
        news = [one for one in arrived if one.name not in self._shipped]
        names = {one.name for one in arrived}
        asked = names & self._pulled
        self._shipped -= names
        self._pulled -= names
        what = self._holder.config.conversion.on_arrival
        # Of several at once the newest goes into service, at most.
        newest = max(news, key=lambda one: (step_of(one.name) or -1, one.name), default=None)
        for one in news:
            words = f"New model here: {clean(one.name, 80)} ({size(one.bytes)})"
            words += ", another one than before of that name" if one.replaced else ""
            if what == "notify" or self._made(one.name):
                if one.name not in asked:
                    self._tell(f"{words}. C converts it (screen 3), D deploys what comes out.")
            else:
                self._begin(one.name, words, ship=what == "ship" and one is newest)

    def _made(self, name: str) -> bool:
        """Whether somebody has asked for a conversion of it already."""
        running = self._holder.runner.running(*_MAKERS)
        if running is None:
            return False
        asked = str(running.record.params.get("model", "")).rpartition("/")[2]
        return asked.removesuffix(".onnx") == name

    def _begin(self, name: str, words: str, *, ship: bool) -> None:
        what = "ship" if ship else "convert"
        reason = self._refusal("convert")
        if reason:
            self._tell(f"{words}. It is not converted by itself (on_arrival): {reason}")
            return
        try:
            self._holder.audit.add(itself(), "arrival", "asked", model=name, on_arrival=what)
            job = self._start("convert", {"model": name, "deploy": ship, "unattended": True})
        except OperatorError as error:
            self._tell(f"{words}. It is not converted by itself: {error.sentence()}")
            return
        then = "converted, and shipped if every check passes" if ship else "converted"
        self._tell(f"{words}. It is {then} (on_arrival, job {job.record.id}).")
