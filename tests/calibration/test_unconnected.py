"""Sessions in which a sensor was not connected are listed, and never used unsaid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rovertui.calibration.choice import calibration_files, check_files
from rovertui.calibration.report import report
from rovertui.calibration.sessions import Sessions

DEAD = "lin_vel (always 0.1 m/s)"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    (tmp_path / ".rovertui").mkdir()
    return tmp_path / ".rovertui"


@pytest.fixture
def record(tmp_path: Path, make: Any, write_sample: Any) -> Any:
    """Write four samples of a session, one of them for checking, with these velocities."""
    written: list[Path] = []

    def write(session: str, *velocities: float) -> None:
        for place, velocity in enumerate(velocities):
            role = "check" if place == 3 else "calibration"
            folder = tmp_path / "set" / ("check" if role == "check" else "")
            path = folder / f"calibration_{len(written):04d}.npz"
            stamp = {"session": session, "stamp": 10.0 * place, "role": role, "schema": "small"}
            written.append(write_sample(path, make.small_arrays(velocity), **stamp))

    return write


def sessions_of(choice: Any) -> set[str]:
    return {file.session for file in choice.files}


def test_a_session_without_a_sensor_that_others_have_is_left_out_and_said(
    tmp_path: Path, kept: Path, record: Any, make: Any
) -> None:
    record("good", 0.0, 0.05, 0.1, 0.15)
    record("dead", 0.1, 0.1, 0.1, 0.1)
    Sessions(kept).note("dead", "tap", [DEAD])
    config = make.small_config()
    chosen = calibration_files(tmp_path / "set", config, kept=kept)
    checking = check_files(tmp_path / "set", config, kept=kept)
    assert sessions_of(chosen) == sessions_of(checking) == {"good"}
    assert chosen.notes == (f"Left out: session dead: {DEAD}, not connected",)
    assert "4 left out: a sensor was not connected" in chosen.text


def test_what_no_session_ever_had_is_used_and_said(
    tmp_path: Path, kept: Path, record: Any, make: Any
) -> None:
    """The node on such a rover feeds the same constant."""
    record("one", 0.1, 0.1, 0.1, 0.1)
    record("two", 0.1, 0.1, 0.1, 0.1)
    noted = Sessions(kept)
    noted.note("one", "tap", [DEAD])
    noted.note("two", "tap", [DEAD])
    chosen = calibration_files(tmp_path / "set", make.small_config(), kept=kept)
    assert sessions_of(chosen) == {"one", "two"}
    assert len(chosen.notes) == 1
    assert chosen.notes[0].startswith(f"Used although not connected: {DEAD} in session one, two")


def test_a_picture_that_stood_still_is_never_used(
    tmp_path: Path, kept: Path, record: Any, make: Any
) -> None:
    record("frozen", 0.0, 0.05, 0.1, 0.15)
    Sessions(kept).note("frozen", "tap", ["colour (always the same)"])
    chosen = calibration_files(tmp_path / "set", make.small_config(), kept=kept)
    assert chosen.files == ()
    assert "colour (always the same)" in chosen.notes[0]


def test_a_sensor_that_came_alive_later_in_its_session_is_believed(
    tmp_path: Path, kept: Path, record: Any, make: Any
) -> None:
    record("late", 0.1, 0.1, 0.12, 0.15)
    record("other", 0.0, 0.05, 0.1, 0.15)
    Sessions(kept).note("late", "tap", [DEAD])
    chosen = calibration_files(tmp_path / "set", make.small_config(), kept=kept)
    assert sessions_of(chosen) == {"late", "other"}
    assert chosen.notes == ()


def test_the_report_lists_what_each_session_lacked(
    tmp_path: Path, kept: Path, record: Any, make: Any
) -> None:
    record("good", 0.0, 0.05, 0.1, 0.15)
    record("dead", 0.1, 0.1, 0.1, 0.1)
    Sessions(kept).note("dead", "tap", [DEAD])
    found = report(tmp_path / "set", make.small_config(), kept)
    assert {s["session"]: s["dead"] for s in found["sessions"]} == {"good": [], "dead": [DEAD]}
    assert found["unconnected"] == [f"Left out: session dead: {DEAD}, not connected"]
