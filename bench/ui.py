"""What the screen costs, in a pseudo-terminal: time to content, CPU, bytes, key latency, memory.

    bench/ui.py [--json] [--seconds N] [--repeats N] [--beside harlequin]

Content, idle and live are measured on real daemons, the flood of log lines on a daemon of this
file that only sends: a conversion's own load would be measured with it otherwise. Beside it runs
htop, and with --beside a well-known Textual application, installed for this run alone. Starts
read compiled modules, as after `./run`. Shares are of one core; medians, with the spread where it
is repeated.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import _beside  # noqa: E402
from bench._report import options, tell  # noqa: E402
from bench._terminal import Terminal  # noqa: E402

SMALL, LARGE = (80, 24), (120, 40)
LINES_PER_SECOND = 2000
CONTENT = b"CAPTURE"


class Bench:
    """Workspaces of its own under ``place``, with a cache of their own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.cpu_to_content: list[float] = []
        self.beside_cost: dict[str, float] = {}
        self.env = {
            "XDG_CACHE_HOME": str(place / "c"),
            "PYTHONPATH": str(ROOT),
            # Compiled once, in the start that is not counted; whatever the caller's setting is.
            "PYTHONPYCACHEPREFIX": str(place / "compiled"),
            "PYTHONDONTWRITEBYTECODE": "",
        }

    def workspace(self, name: str, source: str = "none") -> Path:
        """A workspace with a rover that moves (``simulated``) or nothing at all (``none``)."""
        path = self.place / name
        if not path.exists():
            self.run("init", str(path))
            text = f'[source]\nkind = "{source}"\n[v620]\nhost = ""\n'
            (path / "config.toml").write_text(text, encoding="utf-8")
            # Somebody who has left the guide: it would lie over what is waited for.
            (path / ".rovertui").mkdir()
            (path / ".rovertui" / "guide.json").write_text('{"left": true}', encoding="utf-8")
        return path

    def run(self, *words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "rovertui", *words],
            check=True,
            env={**os.environ, **self.env},
            cwd=self.place,
            capture_output=True,
        )

    def open(self, path: Path, size: tuple[int, int]) -> Terminal:
        argv = [sys.executable, "-m", "rovertui", "-w", str(path)]
        return Terminal(argv, size, self.place, self.env)

    def stop(self, path: Path) -> None:
        self.run("-w", str(path), "daemon", "stop")

    def content(self, repeats: int, *, cold: bool, beside: str = "") -> list[list[float]]:
        """Seconds from the start of the program to its first content, once for each repeat.

        Args:
            cold: stop the daemon between the starts.
            beside: another program, started in turn with this one: a machine's speed wanders.

        Returns:
            This program's, and the other's.
        """
        path = self.workspace("idle")
        other = self.command_of(beside) if beside else None
        own: list[float] = []
        others: list[float] = []
        try:
            for turn in range(repeats + 1):
                seconds, cpu, _ = self._start(self.open(path, SMALL), CONTENT)
                if turn:  # the first one fills the disk's cache
                    own.append(seconds)
                    self.cpu_to_content.append(cpu)
                if cold:
                    self.stop(path)
                if other is not None:
                    terminal = Terminal(other[0], LARGE, self.place, other[1])
                    last = turn == repeats
                    seconds, _, cost = self._start(
                        terminal, _beside.APPLICATIONS[beside][2], cost=last
                    )
                    if turn:
                        others.append(seconds)
                    if last:
                        self.beside_cost = cost
        finally:
            self.stop(path)
        return [own, others]

    def _start(
        self, terminal: Terminal, content: bytes, *, cost: bool = False
    ) -> tuple[float, float, dict[str, float]]:
        """Seconds and processor seconds to its content; what it costs then, where asked."""
        try:
            seconds, cpu = terminal.seconds_to(content, terminal.began), terminal.cpu_seconds()
            if not cost:
                return seconds, cpu, {}
            terminal.listen(3.0)
            return seconds, cpu, {**terminal.cost(5.0), "megabytes": terminal.megabytes()}
        finally:
            terminal.close(5.0)

    def command_of(self, name: str) -> tuple[Sequence[str], dict[str, str]]:
        """A well-known Textual application, installed for this run, and its environment."""
        env = {"XDG_CONFIG_HOME": str(self.place / "oc"), "XDG_DATA_HOME": str(self.place / "od")}
        return _beside.install(name, self.place), {**self.env, **env, "PYTHONPATH": ""}

    def costs(
        self, source: str, size: tuple[int, int], seconds: float, keys: bytes = b""
    ) -> dict[str, float]:
        """CPU, bytes and memory of an open screen, after some keys."""
        path = self.workspace(source, source)
        terminal = self.open(path, size)
        try:
            terminal.seconds_to(CONTENT, terminal.began)
            if keys:
                terminal.press(keys)
            terminal.listen(4.0)
            return {**terminal.cost(seconds), "megabytes": terminal.megabytes()}
        finally:
            terminal.close(5.0)
            self.stop(path)

    def keys(self, size: tuple[int, int], presses: int) -> tuple[list[float], dict[str, float]]:
        """Seconds from a key to its screen while a log floods; and what the flood costs."""
        path = self.workspace("flood")
        env = {**os.environ, **self.env}
        sender = subprocess.Popen([sys.executable, __file__, "--send", str(path)], env=env)
        try:
            self._wait_for_socket(path)
            terminal = self.open(path, size)
            try:
                terminal.seconds_to(CONTENT, terminal.began)
                found = []
                for turn in range(presses):
                    key, shown = ((b"3", b" MODELS "), (b"L", b" LOG "), (b"1", b" DRIVE "))[
                        turn % 3
                    ]
                    terminal.listen(0.13 + 0.01 * (turn % 7))
                    start, pressed = len(terminal.output), time.perf_counter()
                    terminal.press(key)
                    found.append(terminal.seconds_to(shown, pressed, start))
                terminal.press(b"L")
                terminal.listen(1.0)
                return found, {**terminal.cost(5.0), "megabytes": terminal.megabytes()}
            finally:
                terminal.close(5.0)
        finally:
            sender.terminate()
            sender.wait()

    def _wait_for_socket(self, path: Path) -> None:
        until = time.perf_counter() + 20
        while not any((self.place / "c" / "rovertui" / "run").glob("*.sock")):
            if time.perf_counter() > until:
                raise TimeoutError(f"the sender for {path} did not start")
            time.sleep(0.02)

    def other(self, argv: Sequence[str], size: tuple[int, int], seconds: float) -> dict[str, float]:
        """Another program in the same terminal, without content to wait for."""
        terminal = Terminal(argv, size, self.place, {})
        try:
            while not terminal.output:
                terminal.read(1.0)
            terminal.listen(3.0)
            return {**terminal.cost(seconds), "megabytes": terminal.megabytes()}
        finally:
            terminal.close(5.0)


