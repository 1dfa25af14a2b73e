"""The drills can fail: each promise that is looked up is seen broken once."""

from __future__ import annotations

from pathlib import Path

import pytest

from rovertui import config_file
from rovertui.config import Config
from rovertui.workspace import Workspace
from tests.deployment.parts import put_model
from tests.faults.promises import Accepted, half_files, wrong_models


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    config_file.create(tmp_path / "config.toml", Config())
    (tmp_path / "calibration_data").mkdir()
    (tmp_path / "calibration_data" / "calibration_0000.npz").write_bytes(b"PK\x03\x04 half")
    put_model(tmp_path / "models", "one")
    return Workspace(tmp_path)


def test_a_half_sample_and_a_temporary_are_seen(workspace: Workspace) -> None:
    (workspace.root / "models" / ".one.rknn.x.part").write_bytes(b"")
    found = half_files(workspace)
    assert len(found) == 2
    assert any("calibration_0000" in words for words in found)


def test_a_lost_sample_is_seen(workspace: Workspace) -> None:
    accepted = Accepted(workspace)
    accepted.look()
    assert not accepted.lost()
    (workspace.root / "calibration_data" / "calibration_0000.npz").unlink()
    assert accepted.lost() == ["calibration_0000.npz"]


def test_a_sample_in_the_trash_is_not_lost(workspace: Workspace) -> None:
    accepted = Accepted(workspace)
    accepted.look()
    path = workspace.root / "calibration_data" / "calibration_0000.npz"
    (workspace.trash / "samples").mkdir(parents=True)
    path.rename(workspace.trash / "samples" / path.name)
    assert not accepted.lost()


def test_a_model_that_is_not_its_sheet_s_is_seen(workspace: Workspace) -> None:
    assert not wrong_models(workspace)
    put_model(workspace.root / "models", "two")
    one, two = (workspace.root / "models" / f"{name}_int8.rknn" for name in ("one", "two"))
    one.write_bytes(two.read_bytes())
    assert wrong_models(workspace) == ["one_int8.rknn is not the model of its sheet"]
