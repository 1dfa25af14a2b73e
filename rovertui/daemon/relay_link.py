"""The relay as the daemon sees it: found or started, watched, asked, never ended by accident."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from rovertui import __version__
from rovertui.config import Config
from rovertui.daemon import logs
from rovertui.daemon.environment import environment
from rovertui.errors import OperatorError
from rovertui.processes import ProcessName, end_group, is_running
from rovertui.relay import record
from rovertui.relay.address import check_tap
from rovertui.snapshot import RelayView
from rovertui.text import clean
from rovertui.workspace import Workspace

if TYPE_CHECKING:
    from rovertui.relay.control import Control

log = logging.getLogger(__name__)

KINDS = ("tap", "auto")
WARNING = "The collector ends about a second after nobody takes its packets any more."
_ASK_EVERY = 0.5
_SILENT_S = 10.0
_START_S = 15.0
_HEALTHY_AFTER = 10.0
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0


class RelayLink:
    """Keeps a relay running while ``wanted`` and the source needs one.

    A relay that an earlier daemon started is taken over as it is, also one of another version:
    replacing it would end the collector.
    """

    def __init__(
        self,
        workspace: Workspace,
        config: Config,
        wanted: Callable[[], bool],
        on_change: Callable[[], None],
        on_notice: Callable[[str], None],
    ) -> None:
        self._workspace = workspace
        self._tap = config.tap
        self._needed = config.source.kind in KINDS
        self._wanted = wanted
        self._on_change = on_change
        self._on_notice = on_notice
        self._record_path = workspace.kept / record.NAME
        self._wake = asyncio.Event()
        self._view = RelayView() if self._needed else _not_needed(config)
        self._none = self._view
        self._warning = ""
        self._child: subprocess.Popen[bytes] | None = None
        self._process: ProcessName | None = None
        self._restarts = 0

    @property
    def needed(self) -> bool:
        """Whether the configured source comes through a relay."""
        return self._needed

    @property
    def runs(self) -> bool:
        return self._process is not None

    def view(self) -> RelayView:
        return self._view

    def look(self) -> None:
        """What is wanted has changed."""
        self._wake.set()

    async def watch(self) -> None:
        """Until cancelled; the relay goes on without us."""
        wait = 0.0
        while True:
            found = record.running(self._record_path)
            if found is None and self._needed and self._wanted():
                found = await self._start()
            if found is None:
                self._process = None
                if not (self._needed and self._wanted()):
                    stopped = RelayView(state="stopped", text="stopped on purpose")
                    self._show(stopped if self._needed else self._none)
                wait = min(max(wait * 2, _FIRST_WAIT), _LONGEST_WAIT)
            else:
                began = time.monotonic()
                await self._mind(found)
                wait = 0.0 if time.monotonic() - began > _HEALTHY_AFTER else max(wait, _FIRST_WAIT)
                if self._wanted() and self._needed:
                    self._restarts += 1
                    self._on_notice("The relay ended and is started again; see its log.")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)
            self._wake.clear()

    def _show(self, view: RelayView) -> None:
        view.restarts = self._restarts
        if self._view != view:
            self._view = view
            self._on_change()

    async def _start(self) -> record.Record | None:
        self._show(RelayView(state="starting", text="starting", listen=self._tap.listen))
        try:
            self._warning = check_tap(self._tap)
            process = await asyncio.to_thread(self._spawn)
        except (OperatorError, OSError) as error:
            words = error.sentence() if isinstance(error, OperatorError) else str(error)
            self._show(RelayView(state="down", text=words, listen=self._tap.listen))
            return None
        self._child = process
        end = time.monotonic() + _START_S
        while time.monotonic() < end:
            found = record.running(self._record_path)
            if found is not None:
                return found
            if process.poll() is not None:
                break
            await asyncio.sleep(0.02)
        words = await asyncio.to_thread(self._last_words)
        self._show(RelayView(state="down", text=words, listen=self._tap.listen))
        return None

    def _spawn(self) -> subprocess.Popen[bytes]:
        socket = self._workspace.socket()
        command = [
            sys.executable,
            "-m",
            "rovertui.relay",
            *("--record", str(self._record_path)),
            *("--listen", self._tap.listen),
            *("--upstream", self._tap.upstream),
            *("--cap", repr(self._tap.cap)),
            *("--copy", str(socket.with_suffix(".tap"))),
            *("--control", str(socket.with_suffix(".ctl"))),
        ]
        # Neither pipe nor lifeline: nothing of ours that ends may end it.
        with logs.opened(self._workspace.logs / "relay.log") as out:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self._workspace.kept,
                env=environment(),
                start_new_session=True,
            )

    def _last_words(self) -> str:
        try:
            text = (self._workspace.logs / "relay.log").read_text(errors="replace")
        except OSError:
            return "The relay did not start and left no log."
        line = (text.strip().splitlines() or ["it left no words"])[-1]
        return clean(line.partition(" ERROR ")[2] or line, 300)

    async def _mind(self, found: record.Record) -> None:
        """Watch one relay until it ends."""
        from rovertui.relay.control import Control

        self._process = found.process
        if found.version != __version__:
            self._on_notice(
                f"The relay is of version {clean(found.version, 20)} and goes on, because "
                "replacing it would end the collector; stop it when the collector is not needed."
            )
        control = Control(found.control)
        ended = _Ended(found.process)
        heard = time.monotonic()
        try:
            await self._agree(control)
            while not ended.now():
                stopping = not self._wanted()
                state = await asyncio.to_thread(
                    control.ask, {"do": "stop" if stopping else "state"}
                )
                if state is not None:
                    heard = time.monotonic()
                    self._show(self._viewed(state))
                elif not ended.now() and time.monotonic() - heard > _SILENT_S:
                    log.warning("the relay has not answered for %.0f s and is ended", _SILENT_S)
                    end_group(found.process)
                await ended.wait(0.05 if stopping else _ASK_EVERY, self._wake)
                self._wake.clear()
        finally:
            ended.close()
            control.close()
        self._process = None
        if self._child is not None:
            self._child.poll()

    async def _agree(self, control: Control) -> None:
        """Tell a relay that was found what config.toml says now, without a pause for anybody."""
        await asyncio.to_thread(control.ask, {"do": "cap", "rate": self._tap.cap})
        await asyncio.to_thread(control.ask, {"do": "upstream", "address": self._tap.upstream})

    def _viewed(self, state: dict[str, Any]) -> RelayView:
        try:
            view = msgspec.convert(
                {key: value for key, value in state.items() if key in RelayView.__struct_fields__},
                RelayView,
                strict=False,
            )
        except msgspec.ValidationError as error:
            return RelayView(state="down", text=f"the relay answers oddly: {clean(str(error))}")
        view.state = "up"
        view.upstream_text = clean(str(state.get("upstream_reason", "")), 200)
        view.text = in_words(view)
        view.warnings = self._warnings(view)
        return view

    def _warnings(self, view: RelayView) -> list[str]:
        said = [self._warning] if self._warning else []
        if not self._needed:
            said.append(f"A relay runs that source.kind does not need. {WARNING}")
        elif view.listen != self._tap.listen:
            said.append(
                f"The relay takes packets at {view.listen}, not at {self._tap.listen}: "
                "it was started before config.toml changed."
            )
        if view.version != __version__:
            said.append(f"The relay is of version {clean(view.version, 20)}.")
        if view.malformed:
            said.append(f"{view.malformed} malformed packets were passed on.")
        return said


def _not_needed(config: Config) -> RelayView:
    """Why there is none, and how there would be one."""
    text = (
        f'the source is "{config.source.kind}"; a relay stands between collector and V620 where '
        'source.kind in config.toml is "tap" or "auto"'
    )
    return RelayView(text=text)


class _Ended:
    """Whether a process has ended, heard from the kernel at once where it can say so."""

    def __init__(self, process: ProcessName) -> None:
        self._process = process
        self._event = asyncio.Event()
        self._fd = -1
        try:
            self._fd = os.pidfd_open(process.pid)
            asyncio.get_running_loop().add_reader(self._fd, self._event.set)
        except (AttributeError, OSError):
            log.info("this kernel has no pidfd; the relay is looked at instead")

    def now(self) -> bool:
        return self._event.is_set() or not is_running(self._process)

    async def wait(self, seconds: float, wake: asyncio.Event) -> None:
        """Until it ended, ``wake`` was set, or the time is over."""
        step = seconds if self._fd >= 0 else min(seconds, 0.1)
        tasks = [asyncio.ensure_future(event.wait()) for event in (self._event, wake)]
        try:
            await asyncio.wait(tasks, timeout=step, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    def close(self) -> None:
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1


def in_words(view: RelayView) -> str:
    """What passes through, in one line."""
    if view.age is None:
        return f"waiting for the collector at {view.listen}"
    if view.age > 2.0:
        return f"no packet for {view.age:.0f} s"
    taken = f"{view.rate:.1f}/s, {view.bytes_rate / 1e6:.1f} MB/s"
    if view.upstream_state == "unset":
        return f"{taken} taken; no V620 is set"
    if view.upstream_state != "up":
        why = f" ({view.upstream_text})" if view.upstream_text else ""
        return f"{taken} taken; the V620 gets nothing{why}"
    if view.lost_share:
        gets = f"the V620 gets {view.sent_rate:.1f}/s, {100 * view.lost_share:.0f} % never reach it"
        return f"{taken} taken; {gets}"
    return f"{taken} taken, and on to the V620"
