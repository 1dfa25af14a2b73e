"""What the tap adds: delay against a direct connection and against zmq.proxy, and throughput.

Run alone: ``python bench/tap.py [--json] [--seconds N]``. Sender, what stands between, and receiver
are processes of their own on loopback; messages are packets of the collector with 437 kB. The
three ways are measured in turns, several rounds each, so that a busy machine disturbs all alike.
The relay runs as on the rover: it checks each packet and offers a copy that a subscriber reads.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import zmq

from bench._report import options, tell
from rovertui.relay import record
from rovertui.relay.control import Control
from rovertui.sensors import packet

ROOT = Path(__file__).resolve().parent.parent
BYTES = 437_000
RATE = 100.0
ROUNDS = 5
WAYS = ("direct", "zmq.proxy", "relay")
_STAMP = 16


def message() -> bytes:
    """A valid packet of the usual size; its last bytes are the place of a time stamp."""
    shapes = {"rgb": [240, 424, 3], "depth": [240, 424], "proprio": [6], "action": [2]}
    fixed = {"depth": bytes(4 * 240 * 424), "proprio": bytes(24), "action": bytes(8)}
    rest = BYTES - sum(map(len, fixed.values())) - 300
    return packet.build(
        1.0, {"rgb": os.urandom(rest), **fixed}, shapes, compressed=True, reward=0.0
    )


def send(address: str, rate: float, count: int) -> None:
    """A PUSH sender; rate 0 is as fast as messages are taken."""
    context: zmq.Context[Any] = zmq.Context()
    push = context.socket(zmq.PUSH)
    push.set(zmq.SNDHWM, 10)
    push.connect(address)
    body = message()[:-_STAMP]
    time.sleep(0.5)
    began = time.monotonic()
    for number in range(count):
        if rate:
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
        push.send(body + f"{time.monotonic_ns():0{_STAMP}d}".encode())
    push.close(5000)
    context.term()


def subscribe(path: str) -> None:
    """A recorder's end of the copy: reads and forgets."""
    context: zmq.Context[Any] = zmq.Context()
    sub = context.socket(zmq.SUB)
    sub.set(zmq.RCVHWM, 4)
    sub.subscribe(b"")
    sub.connect(f"ipc://{path}")
    while True:
        sub.recv(copy=False)


