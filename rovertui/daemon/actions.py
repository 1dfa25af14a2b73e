"""What each operation does that is done at once; the others are started as jobs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from rovertui import config_edit
from rovertui.audit import Caller, itself
from rovertui.called import called
from rovertui.config import Config
from rovertui.daemon import samples
from rovertui.daemon.holder import Holder, Params, text_of
from rovertui.daemon.job_starts import JobStarts
from rovertui.errors import OperatorError
from rovertui.jobs import Job
from rovertui.keys.own import remapped
from rovertui.relay.address import check_tap
from rovertui.text import clean


class Actions:
    """The operations of the catalogue, bound to one daemon."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._jobs = JobStarts(holder)
        self._now: dict[str, Callable[[Params], str | None]] = {
            "capture.on": self._capture_on,
            "capture.check": self._capture_check,
            "capture.off": self._capture_off,
            "coverage.unreachable": lambda params: samples.mark(holder, params, True),
            "coverage.reachable": lambda params: samples.mark(holder, params, False),
            "drive.park": lambda params: self._park(True),
            "drive.go": lambda params: self._park(False),
            "relay.stop": lambda params: self._relay(False),
            "relay.start": lambda params: self._relay(True),
            "server.list": lambda params: self._look_again(),
            "server.seen": lambda params: holder.watch.looked(),
            "cancel": self._cancel,
            "daemon.stop": self._stop,
        }
        self._slow: dict[str, Callable[[Params], dict[str, Any]]] = {
            "sample.trash": lambda params: samples.discard_one(holder, params),
            "sample.restore": lambda params: samples.restore_one(holder, params),
            "session.label": lambda params: samples.label(holder, params),
            "session.trash": lambda params: samples.discard(holder, params),
            "session.restore": lambda params: samples.restore(holder, params),
        }
        self._decisions: dict[str, Callable[[Params, Caller], dict[str, Any]]] = {
            "pin": lambda params, caller: self._pin(params, True),
            "unpin": lambda params, caller: self._pin(params, False),
            "decide": self._decide,
            "config.set": lambda params, caller: self._configure(params),
        }

        self._asked: dict[str, Callable[[Params], Awaitable[dict[str, Any]]]] = {
            "sample.keep": lambda params: samples.keep(holder, params),
            "sample.undo": lambda params: samples.undo(holder, params),
        }

    def start_itself(self, name: str, params: Params) -> Job:
        """Start the job of an operation that nobody asked for."""
        return self._jobs.start(name, params, itself())

    async def do(self, name: str, params: Params, caller: Caller) -> dict[str, Any]:
        """Do an operation, its names settled (`naming`); jobs are started and named."""
        if name in self._now:
            text = self._now[name](params)
            return {"text": text} if text else {}
        if name in self._asked:
            return await self._asked[name](params)
        if name in self._slow:
            return await asyncio.to_thread(self._slow[name], params)
        if name in self._decisions:
            return await asyncio.to_thread(self._on_record, name, params, caller)
        return {"job": self._jobs.start(name, params, caller).record.id}

    def _capture_on(self, params: Params) -> str:
        return f"Recording into session {clean(self._record(params, checking=False), 40)}."

    def _capture_check(self, params: Params) -> str:
        session = clean(self._record(params, checking=True), 40)
        return f"Recording for checking only, into session {session}."

    def _record(self, params: Params, *, checking: bool) -> str:
        """Have a session recorded from now on; returns its name."""
        session = text_of(params, "session") or time.strftime("%Y%m%d-%H%M%S")
        self._holder.want(capture=True, session=session, checking=checking)
        self._holder.recorder.child.send(self._holder.wanted.recording())
        return session

    def _capture_off(self, params: Params) -> str:
        self._holder.want(capture=False)
        self._holder.recorder.child.send({"do": "capture", "on": False})
        return "Recording ends."

    def _park(self, parked: bool) -> str:
        self._holder.want(parked=parked)
        self._holder.recorder.child.send({"do": "park", "on": parked})
        if self._holder.recorder.stream().kind == "replay":
            return "The replay pauses." if parked else "The replay goes on."
        return "The rover parks." if parked else "The rover drives on."

    def _relay(self, on: bool) -> str:
        self._holder.want(relay=on)
        self._holder.relay.look()
        if on:
            return "The relay starts."
        # One that is down is tried again and again for as long as it is wanted.
        return "The relay stops." if self._holder.relay.runs else "No relay is started any more."

    def _look_again(self) -> str:
        self._holder.watch.look_soon()
        return "The V620 is asked for its checkpoints."

    def _stop(self, params: Params) -> str:
        """End the daemon; what goes on without it is said, and how it is ended too."""
        self._holder.stopping.set()
        pid = self._holder.relay.view().pid
        if not pid:
            return ""
        return (
            f"The relay goes on (process {pid}), because the collector needs it. To end it too: "
            f"`{called()} relay stop`, then `{called()} daemon stop` again."
        )

    def _cancel(self, params: Params) -> str:
        number = params.get("job")
        if number is None:
            job = self._holder.runner.running()
            assert job is not None
            number = job.record.id
        if not isinstance(number, int):
            raise OperatorError(f"job: expected a number, found {number!r}.", code="protocol")
        self._holder.runner.cancel(number)
        return f"Job {number} was told to stop."

    def _configure(self, params: Params) -> dict[str, Any]:
        """Write settings; the daemon begins anew with them once this is answered."""
        settings = params.get("settings")
        if not isinstance(settings, dict) or not settings:
            raise OperatorError(
                "settings: expected SECTION.KEY and a value, at least one.", code="protocol"
            )

        def check(config: Config) -> None:
            # Only what is set is judged: an address that was wrong before keeps nothing else.
            if any(name.startswith("tap.") for name in settings):
                check_tap(config.tap)
            if any(name.startswith("keys.") for name in settings):
                remapped(config.keys)

        config_edit.write(self._holder.workspace.config_path, settings, check)
        self._holder.begin_anew()
        return {"text": f"{', '.join(sorted(settings))} written; the daemon begins anew."}

    def _on_record(self, name: str, params: Params, caller: Caller) -> dict[str, Any]:
        """What is decided at once is a line of the audit log before it is done, and one after."""
        known = {key: value for key, value in params.items() if value}
        work = self._decisions[name]
        return self._holder.audit.around(caller, name, known, lambda: work(params, caller))

    def _decide(self, params: Params, caller: Caller) -> dict[str, Any]:
        from rovertui.operations import checking

        key, value = text_of(params, "key"), text_of(params, "value")
        if not key:
            key, _, value = text_of(params, "answer").strip().partition(" ")
        holder = self._holder
        made = checking.decide(holder.workspace, holder.config, key, value.strip(), who=caller.user)
        holder.models.look_soon()
        return {"text": f"{holder.config.capture.schema}: {clean(key, 80)} = {made.text}"}

    def _pin(self, params: Params, pinned: bool) -> dict[str, Any]:
        wanted = text_of(params, "model")
        if not wanted:
            raise OperatorError("Which model? Name a kept one.", hint=f"`{called()} history`")
        return {"text": self._holder.models.pin(wanted, pinned)}
