"""``dataset report`` and the choice of files: what is used, what is not, and why."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration.choice import calibration_files, check_files
from rovertui.calibration.report import report
from rovertui.errors import OperatorError


@pytest.fixture
def mixed(tmp_path: Path, make: Any, write_sample: Any) -> Path:
    """Two sessions of ours, two files of others, in every state."""
    for number in range(8):
        session = "a" if number < 4 else "b"
        write_sample(
            tmp_path / f"calibration_{number:04d}.npz",
            make.small_arrays(0.01 * number, grey=50 + number),
            schema="small",
            session=session,
            stamp=10.0 * number,
        )
    write_sample(
        tmp_path / "check" / "calibration_0008.npz",
        make.small_arrays(),
        schema="small",
        session="b",
        stamp=95.0,
        role="check",
    )
    write_sample(
        tmp_path / "calibration_0009.npz",
        make.small_arrays(),
        schema="small",
        session="b",
        stamp=100.0,
        role="check",
    )
    np.savez(tmp_path / "calibration_0010.npz", bev=np.ones((4, 4), np.float32))
    (tmp_path / "calibration_0011.npz").write_bytes(b"PK\x03\x04")
    return tmp_path


def test_a_report_names_every_file_that_cannot_be_used(mixed: Path, make: Any) -> None:
    found = report(mixed, make.small_config())
    assert (found["files"], found["count"], found["checking"]) == (12, 8, 2)
    assert found["text"] == "8 usable, 1 of another schema, 1 bad, 2 for checking"
    assert found["bad"] == [
        {
            "file": "calibration_0011.npz",
            "schema": "",
            "reason": "truncated",
            "problem": "the end of the file is missing",
        }
    ]
    assert [other["file"] for other in found["other"]] == ["calibration_0010.npz"]
    assert found["schemas"] == {"small": 10, "bev 4x4 float32": 1, "not known": 1}
    sessions = {s["session"]: (s["count"], s["checking"]) for s in found["sessions"]}
    assert sessions == {"a": (4, 0), "b": (4, 2), "not stamped": (0, 0)}
    assert [sum(axis["counts"]) + axis["outside"] for axis in found["axes"]] == [8, 8]
    json.dumps(found, allow_nan=False)


def test_links_that_lead_nowhere_or_round_in_a_circle_are_named(mixed: Path, make: Any) -> None:
    (mixed / "calibration_0020.npz").symlink_to("nowhere.npz")
    (mixed / "calibration_0021.npz").symlink_to("calibration_0021.npz")
    bad = {each["file"]: each["problem"] for each in report(mixed, make.small_config())["bad"]}
    assert bad["calibration_0020.npz"] == "cannot be read (No such file or directory)"
    assert "levels of symbolic links" in bad["calibration_0021.npz"]


def test_a_report_changes_nothing(mixed: Path, make: Any, tmp_path_factory: Any) -> None:
    before = {path: path.stat().st_mtime_ns for path in mixed.rglob("*")}
    kept = tmp_path_factory.mktemp("kept")
    first = report(mixed, make.small_config(), kept)
    assert report(mixed, make.small_config(), kept) == first
    assert {path: path.stat().st_mtime_ns for path in mixed.rglob("*")} == before


def test_a_report_of_nothing_is_a_refusal(tmp_path: Path, make: Any) -> None:
    with pytest.raises(OperatorError, match="nowhere: expected a directory of samples"):
        report(tmp_path / "nowhere", make.small_config())


def test_no_file_is_chosen_for_both_roles(mixed: Path, make: Any) -> None:
    calibration = calibration_files(mixed, make.small_config())
    check = check_files(mixed, make.small_config())
    assert [f.path.name for f in check.files] == ["calibration_0008.npz", "calibration_0009.npz"]
    assert len(calibration.files) == 8
    assert not {f.path for f in calibration.files} & {f.path for f in check.files}
    assert not {f.sha256 for f in calibration.files} & {f.sha256 for f in check.files}


def test_each_chosen_file_says_what_it_is(mixed: Path, make: Any) -> None:
    chosen = check_files(mixed, make.small_config()).files[0]
    assert chosen.sha256 == hashlib.sha256(chosen.path.read_bytes()).hexdigest()
    assert (chosen.session, chosen.stamp, chosen.block) == ("b", 95.0, 3)
    assert chosen.simulated is False


def test_a_limit_takes_from_every_session(mixed: Path, make: Any) -> None:
    chosen = calibration_files(mixed, make.small_config(), limit=4)
    assert [f.session for f in chosen.files] == ["a", "a", "b", "b"]
    assert chosen == calibration_files(mixed, make.small_config(), limit=4)


def test_a_set_of_the_other_kind_is_chosen_and_said(
    tmp_path: Path, make: Any, write_sample: Any
) -> None:
    write_sample(
        tmp_path / "calibration_0000.npz", make.small_arrays(), schema="small", simulated=True
    )
    chosen = calibration_files(tmp_path, make.small_config())
    assert chosen.simulated
    write_sample(tmp_path / "calibration_0001.npz", make.small_arrays(), schema="small")
    chosen = calibration_files(tmp_path, make.small_config())
    assert not chosen.simulated
    assert [f.path.name for f in chosen.files] == ["calibration_0001.npz"]
    assert chosen.text == "1 usable, 1 simulated, 0 for checking"


def test_an_empty_set_gives_an_empty_choice(tmp_path: Path, make: Any) -> None:
    chosen = calibration_files(tmp_path, make.small_config())
    assert chosen.files == ()
    assert chosen.text == "0 usable, 0 for checking"
