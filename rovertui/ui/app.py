"""The application: the state flows down to the screens, what the operator wants flows up."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual import events, messages, on
from textual.app import App
from textual.worker import Worker, WorkerState

from rovertui.keys.command import MAIN, Command
from rovertui.keys.table import BY_NAME, shown_key
from rovertui.privacy import kept_failure
from rovertui.snapshot import Snapshot
from rovertui.text import clean
from rovertui.ui import bell, copying, guide_mark, look, settling, signals
from rovertui.ui.daemon_questions import DaemonQuestions
from rovertui.ui.dispatch import Dispatcher
from rovertui.ui.link import ClientFactory
from rovertui.ui.look import Look
from rovertui.ui.navigation import Navigation
from rovertui.ui.news import News
from rovertui.ui.pace import Pace
from rovertui.ui.plans.by_command import plan
from rovertui.ui.plans.plan import Request
from rovertui.ui.screens.base import FullScreen, Wanted
from rovertui.ui.session import Absence, Session
from rovertui.ui.state import State
from rovertui.ui.typed import TypedKeys
from rovertui.workspace import last_failure
from widgets.glyphs import ASCII, UNICODE


class RoverApp(App[int]):
    """The screen of one workspace."""

    CSS_PATH = "rovertui.tcss"
    ENABLE_COMMAND_PALETTE = False
    TITLE = "rovertui"

    def __init__(
        self,
        client_factory: ClientFactory,
        workspace: str,
        *,
        ascii: bool = False,
        looks: Look | None = None,
        first: Snapshot | None = None,
        guided: bool = False,
    ) -> None:
        looks = looks or Look()
        if "NO_COLOR" in os.environ:
            looks = replace(looks, theme="none")
        # Only with the terminal's own colours Textual leaves them out; it makes greys of others.
        super().__init__(ansi_color=True if looks.theme == "none" else None)
        self._begins_guided = guided
        self.animation_level = "none"
        self.set_class(ascii, "ascii")
        self.look = looks
        for theme in (look.SAFE, look.LIGHT):
            self.register_theme(theme)
        self.theme = look.THEMES[self.look.theme]
        self.state = State(
            workspace=clean(workspace),
            glyphs=ASCII if ascii else UNICODE,
            keys=self.look.keys,
            sparing=self.look.sparing,
            colours=self.look.theme not in ("16", "none"),
        )
        self._folder = workspace
        self.session = Session(client_factory, self._receive, self._lost, self._returned)
        self.state.fetch = self.session.events
        self.state.look = self.session.look
        self.state.messages = self.session.messages
        self._navigation = Navigation(self, self.state)
        self._dispatcher = Dispatcher(self, self.session, self.state, self._say)
        self._questions = DaemonQuestions(self, self.session, self._say)
        self._own: dict[str, Callable[[], object]] = {
            **{name: partial(self._go, name) for name in MAIN},
            "cancel": self._back,
            "log": self._open_log,
            "help": self._open_help,
            "palette": self._open_palette,
            "quit": partial(self.exit, 0),
            "rovers": self._rovers,
            "copy": self._copy,
            "start": self._start_daemon,
            "guide": self._open_guide,
            "theme": self._next_theme,
        }
        self._news = News()
        self.pace = Pace(self, self._show, self._spare, always=self.look.sparing)
        self._typed = TypedKeys(self, super().on_event)
        self._status_drawn = False
        self._restarts = False
        if first is not None:
            # What is known already need not be asked for again before anything is seen.
            self._news.tell(first, self.state)
            self.state.receive(first)

    def _fatal_error(self) -> None:
        """Leave with a sentence. Textual would print the values of variables: a passphrase too."""
        error = self._exception or sys.exc_info()[1] or RuntimeError("the screen ended")
        self.panic(f"The screen ended: {kept_failure(error, last_failure())}.")

    def on_mount(self) -> None:
        signals.install(self._leave)
        signals.resume_whole(self._driver)
        self.set_keymap(
            {name: key for name, key in self.look.keys.items() if key != BY_NAME[name].key}
        )
        self._navigation.begin()
        if self._begins_guided:
            self._open_guide()
        self._listen()
        self.set_interval(1.0, self._tick)
        self.pace.start()
        settling.begin(self)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            self._typed.add(event)
        else:
            await super().on_event(event)

    def _listen(self) -> None:
        self.run_worker(self.session.run(), exit_on_error=False, name="session")

    def _leave(self, code: int) -> None:
        self.exit(code)

    def _tick(self) -> None:
        """Ages grow although nothing new comes, and a result is read after a while."""
        if self.state.late or (self._status_drawn and not self.state.status_is_fresh):
            self._show()

    def on_terminal_supports_synchronized_output(
        self, message: messages.TerminalSupportsSynchronizedOutput
    ) -> None:
        self.pace.answered()

    def _spare(self, slow: bool) -> None:
        """Draw less on a slow line, and say so."""
        self.state.sparing = slow
        if slow:
            seconds = self.pace.line.seconds
            self._say(f"Slow line ({seconds:.1f} s): fewer updates, no trends.", "warn")

    def _show(self) -> None:
        """Draw the screen that is seen, and the one that shows behind a box."""
        if not self.is_running or self._exit:
            return
        self._status_drawn = self.state.status_is_fresh
        self.pace.drawn()
        with self.batch_update():
            for screen in self.screen_stack[-2:]:
                show = getattr(screen, "show", None)
                # A box that is still being made draws itself when it is there.
                if show is not None and screen.is_mounted and screen.is_current:
                    show()

    def _say(self, text: str, style: str = "") -> None:
        self.state.say(text, style)
        self._show()

    def _receive(self, snapshot: Snapshot) -> None:
        if self.look.bell and bell.rings(self.state.snapshot, snapshot):
            self.bell()
        self.state.receive(snapshot)
        self._news.tell(snapshot, self.state)
        self._dispatcher.look_again(snapshot)
        self._questions.show(snapshot)
        self.pace.soon()

    def _lost(self, absence: Absence) -> None:
        self.state.lose(absence.short, absence.text, absence.remedy)
        self._questions.put_away()
        self._show()

    def _returned(self, started: bool) -> None:
        """There is a daemon again; one that ended unasked is worth a look at its log."""
        if self._restarts or not started:
            self.state.say("Connected again.", "good")
        else:
            self.state.say(
                "The daemon had ended unasked; a new one runs. See .rovertui/logs/daemon.log",
                "warn",
            )
        self._restarts = False

    @on(Wanted)
    def _wanted(self, message: Wanted) -> None:
        self.perform(message.command)

    def perform(self, name: str) -> None:
        """Carry out a command, from its key or from the palette."""
        command = BY_NAME[name]
        seen = self._navigation.name
        if name in self._own:
            self._own[name]()
        elif name == "picture" and seen in command.screens:
            self._picture(seen)
        elif seen not in command.screens and name != "deploy":
            self._say(f"{command.label}: only on {self._where(command)}, where it is seen.", "warn")
        elif not command.operations:
            self._open_page(name)
        else:
            command = self.state.meant(command)
            if name == "deploy" and seen != "models":
                # "ready: press D" is read on every screen; what D means is seen on this one.
                self._go("models")
            self._dispatcher.follow(partial(plan, command, self.state, self._navigation.name))

    def _where(self, command: Command) -> str:
        keys = [shown_key(self.state.key(BY_NAME[n])) for n in command.screens if n in MAIN]
        return f"screen{'s' * (len(keys) > 1)} {' and '.join(keys)}"

    def _back(self) -> None:
        """Close what lies nearest; where nothing does, cancel what runs."""
        if not self._navigation.back():
            self._dispatcher.follow(partial(plan, BY_NAME["cancel"], self.state))

    def _go(self, name: str) -> None:
        if not self._navigation.go(name):
            self._say(f"This is {BY_NAME[name].label}.")

    def _open_log(self) -> None:
        if not self._navigation.open_log():
            self._say("This is the log.")

    def _open_page(self, name: str) -> None:
        """Show a page; opened again, it looks again."""
        if self._navigation.open_page(name):
            self._show()
        else:
            looking = self._navigation.page.looking
            self._say("Looking again ..." if looking else "This is that page.")

    def _open_help(self) -> None:
        from rovertui.ui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self._navigation.name, self.state))

    def _open_palette(self) -> None:
        from rovertui.ui.screens.palette import PaletteScreen

        self.push_screen(PaletteScreen(self._navigation.name, self.state), self._chosen)

    def _chosen(self, name: str | None) -> None:
        """A command of the palette, on a screen where it works."""
        if name is None:
            return
        screens = BY_NAME[name].screens
        if self._navigation.name not in screens and name not in ("log", "cancel"):
            self._go(screens[0])
        self.perform(name)

    def _rovers(self) -> None:
        """Show the table of rovers, and have the others asked meanwhile."""
        from rovertui.ui.screens.rovers import RoversScreen

        asked = plan(BY_NAME["rovers"], self.state)
        if isinstance(asked, Request):
            self._dispatcher.send(asked)
        self.push_screen(RoversScreen(self.state))

    def _open_guide(self) -> None:
        from rovertui.ui.guide import resumed
        from rovertui.ui.screens.guide import GuideScreen

        guide = resumed(Path(self._folder))
        self.push_screen(GuideScreen(guide, self.state, self._do_for_guide), self._guided)

    async def _do_for_guide(self, operation: str, params: dict[str, Any]) -> None:
        self._restarts = operation == "config.set"
        await self.session.do(operation, params)

    def _guided(self, said: str | None) -> None:
        if said:
            self._say(said.strip())

    def _start_daemon(self) -> None:
        if not self.state.gone:
            self._say("The daemon runs.")
            return
        self._restarts = True
        self.session.start_daemon()
        self._say("Start the daemon ...")

    def _copy(self) -> None:
        screen = self.screen
        if isinstance(screen, FullScreen):
            text = screen.copied()
            self.copy_to_clipboard(text)
            self._say(*copying.copy(text, self._folder))

    def _picture(self, seen: str) -> None:
        """Show or hide the picture of the screen that is seen."""
        if seen == "set":
            if self.state.set_side == "axes":
                self.state.set_side = "set"
            on = self.state.sample_picture.toggle()
        else:
            on = self.state.pictures.toggle()
        self._say("Picture on; v takes it away." if on else "Picture off.")

    def _next_theme(self) -> None:
        if self.look.theme == "none":
            self._say('No colours are sent: NO_COLOR is set, or [screen] theme is "none".')
            return
        name = look.after(self.theme)
        self.theme = look.THEMES[name]
        self.state.colours = name != "16"
        self._say(f'Theme {name}; [screen] theme = "{name}" in config.toml keeps it.')

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of our own is said in words and ends nothing."""
        if event.state == WorkerState.ERROR:
            error = event.worker.error
            self._say(clean(f"Internal fault: {type(error).__name__}: {error}"), "bad")
            if event.worker.name == "session":
                self.set_timer(1.0, self._listen)


def run(
    client_factory: ClientFactory,
    workspace_text: str,
    ascii: bool = False,
    looks: Look | None = None,
    first: Snapshot | None = None,
    guided: bool | None = None,
) -> int:
    """Show the workspace until the operator leaves; returns the exit code.

    Args:
        first: what the daemon said last, where that is known: it is seen at once.
        guided: whether to begin with the guide; None: where nothing is set up yet.
    """
    if guided is None:
        guided = first is not None and guide_mark.is_wanted(Path(workspace_text), first)
    encoding = (getattr(sys.__stdout__, "encoding", "") or "").lower().replace("-", "")
    if looks is not None and looks.theme == "none":
        os.environ["NO_COLOR"] = "1"
    plain = ascii or not encoding.startswith("utf")
    app = RoverApp(
        client_factory, workspace_text, ascii=plain, looks=looks, first=first, guided=guided
    )
    with signals.terminal_kept():
        result = app.run(mouse=False)
    return result if result is not None else (app.return_code or 0)
