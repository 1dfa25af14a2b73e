"""Packets as a source of frames: clocks that are set, silence, garbage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import zmq

from rovertui.config import Config
from rovertui.sensors.clock import SteadyClock
from rovertui.sensors.tap import PacketSource

from ..relay.collector import make


class Rig:
    def __init__(self) -> None:
        self.now, self.wall = 100.0, 1e9
        context: zmq.Context[Any] = zmq.Context()
        pull, self.push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        pull.bind("inproc://tap")
        self.push.connect("inproc://tap")
        self.source = PacketSource(
            context,
            pull,
            "tap",
            "collector (tap)",
            Config().schema,
            ["the likeliest", "another"],
            lambda: self.now,
            lambda: self.wall,
        )

    def read(self, message: bytes, passed: float = 0.1) -> Any:
        self.now += passed
        self.push.send(message)
        return self.source.read(1.0)


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.source.close()


def test_a_frame_has_the_packet_s_moment_command_and_age(rig: Rig) -> None:
    frame = rig.read(make(1, rig.wall - 0.25))
    assert frame.stamp == rig.wall - 0.25
    assert frame.received == rig.now
    assert frame.action.tolist() == [0.5, -0.25]
    assert frame.ages == pytest.approx({"packet": 0.25})


def test_ages_of_streams_are_known_when_the_sender_says_them(rig: Rig) -> None:
    from rovertui.sensors import packet

    good = packet.parse(make(1))
    parts = {name: bytes(part) for name, part in good.parts.items()}
    stamps = {"rgb": rig.wall - 0.03, "depth": rig.wall - 0.1, "far": 0.0, "odd": "x"}
    message = packet.build(rig.wall, parts, good.shapes, compressed=True, stamps=stamps)
    assert rig.read(message).ages == pytest.approx({"rgb": 0.03, "depth": 0.1})


def test_a_clock_that_is_set_is_announced_and_disturbs_nothing(rig: Rig) -> None:
    first = rig.read(make(1, 10.0))
    second = rig.read(make(2, 1e9), passed=0.1)
    third = rig.read(make(3, 1e9 + 0.1), passed=0.1)
    assert second.stamp - first.stamp == pytest.approx(0.1, abs=1e-3)
    assert third.stamp - second.stamp == pytest.approx(0.1, abs=1e-3)
    assert any("clock was set" in text for text in rig.source.news())


def test_steady_time_never_runs_away_from_the_monotonic_clock() -> None:
    clock = SteadyClock()
    stamps = [0.0, 0.1, 0.2, 5000.0, 5000.1, -3.0, -2.9]
    got = [clock.steady(stamp, i * 0.1) for i, stamp in enumerate(stamps)]
    assert got == pytest.approx([i * 0.1 for i in range(7)], abs=1e-6)


def test_garbage_is_counted_said_once_and_no_frame(rig: Rig) -> None:
    assert rig.read(b"garbage") is None
    assert rig.read(make(1, rig.wall)[:-5]) is None
    assert rig.source.malformed == 2
    assert len([text for text in rig.source.news() if "malformed" in text]) == 1
    assert rig.read(make(1, rig.wall)) is not None


@pytest.mark.parametrize(("compressed", "words"), [(True, "JPEG"), (False, "raw")])
def test_the_source_says_what_happened_to_the_colours(
    rig: Rig, compressed: bool, words: str
) -> None:
    rig.read(make(1, rig.wall, compressed=compressed))
    assert rig.source.facts.text == f"collector (tap), {words}"


def test_silence_has_reasons_and_a_packet_ends_them(rig: Rig) -> None:
    assert rig.source.trouble() == []
    rig.now += 5
    assert rig.source.trouble() == ["the likeliest", "another"]
    rig.read(make(1, rig.wall))
    assert rig.source.trouble() == []
