"""The pass-through: one loop that never waits for anybody but the collector."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zmq

from rovertui import __version__
from rovertui.errors import OperatorError
from rovertui.relay.cap import Cap
from rovertui.relay.figures import Figures
from rovertui.relay.upstream import Upstream
from rovertui.sensors.packet import Malformed, parse

log = logging.getLogger(__name__)

PROTOCOL = 1
_IN_HWM = 32
_COPY_HWM = 4
_BATCH = 32
_POLL_MS = 250
# A raw picture of 1920x1080 with its depth has 15 MB.
_LARGEST_MESSAGE = 16 << 20
_LOOK_EVERY_S = 0.05
# Two threads of ZeroMQ's: 437 kB to the recorder must not stand before those to the V620.
_WAY, _ASIDE = 1, 2


@dataclass(frozen=True)
class Settings:
    """Where packets come from and go to.

    Attributes:
        listen: where the collector connects, ``tcp://...``.
        upstream: the V620's address; empty: packets only reach the recorder.
        cap: bytes a second that may go upstream; 0 is no limit.
        copy: path of the Unix socket where the recorder subscribes.
        control: path of the Unix socket where the daemon asks and stops.
    """

    listen: str
    upstream: str
    cap: float
    copy: str
    control: str


class Relay:
    """Binds at once; :meth:`run` forwards until :attr:`stopping` is set.

    Raises:
        OperatorError: an address is taken or cannot be bound.
    """

    def __init__(self, settings: Settings, stopping: threading.Event | None = None) -> None:
        self.settings = settings
        self.stopping = stopping or threading.Event()
        self.figures = Figures()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context(io_threads=2)
        try:
            self._front = self._bound(zmq.PULL, settings.listen, "tap.listen", _WAY)
            self._copy = self._bound(zmq.PUB, f"ipc://{settings.copy}", "its socket", _ASIDE)
            control = f"ipc://{settings.control}"
            self._control = self._bound(zmq.ROUTER, control, "its socket", _ASIDE)
        except OperatorError:
            self._context.destroy(linger=0)
            raise
        self._upstream = Upstream(self._context, settings.upstream, _WAY)
        self._cap = Cap(settings.cap)

    def _bound(self, kind: int, address: str, what: str, threads: int) -> zmq.Socket[bytes]:
        socket = self._context.socket(kind)
        socket.set(zmq.AFFINITY, threads)
        socket.set(zmq.LINGER, 0)
        socket.set(zmq.RCVHWM, _IN_HWM)
        socket.set(zmq.SNDHWM, _COPY_HWM if kind == zmq.PUB else _IN_HWM)
        socket.set(zmq.MAXMSGSIZE, _LARGEST_MESSAGE)
        try:
            socket.bind(address)
        except zmq.ZMQError as error:
            raise OperatorError(
                f"{address}: packets cannot be taken here: {error.strerror.lower()}.",
                hint=f"See which program holds it (`ss -lptn`), or change {what}.",
                code="taken",
            ) from None
        return socket

    def run(self) -> None:
        """Forward until told to stop."""
        poller = zmq.Poller()
        poller.register(self._front, zmq.POLLIN)
        poller.register(self._control, zmq.POLLIN)
        looked = 0.0
        while not self.stopping.is_set():
            ready = {socket for socket, _ in poller.poll(_POLL_MS)}
            if self._front in ready:
                self._drain()
            now = time.monotonic()
            if now - looked >= _LOOK_EVERY_S:
                looked = now
                self._upstream.look()
                self.figures.tick()
            if self._control in ready:
                self._answer()

    def close(self) -> None:
        self._upstream.close()
        self._context.destroy(linger=0)
        for path in (self.settings.copy, self.settings.control):
            Path(path).unlink(missing_ok=True)

    def _drain(self) -> None:
        for _ in range(_BATCH):
            try:
                first = self._front.recv(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            parts = [first]
            while parts[-1].more:
                parts.append(self._front.recv(copy=False))
            self._pass(parts)

    def _pass(self, parts: list[zmq.Frame]) -> None:
        # First on its way, then counted: what comes after costs no delay.
        open_way = self._cap.passes()
        sent = open_way and self._upstream.send(parts)
        count = sum(len(part) for part in parts)
        now = self.figures.now
        now.received += 1
        now.received_bytes += count
        self.figures.last_at = time.monotonic()
        if sent:
            self._cap.took(count)
            now.sent += 1
            now.sent_bytes += count
        else:
            now.capped += not open_way
            now.lost += 1
        # Asked for its state, the socket hears that its reader has read: a queue of four counts as
        # full until then, and sending alone listens only once a millisecond.
        self._copy.get(zmq.EVENTS)
        try:
            if len(parts) == 1:
                self._copy.send(parts[0], zmq.NOBLOCK, copy=False)
            else:
                self._copy.send_multipart(parts, zmq.NOBLOCK, copy=False)
        except zmq.Again:
            now.copy_lost += 1
        try:
            if len(parts) != 1:
                raise Malformed(f"{len(parts)} parts, wanted one")
            parse(parts[0].buffer)
        except Malformed as error:
            if now.malformed == 0:
                log.warning("a malformed packet, forwarded as it is: %s", error)
            now.malformed += 1

    def _answer(self) -> None:
        """Answer what the daemon asks: ``state``, ``stop``, ``cap`` and ``upstream``."""
        while self._control.poll(0):
            who, *rest = self._control.recv_multipart()
            try:
                request = json.loads(rest[-1]) if rest else None
                reply = self._do(request)
            except (ValueError, OverflowError, RecursionError):
                reply = {"error": "no JSON object"}
            try:
                self._control.send_multipart([who, json.dumps(reply).encode()], zmq.NOBLOCK)
            except zmq.ZMQError as error:
                log.info("nobody waits for an answer: %s", error)

    def _do(self, request: Any) -> dict[str, Any]:
        wish = request.get("do") if isinstance(request, dict) else None
        if wish == "stop":
            log.info("stopped on purpose")
            self.stopping.set()
        elif wish == "upstream" and isinstance(request.get("address"), str):
            self._send_to(request["address"])
        elif wish == "cap" and isinstance(request.get("rate"), (int, float)):
            self._cap = Cap(max(0.0, float(request["rate"])))
        elif wish != "state":
            return {"error": "expected state, stop, upstream or cap"}
        return self.state()

    def _send_to(self, address: str) -> None:
        """Send elsewhere from now on, without letting go of the collector."""
        if address == self._upstream.address:
            return
        self._upstream.close()
        try:
            self._upstream = Upstream(self._context, address, _WAY)
        except zmq.ZMQError as error:
            self._upstream = Upstream(self._context, "")
            self._upstream.reason = f"{address}: {error.strerror}"
            log.warning("upstream %s: %s", address, error)

    def state(self) -> dict[str, Any]:
        """Everything there is to know, as plain data."""
        self._upstream.look()
        return {
            "protocol": PROTOCOL,
            "version": __version__,
            "pid": os.getpid(),
            "listen": self.settings.listen,
            "upstream": self._upstream.address,
            "upstream_state": self._upstream.state,
            "upstream_reason": self._upstream.reason,
            "connections": self._upstream.connections,
            "cap": self._cap.rate,
            **self.figures.view(),
        }
