"""The recorder's parts: motion, rule, views, messages, output."""

from __future__ import annotations

import itertools
import json
import os
import threading
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rovertui.calibration.histogram import Histogram
from rovertui.config import Config, Rover
from rovertui.errors import OperatorError
from rovertui.recorder.messages import Capture, Kept, Numbers, Park, Stop, parse_command
from rovertui.recorder.motion import Motion
from rovertui.recorder.out import Out
from rovertui.recorder.rule import IntervalRule
from rovertui.recorder.view import ChangedAxes, Names, Rate, stream_state
from rovertui.schema import Array, Schema
from rovertui.snapshot import AxisView, CaptureView, StreamView

LIN, ANG = "proprio.lin_vel", "proprio.ang_vel"


def motion() -> Motion:
    return Motion(Config().schema, Rover())


def test_standing_still_takes_a_whole_second() -> None:
    rover = motion()
    states = []
    for tick in range(12):
        rover.add(tick / 10, {LIN: 0.0, ANG: 0.01})
        states.append(rover.state(tick / 10))
    assert states == ["unknown"] * 10 + ["still"] * 2


def test_one_fast_frame_within_the_second_is_moving() -> None:
    rover = motion()
    for tick in range(30):
        rover.add(tick / 10, {LIN: 0.0, ANG: 0.5 if tick == 15 else 0.0})
        expected = "unknown" if tick < 10 else "moving" if 15 <= tick < 26 else "still"
        assert rover.state(tick / 10) == expected


def test_no_frames_is_not_standing_still() -> None:
    rover = motion()
    assert rover.state(0.0) == "unknown"
    for tick in range(20):
        rover.add(tick / 10, {LIN: 0.0, ANG: 0.0})
    assert rover.state(1.9) == "still"
    assert rover.state(3.5) == "unknown"


def test_a_missing_velocity_is_unknown_even_where_the_other_is_zero() -> None:
    rover = motion()
    for tick in range(20):
        rover.add(tick / 10, {LIN: 0.0})
    assert rover.state(1.9) == "unknown"


def test_a_schema_without_velocities_is_unknown() -> None:
    schema = Schema(arrays={"grid": Array(shape=[4, 4], dtype="float32")}, inputs={})
    rover = Motion(schema, Rover())
    for tick in range(20):
        rover.add(tick / 10, {})
    assert rover.state(1.9) == "unknown"


@given(speeds=st.lists(st.floats(-1, 1), min_size=1, max_size=40), gap=st.floats(0.01, 0.8))
def test_still_is_never_said_within_a_second_of_moving(speeds: list[float], gap: float) -> None:
    rover = motion()
    last_fast = None
    for i, speed in enumerate(speeds):
        now = i * gap
        rover.add(now, {LIN: speed, ANG: 0.0})
        if abs(speed) > Rover().still_linear:
            last_fast = now
        if rover.state(now) == "still":
            assert last_fast is None or now - last_fast >= 1.0 - 1e-9


@given(
    stamps=st.lists(st.floats(0, 500), min_size=1, max_size=60).map(sorted),
    interval=st.floats(0.1, 60),
)
def test_kept_stamps_are_at_least_an_interval_apart(stamps: list[float], interval: float) -> None:
    rule = IntervalRule(interval, target=len(stamps))
    kept = []
    for stamp in stamps:
        if rule.due_in(stamp) == 0.0:
            decision = rule.decide(stamp, {}, "s", "calibration")
            rule.took(stamp, {}, "s", "calibration", decision)
            kept.append(stamp)
    assert kept[0] == stamps[0]
    assert all(b - a >= interval for a, b in itertools.pairwise(kept))


def test_rate_counts_the_last_two_seconds() -> None:
    rate = Rate()
    assert rate.value(0.0) == 0.0
    for tick in range(41):
        rate.add(tick / 10)
    assert rate.value(4.0) == pytest.approx(10.0)
    assert rate.value(9.0) == 0.0


