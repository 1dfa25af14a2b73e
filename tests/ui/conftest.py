"""The screen on a stand-in daemon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot

from rovertui.snapshot import Snapshot
from rovertui.ui.app import RoverApp

from .scenes import busy
from .stand_in import StandIn


class Bench:
    """An open screen, its stand-in daemon, and ways to press and look."""

    def __init__(self, app: RoverApp, daemon: StandIn, pilot: Pilot[int]) -> None:
        self.app, self.daemon, self.pilot = app, daemon, pilot

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.type(key)
            await self.settle()

    def type(self, key: str) -> None:
        """Send a key and wait for nothing."""
        name = _character_to_key(key) if len(key) == 1 else key
        char = key if len(key) == 1 else {"space": " "}.get(key)
        assert self.app._driver is not None
        self.app._driver.send_message(Key(name, char))

    async def push(self, snapshot: Snapshot | None = None) -> None:
        self.daemon.push(snapshot)
        await self.settle()

    async def settle(self) -> None:
        """Wait until all that was begun has had its effect, on a machine of any speed.

        Textual's own pause takes a process that gets no processor for one that is done.
        """
        # A result may change the layout, and that what is drawn.
        for _ in range(3):
            await self.pilot._wait_for_screen()
            await self.until(lambda: not self._at_work(), "the end of what was begun")
            if self.app.is_running and not self.app._exit:
                self.app.screen._on_timer_update()

    def _at_work(self) -> bool:
        app, daemon = self.app, self.daemon
        if not app.is_running or app._exit:
            return False
        connected = daemon.up and app.session._client is not None
        return (
            app._typed.busy
            or any(worker.is_running for worker in app.workers if worker.name != "session")
            or (connected and daemon.taken != daemon.snapshot.sequence)
        )

    async def until(self, condition: Callable[[], bool], what: str = "") -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if condition():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"never came: {what}\n{self.text()}")

    def text(self) -> str:
        """What is on the top screen."""
        from widgets.line_view import LineView

        return "\n".join(view.text() for view in self.app.screen.query(LineView))

    def line(self, name: str) -> str:
        from widgets.line_view import LineView

        return self.app.screen.query_one(f"#{name}", LineView).text()


@asynccontextmanager
async def opened(
    snapshot: Snapshot | None = None,
    size: tuple[int, int] = (80, 24),
    daemon: StandIn | None = None,
    draw_every: float = 0.0,
    app: RoverApp | None = None,
) -> AsyncIterator[Bench]:
    """Open the screen and wait for the first snapshot to be shown."""
    stand_in = daemon or StandIn(snapshot or busy())
    app = app or RoverApp(stand_in.client, "/home/op/rover")
    app.pace.draw_every = draw_every
    async with app.run_test(size=size) as pilot:
        bench = Bench(app, stand_in, pilot)
        await bench.until(lambda: not app.state.gone or not stand_in.up, "the first snapshot")
        await bench.settle()
        yield bench
