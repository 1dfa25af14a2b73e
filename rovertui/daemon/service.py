"""The daemon's core: its parts joined, kept running, and ended in good order."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rovertui.audit import Audit, itself
from rovertui.called import called
from rovertui.config import Config
from rovertui.conversion.placing import settle
from rovertui.daemon import recovery, state
from rovertui.daemon.actions import Actions
from rovertui.daemon.arrivals import ArrivalsWatch
from rovertui.daemon.calls import Calls
from rovertui.daemon.children import Child
from rovertui.daemon.compare_link import CompareLink
from rovertui.daemon.drift_watch import DriftWatch
from rovertui.daemon.happenings import Happenings
from rovertui.daemon.machine_watch import MachineWatch
from rovertui.daemon.messages import Messages
from rovertui.daemon.models_watch import ModelsWatch
from rovertui.daemon.overview import overview
from rovertui.daemon.questions import QuestionDesk
from rovertui.daemon.recorder_link import RecorderLink
from rovertui.daemon.refusals import refusals
from rovertui.daemon.relay_link import RelayLink
from rovertui.daemon.runner import Runner
from rovertui.daemon.seen import Seen
from rovertui.daemon.server import Server
from rovertui.daemon.server_watch import ServerWatch
from rovertui.daemon.toolkit_watch import ToolkitWatch
from rovertui.errors import OperatorError, in_words
from rovertui.jobs import JobBook
from rovertui.snapshot import RoverView, Snapshot
from rovertui.workspace import Workspace

if TYPE_CHECKING:
    from rovertui.machine.look import Machine

log = logging.getLogger(__name__)

_HEARTBEAT = 0.5


class Service:
    """Everything one workspace's daemon holds together. Lives in one event loop."""

    def __init__(self, workspace: Workspace, config: Config) -> None:
        self.workspace = workspace
        self.config = config
        self.loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()
        self.again = False
        self.audit = Audit(workspace.audit)
        self.messages = Messages(workspace.messages)
        self.happenings = Happenings()
        self.wanted, told = state.load(workspace.state, workspace.quarantine)
        if told:
            self.messages.notice(told)
        self._sequence = itertools.count(1)
        self._latest: Snapshot | None = None
        self.register = recovery.ChildRegister(workspace.kept / "children.json")
        self._recover()
        self.desk = QuestionDesk(lambda: self.server.people > 0, self.changed)
        self.runner = Runner(self.book, self.changed)
        self.recorder = RecorderLink(
            workspace, config.source.kind != "none", self._child_changed, self.messages.notice
        )
        self.recorder.on_start = self._tell_recorder
        self.drift = DriftWatch(
            workspace.models(config) / config.node.link,
            config.rover.site,
            config.capture.old_after,
        )
        self.recorder.on_values = self.drift.add
        self.relay = RelayLink(
            workspace, config, lambda: self.wanted.relay, self.changed, self.messages.notice
        )
        self.machine = MachineWatch(
            self._look_at_machine, self._relays, lambda: self.server.people > 0, self.changed
        )
        self.rovers = [RoverView(name=peer.name, host=peer.host) for peer in config.rovers]
        self.seen = Seen(workspace.kept / "seen.json")
        self.watch = ServerWatch(
            workspace, config, self.desk, self.changed, self.seen, self.messages.notice
        )
        self.models = ModelsWatch(workspace, config, self.changed, self.seen, self.messages.notice)
        self.compare = CompareLink(
            workspace,
            config,
            workspace.frames(),
            lambda: self.models.live,
            self.recorder.stream,
            self._child_changed,
            self.messages.notice,
        )
        self.companions = [
            Child(
                companion.name,
                list(companion.command),
                workspace.kept,
                workspace.logs / f"{companion.name}.log",
                lambda message: None,
                self._child_changed,
            )
            for companion in config.companions
        ]
        self._ends: dict[str, int] = {}
        self.toolkit = ToolkitWatch(self)
        self.actions = Actions(self)
        self.calls = Calls(
            self,
            self.actions,
            self.messages,
            self.refusals,
            lambda: self._tell_what_happened(self.snapshot()),
            self.changed,
        )
        self.server = Server(self.calls.answer, self.snapshot, self._people)
        self.arrivals = ArrivalsWatch(
            self,
            self.actions.start_itself,
            lambda name: self.refusals().get(name, ""),
            self.messages.notice,
        )

    def _recover(self) -> None:
        ended = self.register.end_leftovers()
        if ended:
            log.warning("ended %d programs an earlier daemon left", ended)
        self.book = JobBook(self.workspace.jobs)
        for text in recovery.interrupt_unfinished(self.book):
            self.messages.notice(text)
        recovery.clear_scratch(self.workspace.scratch)
        recovery.clear_sockets(self.workspace.socket())
        recovery.clear_temporaries(
            self.workspace.kept,
            self.workspace.models(self.config),
            self.workspace.samples(self.config),
            self.workspace.samples(self.config) / "check",
        )
        for text in settle(self.workspace.models(self.config)):
            self.messages.notice(text)

    async def run(self) -> None:
        """Serve until :attr:`stopping` is set."""
        await asyncio.to_thread(self.models.recover, self._recovered)
        # What is here is known before anybody can ask.
        await self.models.look()
        self.workspace.stopped.unlink(missing_ok=True)
        self._say_if_ended_unasked()
        await self.server.start(self.workspace.socket())
        children = [*self.companions]
        if self.recorder.has_source:
            children.append(self.recorder.child)
        watches = [
            self.relay.watch(),
            self.machine.watch(),
            self.watch.watch(),
            self.models.watch(),
            self.arrivals.watch(),
            self.models.node.watch(),
            self.compare.watch(),
            self._beat(),
        ]
        supervising = [asyncio.create_task(child.supervise()) for child in children]
        watching = [asyncio.create_task(watch) for watch in watches]
        try:
            await self.stopping.wait()
        finally:
            if not self.again:
                self._leave_mark()
            with contextlib.suppress(OSError):
                self.workspace.running.unlink()
            self.desk.close()
            await self.runner.stop()
            for task in watching:
                task.cancel()
            await asyncio.gather(*(child.stop() for child in children))
            await asyncio.wait([*supervising, *watching], timeout=5)
            self.watch.close()
            # Last: a client that waits for the end has waited for the children's as well.
            await self.server.stop()
            with contextlib.suppress(OSError):
                self.workspace.socket().unlink()

    def begin_anew(self) -> None:
        """End in good order and serve again, with the configuration as it is then."""
        self.again = True
        self.loop.call_soon_threadsafe(self.stopping.set)

    def _say_if_ended_unasked(self) -> None:
        """A mark that no orderly end removed: killed, crashed, or the power was cut."""
        if self.workspace.running.exists():
            self.messages.notice(
                "The daemon ended unasked (killed, or a power cut): a new one runs."
            )
        with contextlib.suppress(OSError):
            self.workspace.running.touch()

    def _leave_mark(self) -> None:
        """Keep open screens from bringing the daemon back, and tell them who stopped it."""
        with contextlib.suppress(OSError):
            self.workspace.stopped.write_text(f"{self.calls.stopped_by}\n", encoding="utf-8")

    def _recovered(self, text: str) -> None:
        """A deployment that was cut short was finished or undone before anybody could ask."""
        self.messages.notice(text)
        try:
            self.audit.add(itself(), "recovery", "done", text=text)
        except OperatorError as error:
            self.messages.notice(error.sentence())

    async def _beat(self) -> None:
        """Ages grow even when nothing happens: whoever looks sees that."""
        read = _changed_at(self.workspace.config_path)
        while True:
            await asyncio.sleep(_HEARTBEAT)
            found = _changed_at(self.workspace.config_path)
            if found != read:
                read = found
                self.messages.notice(self._about_configuration())
            # What clients were sent since the last beat need not be put together once more.
            self._tell_what_happened(self._latest or self.snapshot())
            self._latest = None
            self.changed()

    def _tell_what_happened(self, now: Snapshot) -> None:
        for level, text in self.happenings.look(now):
            self.messages.say(text, level)

    def _about_configuration(self) -> str:
        """What to do after a person has edited config.toml."""
        try:
            self.workspace.load()
        except OperatorError as error:
            return f"config.toml was changed and cannot be used: {error.sentence()}"
        return f"config.toml was changed; it takes effect after `{called()} daemon stop`."

    def _look_at_machine(self) -> Machine:
        from rovertui.machine.look import Machine

        return Machine(self.workspace.samples(self.config))

    def _relays(self) -> set[int]:
        """Processes of ours that are no children of this daemon."""
        pid = self.relay.view().pid
        return {pid} if pid else set()

    def changed(self) -> None:
        self.server.changed()

    def _people(self) -> None:
        if self.server.people == 0:
            self.desk.nobody()
        elif self.watch.state == "down":
            self.watch.look_soon()

    def _child_changed(self) -> None:
        for child in (self.recorder.child, *self.companions):
            self.register.put(child.name, child.identity)
        if self.compare.child is not None:
            self.register.put(self.compare.child.name, self.compare.child.identity)
        for child in self.companions:
            if child.restarts > self._ends.get(child.name, 0):
                self._ends[child.name] = child.restarts
                said = child.last_words or "ended without a word"
                self.messages.notice(f"{child.name} {said} and is started again.")
        self.changed()

    def _tell_recorder(self) -> None:
        """A recorder that has just started learns what is wanted."""
        if self.wanted.parked:
            self.recorder.child.send({"do": "park", "on": True})
        if self.wanted.capture:
            self.recorder.child.send(self.wanted.recording())

    def took(self, name: str, used: bool) -> None:
        """A job has fetched this model, and goes on with it where it is ``used``."""
        self.arrivals.took(name, used)

    def want(self, **changes: Any) -> None:
        """Keep a wish on disk before anything acts on it.

        On a full disk it holds until the daemon ends: capture must be switched off there too.
        """
        self.wanted = msgspec.structs.replace(self.wanted, **changes)
        try:
            state.save(self.workspace.state, self.wanted)
        except OSError as error:
            self.messages.notice(f"What you want is forgotten by a restart: {in_words(error)}")
        self.changed()

    def refusals(self, model: str = "") -> dict[str, str]:
        """Why operations cannot be done now; what can be done is not in it."""
        said = refusals(self, self.toolkit.view(), model)
        return {name: reason for name, reason in said.items() if reason}

    def snapshot(self) -> Snapshot:
        self._latest = overview(self, next(self._sequence))
        return self._latest


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