@pytest.mark.parametrize(
    ("age", "stale", "state", "text"),
    [
        (None, False, "starting", "no frame has come"),
        (None, True, "stale", "no frame has come"),
        (0.1, False, "live", "10 frames a second"),
        (4.2, True, "stale", "no frame for 4 s"),
    ],
)
def test_a_stream_says_how_it_is(age: float | None, stale: bool, state: str, text: str) -> None:
    view = StreamView(age=age, rate=10.0)
    stream_state(view, stale=stale)
    assert (view.state, view.text) == (state, text)


def test_names_are_short_while_they_differ() -> None:
    names = Names({"brightness": "", "a.speed": "m/s", "b.speed": "m/s", "b.roll": "rad"})
    assert list(names.units) == ["brightness", "a.speed", "b.speed", "roll"]


def test_only_changed_axes_are_sent() -> None:
    axes = ChangedAxes(Config().schema)
    empty = tuple(Histogram((0,) * 16) for _ in range(4))
    assert [view.name for view in axes.views(empty)] == ["brightness", "nearest", "lin", "ang"]
    assert axes.views(empty) == []
    changed = (empty[0], Histogram((1,) + (0,) * 15), *empty[2:])
    views = axes.views(changed)
    assert [(view.name, view.counts[0]) for view in views] == [("nearest", 1)]


def test_commands_are_json_lines() -> None:
    assert parse_command(b'{"do":"capture","on":true,"session":"x"}') == Capture(True, "x")
    assert parse_command(b'{"do":"park","on":false}') == Park(False)
    assert parse_command(b'{"do":"stop"}') == Stop()


@given(line=st.binary(max_size=80))
def test_no_line_is_more_than_a_refusal(line: bytes) -> None:
    try:
        parse_command(line)
    except OperatorError as error:
        assert "\x1b" not in error.message
        assert "expected a command" in error.message


def numbers(**changes: Any) -> Numbers:
    values: dict[str, Any] = {"simulated": False, "stream": StreamView(), "capture": CaptureView()}
    return Numbers(**{**values, **changes})


def axis(name: str, *counts: int) -> AxisView:
    return AxisView(name=name, unit="", low=0, high=1, scale="linear", counts=list(counts))


def test_numbers_fit_a_snapshot_as_they_are() -> None:
    message = json.loads(msgspec.json.encode(numbers(axes=[axis("lin", 1, 2)])))
    assert message["kind"] == "numbers"
    assert msgspec.convert(message["stream"], StreamView) == StreamView()
    assert msgspec.convert(message["axes"][0], AxisView).counts == [1, 2]


def test_a_reader_that_pauses_delays_nobody_and_misses_no_event_and_no_axis() -> None:
    reader, writer = os.pipe()
    out = Out(writer, lambda: None)
    for i in range(3000):
        out.say(Kept(name=f"{i}", why="x" * 40, role="calibration", stamp=float(i)))
        out.say(numbers(axes=[axis("a" if i % 2 else "b", i)]))
    lines: list[bytes] = []

    def read() -> None:
        with os.fdopen(reader, "rb") as stream:
            lines.extend(stream)

    thread = threading.Thread(target=read)
    thread.start()
    out.close(timeout=20)
    os.close(writer)
    thread.join()
    messages = [json.loads(line) for line in lines]
    assert [m["name"] for m in messages if m["kind"] == "kept"] == [str(i) for i in range(3000)]
    told = [m for m in messages if m["kind"] == "numbers"]
    assert len(told) < 3000
    last = {a["name"]: a["counts"] for m in told for a in m["axes"]}
    assert last == {"a": [2999], "b": [2998]}


def test_when_nobody_listens_any_more_it_is_said_once() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    closed = threading.Event()
    out = Out(writer, closed.set)
    out.say(numbers())
    assert closed.wait(10)
    out.say(numbers())
    out.close()
    os.close(writer)
