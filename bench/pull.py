"""How long a pull takes beside `scp` through a ControlMaster, from a real sshd on loopback.

Run alone: ``python bench/pull.py [--json] [--full] [--repeats N]``. Both read the same file of
random bytes in turn. Ours hashes on both sides and waits for the disk; scp does neither.
``--full`` adds 200 MB, and the same sizes behind 10 ms of round trip.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench._report import options, tell
from rovertui.remote.checkpoints import list_checkpoints, pick
from rovertui.remote.pull import pull
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter
from tests.ports import free_port
from tests.remote.sshd import Sshd, make_key, put

NAME = "ppo_v620_update_50.onnx"
ROUND_TRIP = 0.010


class Delay:
    """A TCP proxy to a loopback port that holds every byte back for half the round trip."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self._to = port
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True).start()
        ready.wait()

    async def _serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._pair, "127.0.0.1", self.port)
        ready.set()
        await server.serve_forever()

    async def _pair(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._to)
        await asyncio.gather(self._hold(reader, there_writer), self._hold(there_reader, writer))

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def send() -> None:
            while True:
                due, block = await waiting.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not block:
                    break
                writer.write(block)
                await writer.drain()
            writer.close()

        sender = asyncio.create_task(send())
        # A connection ends here as often by a reset as by an end of file.
        with contextlib.suppress(ConnectionError):
            while block := await reader.read(1 << 18):
                waiting.put_nowait((loop.time() + ROUND_TRIP / 2, block))
        waiting.put_nowait((0.0, b""))
        with contextlib.suppress(ConnectionError):
            await sender


class Bench:
    """One server, one kept link of ours, one ControlMaster of scp's."""

    def __init__(self, directory: Path) -> None:
        make_key(directory / "client")
        make_key(directory / "host")
        self.sshd = Sshd(directory / "sshd", directory / "client", directory / "host").start()
        self._into = directory / "into"
        self._into.mkdir()
        self._count = 0

    def compare(self, size: int, repeats: int, port: int = 0) -> tuple[list[float], list[float]]:
        """Seconds of each of ``repeats`` pulls of ``size`` bytes: ours, and scp's."""
        put(self.sshd.checkpoints, NAME, size)
        port = port or self.sshd.port
        known = self.sshd.root / f"known_{port}"
        known.write_text(self.sshd.known_line().replace(f":{self.sshd.port} ", f":{port} ") + "\n")
        options = ["-F", "none", "-i", str(self.sshd.client_key), "-o", f"Port={port}"]
        options += ["-o", f"UserKnownHostsFile={known}"]
        options += ["-o", f"ControlPath={self.sshd.root}/cm{port}"]
        login = f"{self.sshd.user}@127.0.0.1"
        master = ["ssh", *options, "-o", "ControlMaster=yes", "-N", "-f", login]
        subprocess.run(master, check=True)
        server = replace(self.sshd.server(), port=port, known_hosts=str(known), stall_timeout=5.0)
        ours, theirs = [], []
        try:
            with Link(server) as link:
                checkpoint = pick(list_checkpoints(link, server.directory))

                def mine(into: Path) -> None:
                    pull(link, server.directory, checkpoint, into, into / "trash", Reporter())

                def scp(into: Path) -> None:
                    source = f"{login}:{self.sshd.checkpoints / NAME}"
                    subprocess.run(["scp", "-q", *options, source, str(into / NAME)], check=True)

                self._timed(mine)
                self._timed(scp)
                for _ in range(repeats):
                    ours.append(self._timed(mine))
                    theirs.append(self._timed(scp))
        finally:
            subprocess.run(["ssh", *options, "-O", "exit", login], check=True, capture_output=True)
        return ours, theirs

    def _timed(self, fetch: Callable[[Path], None]) -> float:
        self._count += 1
        into = self._into / str(self._count)
        into.mkdir()
        started = time.perf_counter()
        fetch(into)
        seconds = time.perf_counter() - started
        (into / NAME).unlink()
        return seconds


def summary(values: list[float]) -> dict[str, float]:
    """Median and spread in seconds."""
    return {
        "median": round(statistics.median(values), 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
    }


def measure(repeats: int, full: bool) -> dict[str, object]:
    """All comparisons as one report: ``name``, ``figures``, ``goals``."""
    figures: dict[str, object] = {}
    goals: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        try:
            delayed = Delay(bench.sshd.port).port if full else 0
            cases = [("1.3 MB, loopback", 1_300_000, 0), ("20 MB, loopback", 20_000_000, 0)]
            if full:
                cases += [
                    ("200 MB, loopback", 200_000_000, 0),
                    ("1.3 MB, 10 ms", 1_300_000, delayed),
                    ("20 MB, 10 ms", 20_000_000, delayed),
                    ("200 MB, 10 ms", 200_000_000, delayed),
                ]
            for what, size, port in cases:
                ours, theirs = bench.compare(size, repeats, port)
                ratio = round(statistics.median(ours) / statistics.median(theirs), 3)
                figures[what] = {
                    "pull_seconds": summary(ours),
                    "scp_seconds": summary(theirs),
                    "ratio": ratio,
                    "pull_megabytes_per_second": round(size / 1e6 / statistics.median(ours), 1),
                }
                if size < 10_000_000:
                    measured = round(statistics.median(ours), 4)
                    goals.append(
                        {
                            "what": f"{what}, warm link: seconds to the verified file",
                            "goal": "< 0.3",
                            "measured": measured,
                            "met": measured < 0.3,
                        }
                    )
                else:
                    goals.append(
                        {
                            "what": f"{what}: times scp through a ControlMaster",
                            "goal": "<= 1.0",
                            "measured": ratio,
                            "met": ratio <= 1.0,
                        }
                    )
        finally:
            bench.sshd.stop()
    return {"name": "pull", "repeats": repeats, "figures": figures, "goals": goals}


def show(figures: dict[str, Any]) -> None:
    for what, figure in figures.items():
        ours, theirs = figure["pull_seconds"], figure["scp_seconds"]
        print(
            f"{what:18} pull {ours['median']:.3f} s ({ours['least']:.3f}-{ours['most']:.3f}), "
            f"scp {theirs['median']:.3f} s ({theirs['least']:.3f}-{theirs['most']:.3f}), "
            f"ratio {figure['ratio']:.2f}"
        )


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--full", action="store_true", help="200 MB, and a delayed line")
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    tell(measure(given.repeats, given.full), given.json, show)
    return 0


if __name__ == "__main__":
    sys.exit(main())
