"""Frames for other processes: made and sent only where somebody listens."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import zmq

from rovertui.sensors import shared
from rovertui.sensors.frame import Frame
from rovertui.sensors.shared import COMMANDS, EVERY, NOW_AND_THEN, Outlet, Shared, listen
from tests.waiting import until


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rt-") as directory:
        yield Path(directory) / "s.see"


@pytest.fixture
def context() -> Iterator[zmq.Context[Any]]:
    made: zmq.Context[Any] = zmq.Context()
    yield made
    made.destroy(linger=0)


def frame(stamp: float = 1.0, action: tuple[float, float] | None = (0.5, -0.5)) -> Frame:
    arrays = {
        "rgb": np.arange(24, dtype=np.uint8).reshape(2, 4, 3),
        "proprio": np.arange(6, dtype=np.float32),
    }
    given = None if action is None else np.array(action, np.float32)
    return Frame(stamp, 100.0 + stamp, arrays, given, ages={"rgb": 0.25, "imu": 0.125})


def received(outlet: Outlet, socket: Any, make: Callable[[], Frame] = frame) -> Shared:
    """Offer frames until one has come: a subscription takes a moment."""

    def offered() -> Shared | None:
        outlet.offer(make(), "tap")
        return shared.taken_from(socket)

    found: Shared = until(offered)
    return found


def test_nothing_is_made_of_a_frame_that_nobody_asked_for(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise AssertionError("made for nobody")

    monkeypatch.setattr(shared, "_shared", refuse)
    outlet = Outlet(place, 1.0)
    outlet.offer(frame(), "tap")
    outlet.close()


def test_a_frame_comes_as_it_was_with_the_moment_it_was_taken(
    place: Path, context: zmq.Context[Any]
) -> None:
    outlet = Outlet(place, 0.0)
    found = received(outlet, listen(context, place, EVERY))
    sent = frame()
    assert (found.stamp, found.kind, found.action) == (1.0, "tap", (0.5, -0.5))
    assert found.taken == 101.0 - 0.25
    for name, array in sent.arrays.items():
        there = found.array(name)
        assert there is not None and there.dtype == array.dtype
        assert np.array_equal(there, array)
    assert found.array("depth") is None
    outlet.close()


def test_now_and_then_is_no_more_often(place: Path, context: zmq.Context[Any]) -> None:
    now = [0.0]
    outlet = Outlet(place, 1.0, clock=lambda: now[0])
    some, every = listen(context, place, NOW_AND_THEN), listen(context, place, EVERY)
    received(outlet, every)
    # From here on both listen: what is sent now is counted up to a mark that ends it.
    now[0] = 10.0
    received(outlet, some, lambda: frame(stamp=5.0))
    for tick in range(30):
        now[0] = 11.5 + tick / 10
        outlet.offer(frame(stamp=1000.0 + tick), "tap")
        until(lambda tick=tick: _stamp(every) == 1000.0 + tick)
    found = []
    while len(found) < 3:
        if (one := shared.taken_from(some)) is not None and one.stamp >= 1000.0:
            found.append(one.stamp)
    assert found == [1000.0, 1010.0, 1020.0]
    outlet.close()


def _stamp(socket: Any) -> float:
    found = shared.taken_from(socket)
    return found.stamp if found else 0.0


def test_commands_alone_carry_no_pictures(place: Path, context: zmq.Context[Any]) -> None:
    outlet = Outlet(place, 1.0)
    socket = listen(context, place, COMMANDS)
    found = received(outlet, socket)
    assert found.arrays == {} and found.action == (0.5, -0.5)
    outlet.close()


def test_a_listener_comes_before_the_recorder_and_stays_for_the_next(
    place: Path, context: zmq.Context[Any]
) -> None:
    socket = listen(context, place, EVERY)
    for _ in range(2):
        outlet = Outlet(place, 0.0)
        assert received(outlet, socket).stamp == 1.0
        outlet.close()


@pytest.mark.parametrize("plain", [("object", [1], b"x"), ("uint8", [9], b"x"), ("uint8", [], b"")])
def test_an_array_that_does_not_hold_what_it_says_is_none(plain: Any) -> None:
    assert Shared(0.0, 0.0, "tap", arrays={"a": plain}).array("a") is None


def test_bytes_that_are_no_frame_are_left(place: Path, context: zmq.Context[Any]) -> None:
    sender: Any = context.socket(zmq.PUB)
    sender.bind(f"ipc://{place}")
    socket = listen(context, place, EVERY)

    def sent() -> bool:
        sender.send_multipart([EVERY, b"\xc1 garbage"])
        sender.send_multipart([EVERY, msgspec.msgpack.encode(Shared(1.0, 2.0, "tap"))])
        return shared.taken_from(socket) is not None

    until(sent)