def proxy(listen: str, upstream: str) -> None:
    context: zmq.Context[Any] = zmq.Context()
    front, back = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    front.bind(listen)
    back.connect(upstream)
    zmq.proxy(front, back)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Between:
    """What stands between sender and receiver: nothing, a proxy, or the relay."""

    def __init__(self, way: str, upstream: str, place: Path) -> None:
        self.address = upstream
        self.control: Control | None = None
        self.relay: subprocess.Popen[bytes] | None = None
        self.helpers: list[Any] = []
        if way == "direct":
            return
        self.address = f"tcp://127.0.0.1:{free_port()}"
        if way == "zmq.proxy":
            self._help(proxy, self.address, upstream)
        else:
            self._start_relay(upstream, place)

    def _help(self, work: Any, *words: str) -> None:
        self.helpers.append(multiprocessing.Process(target=work, args=words, daemon=True))
        self.helpers[-1].start()

    def _start_relay(self, upstream: str, place: Path) -> None:
        path = place / record.NAME
        self.relay = subprocess.Popen(
            [
                *(sys.executable, "-m", "rovertui.relay", "--record", str(path)),
                *("--listen", self.address, "--upstream", upstream),
                *("--copy", str(place / "c"), "--control", str(place / "k")),
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.DEVNULL,
        )
        while record.running(path) is None:
            time.sleep(0.01)
        self._help(subscribe, str(place / "c"))
        self.control = Control(str(place / "k"))
        while (self.control.ask({"do": "state"}) or {}).get("upstream_state") != "up":
            time.sleep(0.01)

    def lost(self) -> int:
        state = self.control.ask({"do": "state"}, 5.0) if self.control else None
        return int(state["lost"]) if state else 0

    def close(self) -> None:
        if self.control is not None:
            self.control.close()
        for process in self.helpers:
            process.kill()
            process.join()
        if self.relay is not None:
            self.relay.terminate()
            self.relay.wait(10)


def run(way: str, rate: float, count: int) -> dict[str, Any]:
    """Send ``count`` messages; delays in ms, messages a second, and how many were lost."""
    context: zmq.Context[Any] = zmq.Context()
    pull = context.socket(zmq.PULL)
    port = pull.bind_to_random_port("tcp://127.0.0.1")
    with tempfile.TemporaryDirectory() as name:
        between = Between(way, f"tcp://127.0.0.1:{port}", Path(name))
        sender = multiprocessing.Process(target=send, args=(between.address, rate, count))
        sender.start()
        delays: list[float] = []
        first = last = 0.0
        while len(delays) < count and pull.poll(3000):
            frame = pull.recv(copy=False)
            last = time.monotonic()
            first = first or last
            delays.append(1e-6 * (time.monotonic_ns() - int(bytes(frame.buffer[-_STAMP:]))))
        sender.join(10)
        lost = between.lost()
        between.close()
    context.destroy(linger=0)
    return {"delays": delays, "rate": (len(delays) - 1) / max(last - first, 1e-9), "lost": lost}


def measure(seconds: float) -> dict[str, Any]:
    count = int(RATE * seconds)
    rounds: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    lost = 0
    for _ in range(ROUNDS):
        for way in WAYS:
            result = run(way, RATE, count)
            rounds[way].append(result["delays"])
            lost += result["lost"]
    most = {way: [run(way, 0, 2000)["rate"] for _ in range(3)] for way in WAYS}
    delays = {way: summary(found) for way, found in rounds.items()}
    figures = {
        "bytes": len(message()),
        "rate": RATE,
        "messages_a_way": count * ROUNDS,
        "delay_ms": delays,
        "lost_at_rate": lost,
        "most_a_second": {way: spread(rates) for way, rates in most.items()},
    }
    goals = []
    for name in ("p50", "p99"):
        ratio = delays["relay"][name]["median"] / delays["zmq.proxy"][name]["median"]
        goals.append(goal(f"{name} of the delay at 100/s, times zmq.proxy's", "<= 1.3", ratio, 1.3))
    sustained = figures["most_a_second"]["relay"]["median"]
    goals.append(
        {
            "what": "messages a second sustained",
            "goal": "> 1000",
            "measured": round(sustained, 1),
            "met": sustained > 1000,
        }
    )
    return {"name": "tap", "figures": figures, "goals": goals}


def summary(rounds: list[list[float]]) -> dict[str, Any]:
    """Median and range over the rounds of each round's p50 and p99."""
    cut = [statistics.quantiles(delays, n=100) for delays in rounds]
    return {"p50": spread([c[49] for c in cut]), "p99": spread([c[98] for c in cut])}


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def goal(what: str, wanted: str, measured: float, limit: float) -> dict[str, Any]:
    return {"what": what, "goal": wanted, "measured": round(measured, 3), "met": measured <= limit}


def show(figures: dict[str, Any]) -> None:
    print(f"{figures['bytes']} bytes a message, {figures['rate']:.0f} a second, ms")
    for way, found in figures["delay_ms"].items():
        words = ", ".join(
            f"{name} {f['median']:.2f} ({f['low']:.2f} to {f['high']:.2f})"
            for name, f in found.items()
        )
        print(f"{way:<12}{words}")
    for way, found in figures["most_a_second"].items():
        print(
            f"{way:<12}most a second {found['median']:.0f} "
            f"({found['low']:.0f} to {found['high']:.0f})"
        )
    print(f"lost by the relay at {figures['rate']:.0f} a second: {figures['lost_at_rate']}")


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each round")
    given = parser.parse_args()
    tell(measure(given.seconds), given.json, show)
    return 0


if __name__ == "__main__":
    sys.exit(main())
