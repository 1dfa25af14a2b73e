"""The collector's stream as a source: packets from the relay's copy."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import zmq

from rovertui.errors import OperatorError
from rovertui.schema import Schema
from rovertui.sensors import decode
from rovertui.sensors.clock import SteadyClock
from rovertui.sensors.frame import Frame, SourceFacts
from rovertui.sensors.packet import Malformed, Packet, parse
from rovertui.text import clean

_HWM = 4
_QUIET_AFTER_S = 3.0
_TELL_MALFORMED_EVERY_S = 60.0
# A delay beyond this is not a delay: sender and receiver have different clocks.
_SAME_CLOCK_S = 60.0


class PacketSource:
    """Frames from packets of the collector's format.

    Args:
        socket: SUB or PULL, ready; closed with the source.
        name: what sends, in words ("collector (tap").
        schema: names the far end of depth.
        reasons: why nothing may come, likeliest first.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        socket: zmq.Socket[bytes],
        kind: str,
        name: str,
        schema: Schema,
        reasons: list[str],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._context = context
        self._socket = socket
        self._name = name
        self._far = schema.arrays["depth"].high if "depth" in schema.arrays else 6.0
        self._reasons = reasons
        self._clock = clock
        self._wall = wall
        self._steady = SteadyClock()
        self._news: list[str] = []
        self._heard = clock()
        self._said_malformed = float("-inf")
        self.malformed = 0
        self._compressed: bool | None = None
        self.facts = SourceFacts(kind=kind, text=name, simulated=False)

    def read(self, timeout: float) -> Frame | None:
        """The next packet as a frame; a malformed one is counted and is no frame."""
        if not self._socket.poll(int(timeout * 1000)):
            return None
        parts = self._socket.recv_multipart(copy=False)
        received = self._clock()
        try:
            if len(parts) != 1:
                raise Malformed(f"{len(parts)} parts, wanted one")
            return self._frame(parse(parts[0].buffer), received)
        except Malformed as error:
            self._bad(error, received)
            return None

    def _frame(self, packet: Packet, received: float) -> Frame:
        arrays = decode.arrays(packet, self._far)
        self._heard = received
        if packet.compressed is not self._compressed:
            self._say_colours(packet.compressed)
        stamp = self._steady.steady(packet.timestamp, received)
        if self._steady.jumped:
            self._news.append(
                f"The collector's clock was set by {self._steady.jumped:+.1f} s; "
                "samples go on as if it had not been."
            )
        action = decode.vector(packet, "action").ravel()
        return Frame(
            stamp=stamp,
            received=received,
            arrays=arrays,
            action=action if action.size == 2 and np.isfinite(action).all() else None,
            ages=self._ages(packet),
        )

    def _ages(self, packet: Packet) -> dict[str, float]:
        now = self._wall()
        stamps = packet.extra.get("stamps")
        given = stamps if isinstance(stamps, dict) else {"packet": packet.timestamp}
        # The bound comes first: an integer of JSON may be larger than any float.
        return {
            clean(str(name), 20): now - stamp
            for name, stamp in list(given.items())[:8]
            if isinstance(stamp, (int, float))
            and not isinstance(stamp, bool)
            and now - _SAME_CLOCK_S < stamp < now + _SAME_CLOCK_S
        }

    def _say_colours(self, compressed: bool) -> None:
        self._compressed = compressed
        colours = "JPEG" if compressed else "raw"
        words = "went through JPEG" if compressed else "as the camera gave them"
        self.facts = SourceFacts(
            kind=self.facts.kind,
            text=f"{self._name}, {colours}",
            simulated=False,
            details={"colours": words},
        )

    def _bad(self, error: Malformed, now: float) -> None:
        self.malformed += 1
        if now - self._said_malformed >= _TELL_MALFORMED_EVERY_S:
            self._said_malformed = now
            self._news.append(f"A malformed packet was passed on and left out here: {error}.")

    def news(self) -> list[str]:
        said, self._news = self._news, []
        return said

    def trouble(self) -> list[str]:
        return self._reasons if self._clock() - self._heard > _QUIET_AFTER_S else []

    def park(self, parked: bool) -> None:
        raise OperatorError("Only a simulated rover can be told to park.")

    def close(self) -> None:
        self._context.destroy(linger=0)


def open_tap(copy: Path, listen: str, schema: Schema) -> PacketSource:
    """Subscribe to the relay's copy; it may begin later and come and go."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.set(zmq.LINGER, 0)
    socket.set(zmq.RCVHWM, _HWM)
    socket.set(zmq.RECONNECT_IVL, 100)
    socket.subscribe(b"")
    socket.connect(f"ipc://{copy}")
    reasons = [
        "no command has come on cmd_vel_ai: until then the collector sends nothing, and "
        "teleoperation publishes on cmd_vel_teleop",
        f"the collector was not started with {listen}",
        "the inference node runs: then there is no collector",
    ]
    return PacketSource(context, socket, "tap", "collector (tap)", schema, reasons)
