"""Carries out a plan: asks what must be asked first, sends the request, says how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from textual.app import App

from rovertui.client import DaemonSilent
from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from rovertui.text import clean
from rovertui.ui.plans.plan import Ask, Confirm, Plan, Refused, Request
from rovertui.ui.screens.ask import AskScreen
from rovertui.ui.screens.confirm import ConfirmScreen
from rovertui.ui.session import GONE, LOST, Session
from rovertui.ui.state import State
from rovertui.ui.words import ACTIVE, cancellable, job_sentence
from widgets.rows import Piece


class Dispatcher:
    """Args:
    say: puts a line, and its style, where the operator looks for results.
    """

    def __init__(
        self, app: App[Any], session: Session, state: State, say: Callable[[str, str], None]
    ) -> None:
        self._app, self._session, self._state, self._say = app, session, state, say
        self._planned: Callable[[], Plan] | None = None

    def follow(self, planned: Callable[[], Plan]) -> None:
        """Carry out what ``planned`` makes of what is shown; a question is kept up to date."""
        plan, self._planned = planned(), planned
        if isinstance(plan, Refused):
            self._say(plan.reason, "warn")
        elif isinstance(plan, Confirm):
            self._confirm(plan)
        elif isinstance(plan, Ask):
            self._ask(plan)
        else:
            self.send(plan)

    def send(self, request: Request) -> None:
        self._say(request.saying, "")
        if request.operation == "coverage.unreachable":
            # It leaves the list later: the same key once more would put aside what follows it.
            self._state.unchosen = True
        self._app.run_worker(self._send(request), exit_on_error=False)

    def _confirm(self, plan: Confirm) -> None:
        box = ConfirmScreen(plan)

        def answered(yes: bool | None) -> None:
            if yes:
                self.send(box.confirm.request)
            elif yes is False:
                self._say("Nothing was changed.", "")

        self._app.push_screen(box, answered)

    def look_again(self, snapshot: Snapshot) -> None:
        """Say in an open question what is so now; take away the one whether to cancel a job
        that cannot be cancelled any more."""
        box = self._app.screen
        if not isinstance(box, ConfirmScreen):
            return
        if box.confirm.job is not None:
            if not any(job.id == box.confirm.job and cancellable(job) for job in snapshot.jobs):
                box.dismiss(None)
            return
        now = self._planned() if self._planned else None
        if isinstance(now, Confirm) and _permits_no_more(now.request, box.confirm.request):
            box.ask(now)

    def _ask(self, plan: Ask) -> None:
        def typed(value: str | None) -> None:
            if value is None:
                self._say("Nothing was changed.", "")
            else:
                params = {**plan.request.params, plan.name: value}
                self.send(replace(plan.request, params=params))

        self._app.push_screen(AskScreen(plan), typed)

    async def _send(self, request: Request) -> None:
        try:
            reply = await self._session.do(request.operation, request.params)
        except DaemonSilent:
            self._say(f"{request.saying} no answer came: it may still be done, or not.", "bad")
            return
        except OperatorError as error:
            self._say(clean(error.sentence()), "bad")
            return
        except LOST:
            if request.operation != "daemon.stop":
                self._say(f"{request.saying} not done: {GONE}.", "bad")
                return
            reply = {}
        if request.operation == "daemon.stop":
            # Staying would connect again, and so start the daemon that was just stopped.
            text = clean(str(reply.get("text", "")))
            self._app.exit(0, message=f"The daemon has stopped. {text}".rstrip())
            return
        if request.operation.startswith(("sample.", "session.")):
            for each in self._state.lists.values():
                each.looked = None
        self._say(*_accepted(request, reply, self._state.snapshot))


def _permits_no_more(now: Request, asked: Request) -> bool:
    """Whether who says yes to ``asked`` has said yes to ``now``: a key may be on its way."""
    same = now.operation == asked.operation
    return same and all(asked.params.get(name) == now.params[name] for name in now.params)


def _accepted(request: Request, reply: dict[str, Any], snapshot: Snapshot | None) -> Piece:
    if text := reply.get("text"):
        return clean(str(text)), "good"
    number = reply.get("job")
    saying = request.saying.removesuffix(" ...")
    if number is None:
        return f"{saying}: done", "good"
    jobs = snapshot.jobs if snapshot else []
    job = next((job for job in jobs if job.id == number), None)
    if job is not None and job.state not in ACTIVE:
        # It ended before the answer to its beginning was read.
        return job_sentence(job)
    return f"{saying}: job {number} runs", "good"
