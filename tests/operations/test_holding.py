"""Samples a conversion chose stay readable while a recorder replaces them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rovertui.calibration.choice import Choice, ChosenFile
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.operations import checking
from rovertui.operations.checking import Chosen
from rovertui.operations.holding import held
from rovertui.workspace import Workspace


def choice(*paths: Path) -> Choice:
    files = tuple(ChosenFile(path, "0" * 64, "s", 0, 0.0, True) for path in paths)
    return Choice(files, "rgbd6", True, "")


def test_a_sample_that_goes_to_the_trash_meanwhile_can_still_be_read(tmp_path: Path) -> None:
    sample = tmp_path / "calibration_0001.npz"
    sample.write_bytes(b"sample")
    chosen = Chosen(choice(sample), choice(sample), tmp_path)
    with held(lambda: chosen, tmp_path / "scratch") as mine:
        sample.unlink()
        paths = [mine.calibration.files[0].path, mine.checking.files[0].path]
        assert [path.read_bytes() for path in paths] == [b"sample", b"sample"]
        assert {path.name for path in paths} == {"calibration_0001.npz"}
    assert not list((tmp_path / "scratch").iterdir())


def test_one_that_went_between_choice_and_hold_makes_the_choice_anew(tmp_path: Path) -> None:
    there = tmp_path / "calibration_0002.npz"
    there.write_bytes(b"sample")
    choices = iter([choice(tmp_path / "gone.npz"), choice(there)])
    none = choice()
    with held(lambda: Chosen(next(choices), none, tmp_path), tmp_path / "scratch") as mine:
        assert [file.path.name for file in mine.calibration.files] == [there.name]
    assert not list((tmp_path / "scratch").iterdir())


def test_a_set_that_never_holds_still_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    gone = Chosen(choice(tmp_path / "gone.npz"), choice(), tmp_path)
    with pytest.raises(OperatorError, match="faster"), held(lambda: gone, tmp_path / "scratch"):
        pass
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize("changes", [2, 99])
def test_a_sample_that_goes_while_the_set_is_read_makes_the_choice_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    (tmp_path / "calibration_data").mkdir()
    find = checking.calibration_files
    tries = iter(range(100))

    def replaced(*place: Any, **more: Any) -> Choice:
        if next(tries) < changes:
            raise FileNotFoundError(2, "No such file or directory", "calibration_0097.npz")
        return find(*place, **more)

    monkeypatch.setattr(checking, "calibration_files", replaced)
    workspace = Workspace(tmp_path)
    if changes < 5:
        assert checking.choose(workspace, Config()).calibration.files == ()
    else:
        with pytest.raises(FileNotFoundError):
            checking.choose(workspace, Config())
