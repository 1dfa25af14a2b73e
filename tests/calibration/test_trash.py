"""The trash is bounded, oldest first, and keeps what a person kept by hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration import trash
from rovertui.calibration.report import report
from rovertui.calibration.sample import BY_HAND
from rovertui.calibration.store import SampleStore
from rovertui.config import Config

from .conftest import make_stamp, small_config


class Bin:
    """A set, and samples of it thrown away one after another."""

    def __init__(self, root: Path, config: Config) -> None:
        self.config, self.kept, self.directory = config, root / ".rovertui", root / "set"
        self.store = SampleStore(self.directory, config, self.kept, simulated=False)
        self.clock = 1_700_000_000.0

    def throw(self, **stamp: Any) -> str:
        arrays = {
            "rgb": np.full((6, 8, 3), 90, np.uint8),
            "depth": np.full((6, 8), 1.5, np.float32),
            "proprio": np.array([0.1, 0.0], np.float32),
        }
        name = self.store.add(arrays, make_stamp(schema="small", **stamp), {}).name
        target = trash.put(self.directory, name, self.kept, "replaced")
        self.clock += 10
        os.utime(target.with_name(target.name + ".reason"), (self.clock, self.clock))
        return name

    def names(self) -> list[str]:
        root = trash.place(self.kept)
        return sorted(p.relative_to(root).as_posix() for p in root.rglob("*.npz"))

    @property
    def bytes(self) -> int:
        return sum(p.stat().st_size for p in trash.place(self.kept).rglob("*.npz"))


@pytest.fixture
def thrown(tmp_path: Path) -> Bin:
    return Bin(tmp_path, small_config())


def test_the_oldest_go_first_and_no_more_than_needed(thrown: Bin) -> None:
    names = [thrown.throw(role="check" if i == 1 else "calibration") for i in range(4)]
    found = trash.bound(thrown.kept, thrown.bytes * 0.6)
    assert found.deleted == tuple(names[:2])
    assert thrown.names() == sorted(names[2:])
    assert not list(trash.place(thrown.kept).rglob(names[0] + ".reason"))
    assert trash.bound(thrown.kept, 0).deleted == ()


def test_what_was_kept_by_hand_stays_and_is_said(thrown: Bin) -> None:
    pinned, other, hand = (
        thrown.throw(role="pinned", why=BY_HAND),
        thrown.throw(),
        thrown.throw(role="check", why=BY_HAND),
    )
    found = trash.bound(thrown.kept, 1)
    assert found.deleted == (other,) and found.by_hand == 2
    assert thrown.names() == sorted([pinned, hand])
    assert "over its limit" in found.text(1) and "2 kept by hand" in found.text(1)


def test_a_replacement_keeps_the_trash_in_its_bound_and_says_when_it_cannot(tmp_path: Path) -> None:
    thrown = Bin(tmp_path, small_config(trash_most=1.0))
    gone, hand = thrown.throw(), thrown.throw(role="pinned", why=BY_HAND)
    again = thrown.store.add(
        {
            "rgb": np.full((6, 8, 3), 90, np.uint8),
            "depth": np.full((6, 8), 1.5, np.float32),
            "proprio": np.array([0.1, 0.0], np.float32),
        },
        make_stamp(schema="small"),
        {},
    ).name
    thrown.store.discard(again, "replaced")
    assert thrown.names() == [hand] and gone != hand
    assert "never deleted by themselves" in thrown.store.said


def test_a_report_tells_what_the_trash_holds(thrown: Bin) -> None:
    thrown.throw(role="pinned", why=BY_HAND)
    found = report(thrown.directory, thrown.config, thrown.kept)["trash"]
    assert (found["files"], found["by_hand"], found["bytes"]) == (1, 1, thrown.bytes)
    assert found["text"].startswith("trash: 1 samples")
