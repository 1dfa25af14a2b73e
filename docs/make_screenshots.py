"""Make docs/screenshots/*.svg: the demo's screens, on its real daemon, drawn by Textual.

Run it with the program's own Python and a directory for the demo's workspace, which must be
empty: ``.venv/bin/python docs/make_screenshots.py /tmp/pictures``. It takes two minutes, needs
the toolkit's environment (`./run toolkit install`), and stops the daemon it started.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from textual.pilot import Pilot

from rovertui.client import Client
from rovertui.daemon.launch import StartingClient, connected
from rovertui.demo import workspace as demo
from rovertui.snapshot import Snapshot
from rovertui.ui.app import RoverApp
from rovertui.workspace import Workspace

PLACE = Path(__file__).with_name("screenshots")
SIZE = (100, 30)
SHOWN = "/home/op/rover"
PATIENCE = 240.0

_FONT_FACES = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


class Camera:
    """An open screen and what takes pictures of it."""

    def __init__(self, pilot: Pilot[int]) -> None:
        self.pilot = pilot
        self.app = pilot.app

    @property
    def snapshot(self) -> Snapshot | None:
        assert isinstance(self.app, RoverApp)
        return self.app.state.snapshot

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def until(self, holds: Callable[[Snapshot], bool], what: str) -> None:
        for _ in range(int(PATIENCE / 0.1)):
            if self.snapshot is not None and holds(self.snapshot):
                return
            await asyncio.sleep(0.1)
        raise SystemExit(f"never came: {what}")

    async def take(self, name: str) -> None:
        await self.pilot.pause(0.3)
        svg = self.app.export_screenshot(title="rovertui")
        # The pictures fetch nothing: whoever looks at them has a monospaced font.
        svg = _FONT_FACES.sub("", svg).replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")
        svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
        (PLACE / f"{name}.svg").write_text(svg, encoding="utf-8")
        print(f"{name}.svg")  # noqa: T201


def _stage(name: str) -> Callable[[Snapshot], bool]:
    def there(snapshot: Snapshot) -> bool:
        job = snapshot.jobs[-1] if snapshot.jobs else None
        return job is not None and any(
            stage.name == name and stage.state == "running" for stage in job.stages
        )

    return there


async def _pictures(camera: Camera) -> None:
    await camera.until(lambda s: s.stream.state == "live", "frames")
    await camera.press("c")
    await camera.until(lambda s: s.capture.kept >= 42, "42 samples")
    await camera.take("drive")
    await camera.until(lambda s: s.capture.kept >= s.capture.target > 0, "a full set")
    await camera.press("2")
    await camera.take("set")
    await camera.press("1", "c", "P")
    await camera.until(lambda s: s.stream.motion == "still", "a rover that stands still")
    await camera.until(lambda s: s.toolkit.state == "ready", "the toolkit")
    await camera.press("3", "x")
    await camera.take("ship-asks")
    await camera.press("y")
    await camera.until(_stage("quantize"), "quantizing")
    await camera.until(lambda s: s.jobs[-1].done >= 0.4 * (s.jobs[-1].total or 1), "progress")
    await camera.take("ship-runs")
    await camera.until(lambda s: s.jobs[-1].state == "done", "the end of the shipment")
    await camera.pilot.pause(1.0)
    await camera.take("models")
    await camera.press("L")
    await camera.take("log")
    await camera.press("escape", "question_mark")
    await camera.take("keys")


async def _stop(workspace: Workspace) -> None:
    client = Client(workspace)
    await client.connect()
    await client.do("daemon.stop")
    while client.connected:
        await asyncio.sleep(0.05)
    await client.close()


def _end_when_told() -> None:
    """Make SIGTERM what ctrl-c is: the daemon is stopped, nothing is left running."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)


async def main(place: Path) -> None:
    workspace = demo.prepare(place)
    client = await connected(workspace)
    await client.close()
    try:
        app = RoverApp(lambda: StartingClient(workspace), SHOWN)
        async with app.run_test(size=SIZE) as pilot:
            # The application has set its own handlers, which only close it.
            _end_when_told()
            await _pictures(Camera(pilot))
    finally:
        await _stop(workspace)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    try:
        asyncio.run(main(Path(sys.argv[1])))
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise SystemExit("stopped") from None
