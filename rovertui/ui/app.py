"""The application: the state flows down to the screens, what the operator wants flows up."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from typing import Any

from textual import messages, on
from textual.app import App
from textual.timer import Timer
from textual.worker import Worker, WorkerState

from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from rovertui.text import clean
from rovertui.ui import actions, bell, copying, job_view, look, signals, words
from rovertui.ui.keys import BY_NAME
from rovertui.ui.line_speed import ASK_EVERY, QUESTION, LineSpeed
from rovertui.ui.link import ClientFactory
from rovertui.ui.look import Look
from rovertui.ui.screens.ask import AskScreen
from rovertui.ui.screens.base import FullScreen, Wanted
from rovertui.ui.screens.confirm import ConfirmScreen
from rovertui.ui.screens.drive import DriveScreen
from rovertui.ui.screens.help import HelpScreen
from rovertui.ui.screens.log import LogScreen
from rovertui.ui.screens.machine import MachineScreen
from rovertui.ui.screens.models import ModelsScreen
from rovertui.ui.screens.notices import NoticesScreen
from rovertui.ui.screens.palette import PaletteScreen
from rovertui.ui.screens.question import QuestionScreen
from rovertui.ui.screens.set import SetScreen
from rovertui.ui.session import GONE, LOST, Session
from rovertui.ui.state import State
from widgets.glyphs import ASCII, UNICODE


class RoverApp(App[int]):
    """The screen of one workspace."""

    CSS_PATH = "rovertui.tcss"
    ENABLE_COMMAND_PALETTE = False
    TITLE = "rovertui"
    draw_every = 0.2
    """Seconds between two drawings of what the daemon pushes: the eye needs no more, and a slow
    line turns bytes into key latency. What a key does is drawn at once."""

    def __init__(
        self,
        client_factory: ClientFactory,
        workspace: str,
        *,
        ascii: bool = False,
        looks: Look | None = None,
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        self.look = looks or Look()
        self.register_theme(look.SAFE)
        self.theme = look.THEMES[self.look.theme]
        self.state = State(
            workspace=clean(workspace),
            glyphs=ASCII if ascii else UNICODE,
            keys=self.look.keys,
            sparing=self.look.sparing,
        )
        self._folder = workspace
        self.session = Session(client_factory, self._receive, self._lost)
        self.state.fetch = self.session.events
        self._asked: set[int] = set()
        self._jobs_running: dict[int, str] = {}
        self._notices: list[str] = []
        self._drawn = 0.0
        self._drawing: Timer | None = None
        self._screens: dict[str, FullScreen] = {}
        self._line_speed = LineSpeed(time.monotonic)
        self._status_drawn = False

    def on_mount(self) -> None:
        signals.install(self._leave)
        self.set_keymap(
            {name: key for name, key in self.look.keys.items() if key != BY_NAME[name].key}
        )
        self._screens = {
            "drive": DriveScreen(self.state),
            "set": SetScreen(self.state),
            "models": ModelsScreen(self.state),
            "machine": MachineScreen(self.state),
        }
        for name, screen in self._screens.items():
            self.install_screen(screen, name)
        # Made once: what Textual keeps of a screen that is made and removed again adds up.
        self.install_screen(LogScreen(self.state), "log")
        self.push_screen("drive")
        self._listen()
        self.set_interval(1.0, self._tick)
        if not self.is_headless and not self.look.sparing:
            self.set_interval(ASK_EVERY, self._ask_line)

    def _listen(self) -> None:
        self.run_worker(self.session.run(), exit_on_error=False, name="session")

    def _leave(self, code: int) -> None:
        self.exit(code)

    def _tick(self) -> None:
        """Ages grow although nothing new comes, and a result is read after a while."""
        if self.state.late or (self._status_drawn and not self.state.status_is_fresh):
            self._show()

    def _ask_line(self) -> None:
        """Time the terminal's answer to a question that changes nothing."""
        if self._driver is not None and self._line_speed.ask():
            self._driver.write(QUESTION)
        self._spare()

    def on_terminal_supports_synchronized_output(
        self, message: messages.TerminalSupportsSynchronizedOutput
    ) -> None:
        self._line_speed.answered()
        self._spare()

    def _spare(self) -> None:
        """Draw less on a slow line, and say so once."""
        slow = self._line_speed.pause > 0
        if self.look.sparing or slow == self.state.sparing:
            return
        self.state.sparing = slow
        if self.state.sparing:
            self._say(
                f"Slow line ({self._line_speed.seconds:.1f} s): fewer updates, no trends.", "warn"
            )

    @property
    def _draw_pause(self) -> float:
        """Seconds between two drawings of what is pushed."""
        return max(self.draw_every, 1.0 if self.look.sparing else self._line_speed.pause)

    def _show_soon(self) -> None:
        """Draw now or, having drawn just before, as soon as it is time again."""
        wait = self._drawn + self._draw_pause - time.monotonic()
        if wait <= 0:
            self._show()
        elif self._drawing is None:
            self._drawing = self.set_timer(wait, self._show)

    def _show(self) -> None:
        """Draw the screen that is seen, and the one that shows behind a box."""
        if not self.is_running or self._exit:
            return
        self._drawn = time.monotonic()
        self._status_drawn = self.state.status_is_fresh
        if self._drawing is not None:
            self._drawing.stop()
            self._drawing = None
        with self.batch_update():
            for screen in self.screen_stack[-2:]:
                show = getattr(screen, "show", None)
                if show is not None and screen.is_running and screen.is_current:
                    show()

    def _say(self, text: str, style: str = "") -> None:
        self.state.say(text, style)
        self._show()

    def _receive(self, snapshot: Snapshot) -> None:
        again = bool(self.state.gone) and self.state.snapshot is not None
        if self.look.bell and bell.rings(self.state.snapshot, snapshot):
            self.bell()
        self.state.receive(snapshot)
        if again:
            self.state.say("Connected again.", "good")
        self._tell_notice(snapshot)
        self._tell_ended(snapshot)
        self._ask(snapshot)
        self._show_soon()

    def _lost(self, reason: str) -> None:
        self.state.gone = reason
        self._show()

    def _tell_notice(self, snapshot: Snapshot) -> None:
        """A notice of the daemon is said once, when it is new here."""
        if snapshot.notices and snapshot.notices != self._notices:
            self.state.say(snapshot.notices[-1], "warn")
        self._notices = list(snapshot.notices)

    def _tell_ended(self, snapshot: Snapshot) -> None:
        """One line when a job ends, on whatever screen; its model becomes the selected one."""
        for job in snapshot.jobs:
            if job.id in self._jobs_running and job.state not in words.ACTIVE:
                text, style = words.job_sentence(job)
                self.state.say(text, style)
                if made := job_view.made(job):
                    self.state.model, self.state.side = made, "here"
        self._jobs_running = {
            job.id: job.state for job in snapshot.jobs if job.state in words.ACTIVE
        }

    def _ask(self, snapshot: Snapshot) -> None:
        """Show the daemon's first open question; take away one that another client answered."""
        open_now = {question.id for question in snapshot.questions}
        self._asked &= open_now
        for screen in self.screen_stack:
            if isinstance(screen, QuestionScreen):
                if screen.question.id not in open_now and screen is self.screen:
                    screen.dismiss(None)
                return
        for question in snapshot.questions:
            if question.id not in self._asked:
                self._asked.add(question.id)
                self.push_screen(QuestionScreen(question), self._answered)
                return

    def _answered(self, answer: tuple[int, str | None] | None) -> None:
        if answer is not None:
            self.run_worker(self._answer(*answer), exit_on_error=False)

    async def _answer(self, question: int, value: str | None) -> None:
        try:
            await self.session.answer(question, value)
        except OperatorError as error:
            self._say(clean(error.sentence()), "bad")
        except LOST:
            self._say(f"The answer did not arrive: {GONE}.", "bad")

    @on(Wanted)
    def _wanted(self, message: Wanted) -> None:
        self.perform(message.command)

    def perform(self, name: str) -> None:
        """Carry out a command, from its key or from the palette."""
        command = BY_NAME[name]
        screen = self.screen
        if name == "escape" or name == "cancel":
            self._escape()
        elif name in self._screens:
            self._go(name)
        elif name == "log":
            if not isinstance(screen, LogScreen):
                self.push_screen("log")
        elif name == "help":
            self.push_screen(HelpScreen(self._screen_name(), self.state))
        elif name == "palette":
            self.push_screen(PaletteScreen(self._screen_name(), self.state), self._chosen)
        elif name == "quit":
            self.exit(0)
        elif name == "notices":
            self.push_screen(NoticesScreen(self.state))
        elif name == "copy":
            self._copy()
        elif name == "theme":
            self._next_theme()
        elif self._screen_name() not in command.screens and name != "deploy":
            screen_key = "1" if command.screens == ("drive",) else "3"
            self._say(f"{command.label}: only on screen {screen_key}, where it is seen.", "warn")
        else:
            if name == "deploy":
                # "ready: press D" is read on every screen; what D means is seen on this one.
                self._go("models")
            self._follow(actions.plan(command, self.state))

    def _copy(self) -> None:
        screen = self.screen
        if isinstance(screen, FullScreen):
            text = screen.text()
            self.copy_to_clipboard(text)
            self._say(*copying.copy(text, self._folder))

    def _next_theme(self) -> None:
        name = look.after(self.theme)
        self.theme = look.THEMES[name]
        self._say(f'Theme {name}; [screen] theme = "{name}" in config.toml keeps it.')

    def _screen_name(self) -> str:
        screen = self.screen
        return screen.key_name if isinstance(screen, FullScreen) else ""

    def _chosen(self, name: str | None) -> None:
        if name is None:
            return
        command = BY_NAME[name]
        if command.operations and self._screen_name() not in command.screens:
            self._go(command.screens[0])
        self.perform(name)

    def _escape(self) -> None:
        screen = self.screen
        if isinstance(screen, LogScreen):
            if not screen.close():
                self.state.job = None
                self.pop_screen()
            return
        self._follow(actions.plan(BY_NAME["cancel"], self.state))

    def _go(self, name: str) -> None:
        if isinstance(self.screen, LogScreen):
            self.state.job = None
            self.pop_screen()
        if self.screen is not self._screens[name]:
            self.switch_screen(name)

    def _follow(self, plan: actions.Plan) -> None:
        if isinstance(plan, actions.Refused):
            self._say(plan.reason, "warn")
        elif isinstance(plan, actions.Confirm):
            request = plan.request

            def answered(yes: bool | None) -> None:
                if yes:
                    self._request(request)
                else:
                    self._say("Nothing was changed.")

            self.push_screen(ConfirmScreen(plan), answered)
        elif isinstance(plan, actions.Ask):
            asked = plan

            def typed(value: str | None) -> None:
                if value is None:
                    self._say("Nothing was changed.")
                else:
                    params = {**asked.request.params, asked.name: value}
                    self._request(replace(asked.request, params=params))

            self.push_screen(AskScreen(asked), typed)
        else:
            self._request(plan)

    def _request(self, request: actions.Request) -> None:
        self._say(request.saying)
        self.run_worker(self._do(request), exit_on_error=False)

    async def _do(self, request: actions.Request) -> None:
        try:
            reply = await self.session.do(request.operation, request.params)
        except OperatorError as error:
            self._say(clean(error.sentence()), "bad")
            return
        except LOST:
            if request.operation == "daemon.stop":
                self.exit(0, message="The daemon has stopped.")
                return
            self._say(f"{request.saying} not done: {GONE}.", "bad")
            return
        if request.operation == "daemon.stop":
            # Staying would connect again, and so start the daemon that was just stopped.
            self.exit(0, message="The daemon has stopped.")
            return
        self._say(_accepted(request, reply), "good")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of our own is said in words and ends nothing."""
        if event.state == WorkerState.ERROR:
            error = event.worker.error
            self._say(clean(f"Internal fault: {type(error).__name__}: {error}"), "bad")
            if event.worker.name == "session":
                self.set_timer(1.0, self._listen)


def _accepted(request: actions.Request, reply: dict[str, Any]) -> str:
    job = reply.get("job")
    saying = request.saying.removesuffix(" ...")
    return f"{saying}: job {job} runs" if job is not None else f"{saying}: the daemon was told"


def run(
    client_factory: ClientFactory,
    workspace_text: str,
    ascii: bool = False,
    looks: Look | None = None,
) -> int:
    """Show the workspace until the operator leaves; returns the exit code."""
    encoding = (getattr(sys.__stdout__, "encoding", "") or "").lower().replace("-", "")
    if looks is not None and looks.theme == "none":
        os.environ["NO_COLOR"] = "1"
    plain = ascii or not encoding.startswith("utf")
    app = RoverApp(client_factory, workspace_text, ascii=plain, looks=looks)
    result = app.run(mouse=False)
    return result if result is not None else (app.return_code or 0)
