"""The ros2-rover checkout is found, checked, and what it lacks is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from rovertui import checkout
from rovertui.errors import OperatorError


def make(place: Path, *files: str) -> Path:
    for name in (checkout.SCRIPT, *files):
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return place


def test_it_is_found_above_beside_and_in_the_usual_places(tmp_path: Path) -> None:
    home, work = tmp_path / "home", tmp_path / "work/deep"
    work.mkdir(parents=True)
    assert checkout.candidates(work, home) == []
    usual = make(home / "Documents/ros2-rover")
    beside = make(tmp_path / "work/ros2-rover")
    above = make(tmp_path / "work")
    assert checkout.candidates(work, home) == [above, beside, usual]


def test_what_is_there_becomes_set_up_files_and_what_is_not_a_warning(tmp_path: Path) -> None:
    ros, place = tmp_path / "ros", make(tmp_path / "ros2-rover")
    found = checkout.check(str(place), ros)
    assert found.setup_files == () and len(found.warnings) == 2
    for name in ("humble", "jazzy"):
        (ros / name).mkdir(parents=True)
        (ros / name / "setup.bash").touch()
    make(place, "install/setup.bash")
    found = checkout.check(str(place), ros)
    assert found.setup_files == (f"{ros}/jazzy/setup.bash", f"{place}/install/setup.bash")
    assert "Several ROS" in found.warnings[0]


@pytest.mark.parametrize(("name", "said"), [("no", "no such"), ("", "not the checkout")])
def test_another_place_is_refused_with_what_to_name(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(OperatorError, match=said) as caught:
        checkout.check(str(tmp_path / name))
    assert checkout.SCRIPT in caught.value.hint
