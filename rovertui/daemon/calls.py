"""What clients ask of the daemon: each call answered, what was asked for said and recorded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec

from rovertui.audit import Caller
from rovertui.catalogue import BY_ID
from rovertui.daemon import naming
from rovertui.daemon.actions import Actions
from rovertui.daemon.holder import Holder, text_of
from rovertui.daemon.looks import Looks
from rovertui.daemon.messages import Messages
from rovertui.daemon.refusals import already
from rovertui.errors import OperatorError
from rovertui.text import clean

log = logging.getLogger(__name__)

_ONLY_LOOKS = ("server.list", "server.seen", "rovers")


class Calls:
    """Args:
    refusals: why operations cannot be done now, with a model by this name.
    tell: says what happened up to now.
    changed: told that what a snapshot shows is different.

    Attributes:
        stopped_by: who asked for the daemon's end.
    """

    def __init__(
        self,
        holder: Holder,
        actions: Actions,
        messages: Messages,
        refusals: Callable[[str], dict[str, str]],
        tell: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        self._holder = holder
        self._actions = actions
        self._messages = messages
        self._refusals = refusals
        self._tell = tell
        self._changed = changed
        self._looks = Looks(holder.workspace, holder.config)
        self.stopped_by = "a signal to its process"

    async def answer(self, method: str, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one call of a client."""
        holder = self._holder
        if method == "do":
            return await self._do(params, caller)
        if method == "events":
            job = holder.runner.book.get(_whole(params, "job"))
            events, total = await asyncio.to_thread(
                job.read, _whole(params, "start"), _whole(params, "count")
            )
            return {"events": events, "total": total}
        if method == "job":
            job = holder.runner.book.get(_whole(params, "job"))
            view: dict[str, Any] = msgspec.to_builtins(job.view())
            return view
        if method == "look" and params.get("what") == "picture" and not params.get("name"):
            width, height = _whole(params, "width"), _whole(params, "height")
            return await holder.recorder.pictures(width, height)
        if method == "look":
            return await asyncio.to_thread(self._looks.look, params)
        if method == "messages":
            if params.get("read") is True:
                self._messages.mark_read()
                self._changed()
            return {"messages": msgspec.to_builtins(self._messages.read())}
        if method == "answer":
            value = params.get("value")
            if value is not None and not isinstance(value, str):
                raise OperatorError("answer: expected text or nothing.", code="protocol")
            return await asyncio.to_thread(self._answer, _whole(params, "question"), value, caller)
        raise OperatorError(f"There is no method {clean(method, 60)!r}.", code="protocol")

    def _answer(self, number: int, value: str | None, caller: Caller) -> dict[str, Any]:
        """Take an answer; that there was one is recorded, a secret never."""
        desk = self._holder.desk
        question = next((view for view in desk.views() if view.id == number), None)
        if question is None:
            return {"taken": False}
        said = {} if question.secret or value is None else {"answer": value}
        self._holder.audit.add(
            caller,
            "question",
            "declined" if value is None else "answered",
            kind=question.kind,
            text=question.text,
            **said,
        )
        return {"taken": desk.answer(number, value)}

    async def _do(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        holder = self._holder
        name = params.get("operation")
        given = params.get("params") or {}
        if not isinstance(name, str) or name not in BY_ID or not isinstance(given, dict):
            raise OperatorError(f"There is no operation {clean(str(name), 60)!r}.", code="unknown")
        log.info("asked for %s %s", name, {k: v for k, v in given.items() if v})
        asked = _asked(name, given, caller)
        try:
            if so := already(holder, name, given):
                return {"text": so}
            # What would have to be done first is known best for the one that is named.
            given = await naming.settled(holder, name, given)
            reason = self._refusals(text_of(given, "model")).get(name, "")
            if reason:
                raise OperatorError(reason)
            if name == "daemon.stop":
                self.stopped_by = f"{caller.user} ({caller.face})"
            done = await self._actions.do(name, given, caller)
        except OperatorError as error:
            # Whoever asked has read it; kept for the others, and no warning.
            self._messages.say(f"{asked} REFUSED: {error.sentence()}")
            raise
        if name not in _ONLY_LOOKS:
            self._tell()
            self._messages.say(f"{asked} {_answered(done)}".rstrip())
        self._changed()
        return done


def _asked(name: str, params: dict[str, Any], caller: Caller) -> str:
    """Who asked for what: ``Deploy NAME (op, screen):``."""
    words = [
        clean(str(params[key]), 80)
        for key in ("checkpoint", "model", "precision", "to", "session", "label")
        if params.get(key)
    ]
    return f"{' '.join([BY_ID[name].title, *words])} ({caller.user}, {caller.face}):"


def _answered(done: dict[str, Any]) -> str:
    job = done.get("job")
    return f"job {job} runs." if job is not None else clean(str(done.get("text") or "done."), 300)


def _whole(params: dict[str, Any], name: str) -> int:
    value = params.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise OperatorError(f"{name}: expected a whole number, found {value!r}.", code="protocol")
    return value
