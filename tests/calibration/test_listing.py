"""The samples one by one, as screen and command line list them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration import marks, trash
from rovertui.calibration.listing import Listing
from rovertui.calibration.store import SampleStore
from rovertui.config import Config
from rovertui.errors import OperatorError

from .conftest import make_stamp, small_config

SIZE = (6, 8)


def arrays(speed: float = 0.1) -> dict[str, Any]:
    return {
        "rgb": np.full((*SIZE, 3), 90, np.uint8),
        "depth": np.full(SIZE, 1.5, np.float32),
        "proprio": np.array([speed, 0.2], np.float32),
    }


class Set:
    """A set that is written to, and its listing."""

    def __init__(self, root: Path, config: Config) -> None:
        self.directory, self.kept = root / "set", root / ".rovertui"
        self.kept.mkdir()
        self.store = SampleStore(self.directory, config, self.kept, simulated=False)
        self.listing = Listing(self.directory, config, self.kept)

    def add(self, **stamp: Any) -> str:
        values = {"schema": "small", "why": "new extreme of lin vel", **stamp}
        return self.store.add(arrays(), make_stamp(**values), {}).name

    def names(self, where: str = "set", words: str = "") -> list[str]:
        return [row["name"] for row in self.listing.page(where, words)["rows"]]


@pytest.fixture
def given(tmp_path: Path) -> Set:
    return Set(tmp_path, small_config())


def test_samples_are_listed_newest_first_with_values_session_reason_and_quality(given: Set) -> None:
    given.add(session="monday")
    given.add(session="tuesday", role="check", site="lawn", taken=1.7e9)
    marks.label(given.kept, "monday", "gravel")
    newest, oldest = given.listing.page("set")["rows"]
    assert newest["name"] == "check/calibration_0001.npz"
    assert (newest["role"], newest["site"], newest["taken"]) == ("check", "lawn", 1.7e9)
    assert (oldest["session"], oldest["label"]) == ("monday", "gravel")
    assert oldest["why"] == "new extreme of lin vel"
    assert oldest["values"] == {"brightness": 90.0, "lin": 0.1}
    assert "depth valid 100 %" in oldest["quality"] and oldest["state"] == "ok"


def test_a_word_finds_what_holds_it_and_two_must_both_be_there(given: Set) -> None:
    given.add(session="monday")
    given.add(session="tuesday", role="check")
    marks.label(given.kept, "monday", "gravel, dusk")
    assert given.names(words="GRAVEL dusk") == ["calibration_0000.npz"]
    assert given.names(words="check") == ["check/calibration_0001.npz"]
    assert given.names(words="gravel check") == []


def test_a_sample_that_cannot_be_used_says_why(given: Set) -> None:
    given.directory.mkdir()
    (given.directory / "calibration_0000.npz").write_bytes(b"")
    (row,) = given.listing.page("set", "bad")["rows"]
    assert row["state"] == "bad" and row["problem"] == "the file is empty"


def test_one_sample_goes_to_the_trash_and_comes_back_under_its_name(given: Set) -> None:
    first, second = given.add(), given.add()
    assert given.names() == [second, first]
    trash.put(given.directory, first, given.kept, "trashed by hand")
    assert given.names() == [second]
    (row,) = given.listing.page("trash")["rows"]
    assert (row["name"], row["gone"]) == (first, "trashed by hand")
    assert trash.restore(given.directory, first, given.kept) == first
    assert given.names() == [second, first]
    assert given.names("trash") == []
    with pytest.raises(OperatorError, match="not in the trash"):
        trash.restore(given.directory, first, given.kept)


def test_of_two_samples_of_one_name_in_the_trash_each_can_come_back(given: Set) -> None:
    name = given.add()
    copy = (given.directory / name).read_bytes()
    trash.put(given.directory, name, given.kept, "first")
    (given.directory / name).write_bytes(copy)
    trash.put(given.directory, name, given.kept, "second")
    assert set(given.names("trash")) == {"calibration_0000.npz", "calibration_0000~2.npz"}
    assert trash.restore(given.directory, "calibration_0000~2.npz", given.kept) == name
    with pytest.raises(OperatorError, match="there is a sample of that name"):
        trash.restore(given.directory, name, given.kept)


def test_a_page_holds_the_sample_that_was_asked_for(given: Set) -> None:
    names = [given.add() for _ in range(12)]
    page = given.listing.page("set", name=names[2], count=4)
    assert page["place"] == 9 and page["total"] == 12
    session = page["rows"][0]["session"]
    assert page["sessions"] == {session: 12}, "all of it, not only what the page holds"
    assert names[2] in [row["name"] for row in page["rows"]]
    assert given.listing.page("set", name="gone.npz", start=99)["place"] is None