def importing(repeats: int, env: dict[str, str]) -> list[float]:
    """Seconds for Python to start and read Textual: what no program of it can be faster than."""
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        argv = [sys.executable, "-c", "import textual.app"]
        subprocess.run(argv, check=True, env={**os.environ, **env})
        found.append(time.perf_counter() - began)
    return found


async def send(path: Path) -> None:
    """Play a daemon whose job writes ``LINES_PER_SECOND`` lines, and whose sensors move."""
    import msgspec

    from rovertui.protocol import VERSION, Call, Hello, Push, Reply, encode, receive
    from rovertui.workspace import Workspace
    from tests.ui.scenes import job
    from tests.ui.scripted import Scripted

    rover = Scripted()
    began = time.monotonic()

    def count() -> int:
        return int((time.monotonic() - began) * LINES_PER_SECOND)

    def line(number: int) -> dict[str, Any]:
        return {"kind": "log", "text": f"I layer {number}: [INFO] quantize /conv{number % 97}"}

    async def push(writer: asyncio.StreamWriter) -> None:
        while True:
            rover.ticks += 1
            rover._move()
            rover.snapshot.sequence += 1
            rover.snapshot.jobs = [job(at=5, done=rover.ticks % 100, total=100.0, events=count())]
            writer.write(encode(Push(rover.snapshot)))
            await writer.drain()
            await asyncio.sleep(0.1)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await receive(reader)
        writer.write(encode(Hello(VERSION, "bench")))
        pushing: asyncio.Task[None] | None = None
        try:
            while isinstance(call := await receive(reader), Call):
                result: dict[str, Any] = {}
                if call.method == "subscribe":
                    pushing = asyncio.get_running_loop().create_task(push(writer))
                elif call.method == "snapshot":
                    result = msgspec.to_builtins(rover.snapshot)
                elif call.method == "events":
                    start, total = call.params["start"], count()
                    end = min(start + call.params["count"], total)
                    result = {"events": [line(i) for i in range(start, end)], "total": total}
                writer.write(encode(Reply(call.id, result)))
        finally:
            if pushing:
                pushing.cancel()
            writer.close()

    server = await asyncio.start_unix_server(serve, str(Workspace(path).socket()))
    await server.serve_forever()


