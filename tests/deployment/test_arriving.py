"""A model that comes into the directory is told once, and only when all of it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rovertui.deployment.arriving import Arrivals, Arrived, being_written


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def settled(arrivals: Arrivals, clock: Clock) -> list[Arrived]:
    """What a look finds, and one after the patience."""
    first = arrivals.look()
    clock.now += 4
    return first + arrivals.look()


def test_what_is_there_at_the_first_look_ever_is_no_news(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "a.onnx").write_bytes(b"a")
    arrivals = Arrivals(tmp_path, None, clock)
    assert settled(arrivals, clock) == []
    (tmp_path / "b.onnx").write_bytes(b"bb")
    assert settled(arrivals, clock) == [Arrived("b", 2, replaced=False)]
    assert settled(arrivals, clock) == []


def test_what_came_while_nobody_looked_is_news(tmp_path: Path, clock: Clock) -> None:
    arrivals = Arrivals(tmp_path, None, clock)
    arrivals.look()
    (tmp_path / "a.onnx").write_bytes(b"a")
    again = Arrivals(tmp_path, dict(arrivals.known), clock)
    assert [one.name for one in settled(again, clock)] == ["a"]


def test_a_file_that_grows_is_not_taken_until_it_has_stood_still(
    tmp_path: Path, clock: Clock
) -> None:
    arrivals = Arrivals(tmp_path, {}, clock)
    path = tmp_path / "a.onnx"
    for size in range(1, 8):
        path.write_bytes(b"x" * size)
        assert arrivals.look() == []
        clock.now += 2
    assert settled(arrivals, clock) == [Arrived("a", 7, replaced=False)]


def test_a_copy_that_pauses_is_still_being_written(tmp_path: Path, clock: Clock) -> None:
    arrivals = Arrivals(tmp_path, {}, clock)
    with (tmp_path / "a.onnx").open("wb") as stream:
        stream.write(b"half")
        stream.flush()
        for _ in range(5):
            assert settled(arrivals, clock) == []
        stream.write(b", and the rest")
    assert [one.bytes for one in settled(arrivals, clock)] == [18]


def test_who_writes_a_file_is_asked_of_the_kernel(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"a")
    assert being_written(path) is False
    with path.open("ab"):
        assert being_written(path) is True
    with path.open("rb"):
        assert being_written(path) is False
    # The lease is given back: writing right after it neither waits nor hurts.
    path.write_bytes(b"b")


def test_another_model_of_the_same_name_is_news_and_a_touch_is_not(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(b"one")
    arrivals = Arrivals(tmp_path, None, clock)
    arrivals.look()
    os.utime(path, (5, 5))
    assert settled(arrivals, clock) == []
    path.write_bytes(b"two")
    assert settled(arrivals, clock) == [Arrived("a", 3, replaced=True)]


def test_weights_in_a_file_beside_it_belong_to_a_model(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "a.onnx").write_bytes(b"graph")
    (tmp_path / "a.onnx.data").write_bytes(b"old")
    arrivals = Arrivals(tmp_path, None, clock)
    arrivals.look()
    (tmp_path / "a.onnx.data").write_bytes(b"new weights")
    assert settled(arrivals, clock) == [Arrived("a", 16, replaced=True)]


def test_links_hidden_and_empty_files_are_no_models(tmp_path: Path, clock: Clock) -> None:
    arrivals = Arrivals(tmp_path, {}, clock)
    (tmp_path / ".a.onnx.part").write_bytes(b"a")
    (tmp_path / ".b.onnx").write_bytes(b"b")
    (tmp_path / "empty.onnx").write_bytes(b"")
    (tmp_path / "link.onnx").symlink_to(".b.onnx")
    assert settled(arrivals, clock) == []


def test_a_model_that_went_and_came_back_is_news(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(b"a")
    arrivals = Arrivals(tmp_path, None, clock)
    arrivals.look()
    path.unlink()
    assert settled(arrivals, clock) == []
    path.write_bytes(b"a")
    assert [one.replaced for one in settled(arrivals, clock)] == [False]


def test_a_directory_that_is_not_there_yet_is_no_failure(tmp_path: Path, clock: Clock) -> None:
    arrivals = Arrivals(tmp_path / "models", None, clock)
    assert settled(arrivals, clock) == []
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.onnx").write_bytes(b"a")
    assert [one.name for one in settled(arrivals, clock)] == ["a"]