def spread(values: list[float], factor: float = 1000.0) -> dict[str, float]:
    """Median, least, most and 95th percentile, in milliseconds."""
    ordered = sorted(value * factor for value in values)
    return {
        "median": round(statistics.median(ordered), 1),
        "least": round(ordered[0], 1),
        "most": round(ordered[-1], 1),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
    }


def goal(what: str, limit: float, measured: float) -> dict[str, object]:
    return {"what": what, "goal": f"<= {limit:g}", "measured": measured, "met": measured <= limit}


def measure(seconds: float, repeats: int, presses: int, beside: str = "") -> dict[str, Any]:
    """Everything as one report: ``name``, ``figures``, ``goals``."""
    with tempfile.TemporaryDirectory(prefix="ui") as name:
        bench = Bench(Path(name))
        own, others = bench.content(repeats, cold=False, beside=beside)
        warm = spread(own)
        cold = spread(bench.content(max(repeats // 2, 1), cold=True)[0])
        yardstick = spread(importing(repeats, bench.env))
        idle = bench.costs("none", SMALL, seconds)
        live = {
            f"{size[0]}x{size[1]}": bench.costs("simulated", size, seconds)
            for size in (SMALL, LARGE)
        }
        found, flood = bench.keys(SMALL, presses)
        keys = spread(found)
        figures: dict[str, Any] = {
            "content_ms_daemon_running": warm,
            "content_ms_cold": cold,
            "content_cpu_ms": spread(bench.cpu_to_content),
            "import_textual_ms_in_the_same_run": yardstick,
            "idle": idle,
            "live": live,
            "live_with_picture": {
                f"{size[0]}x{size[1]}": bench.costs("simulated", size, seconds, b"v")
                for size in (SMALL, LARGE)
            },
            "key_to_paint_ms_while_the_log_floods": keys,
            "log_open_while_it_floods": flood,
            "load_average_at_the_end": round(os.getloadavg()[0], 2),
        }
        if htop := _beside.htop():
            figures["htop"] = bench.other(htop, LARGE, seconds)
        if beside:
            figures[beside] = {"content_ms": spread(others), **bench.beside_cost}
    most = max(entry["megabytes"] for entry in (idle, flood, *live.values()))
    goals = [
        goal("content with the daemon running, ms", 500, warm["median"]),
        goal("content cold, ms", 1500, cold["median"]),
        goal("idle, percent of a core", 1, idle["cpu_percent"]),
        *(goal(f"live {size}, percent of a core", 5, f["cpu_percent"]) for size, f in live.items()),
        *(goal(f"live {size}, kB/s", 25, f["kilobytes_per_second"]) for size, f in live.items()),
        goal("key to paint p95 while 2,000 lines/s come, ms", 50, keys["p95"]),
        goal("memory of the screen, MB", 60, most),
    ]
    if beside:
        share = round(warm["median"] / figures[beside]["content_ms"]["median"], 2)
        goals.append(goal(f"content, of {beside}'s in the same run", 0.33, share))
    return {"name": "ui", "figures": figures, "goals": goals}


def show(figures: dict[str, Any]) -> None:
    for what, figure in figures.items():
        print(f"{what}: {figure}")


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="each measurement of a cost")
    parser.add_argument("--repeats", type=int, default=11, help="starts")
    parser.add_argument("--presses", type=int, default=60, help="keys")
    parser.add_argument(
        "--beside", choices=list(_beside.APPLICATIONS), default="", help="measured in the same run"
    )
    parser.add_argument("--send", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.send:
        asyncio.run(send(given.send))
        return 0
    tell(measure(given.seconds, given.repeats, given.presses, given.beside), given.json, show)
    return 0


if __name__ == "__main__":
    sys.exit(main())
