"""What models are called, and how a model and its sheet are put in place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from rovertui.called import called
from rovertui.config import RUNGS
from rovertui.conversion.sheet import Sheet, decode, encode, sheet_path
from rovertui.errors import OperatorError
from rovertui.files import sha256_of, sync_directory, whole, write_whole
from rovertui.text import clean

_COMING = ".coming"


def rknn_path(directory: Path, checkpoint: str, rung: str) -> Path:
    """``models/NAME_PRECISION.rknn``."""
    return directory / f"{checkpoint}_{rung}.rknn"


def split(stem: str) -> tuple[str, str]:
    """Checkpoint and precision of a file name without its ending; empty where it has none."""
    name, _, rung = stem.rpartition("_")
    return (name, rung) if name and rung in RUNGS else (stem, "")


_STEP = re.compile(r"(\d+)$")


def step_of(name: str) -> int | None:
    """The training step that a checkpoint's name ends in; None where it ends in none."""
    found = _STEP.search(name)
    return int(found[1]) if found else None


def is_step(name: str, wanted: str) -> bool:
    """Whether ``wanted`` is the training step that the checkpoint ``name`` ends in."""
    return wanted.isdecimal() and step_of(name) == int(wanted)


def meant(names: Iterable[str], wanted: str) -> list[str]:
    """Which of the checkpoints ``names`` are meant: the one of that name, else those of that step.

    Returns:
        Without doubles, in the order given; several when the step is not enough to tell.
    """
    known = list(dict.fromkeys(names))
    return [wanted] if wanted in known else [name for name in known if is_step(name, wanted)]


def check_output(path: Path) -> None:
    """Refuse a name that models are not given.

    Raises:
        OperatorError: another ending, or a link: what it leads to is somebody's live model.
    """
    if path.suffix != ".rknn":
        raise OperatorError(f"{clean(str(path))}: expected a file name ending in .rknn.")
    if path.is_symlink():
        raise OperatorError(
            f"{clean(str(path))}: is a link, which a conversion does not write through.",
            hint=f"Choose another --output; a live model is changed by `{called()} deploy`.",
        )


def golden_path(rknn: Path) -> Path:
    """``NAME_PRECISION.golden.npz``: frames for a test of the node, beside the model."""
    return rknn.with_suffix(".golden.npz")


def put_in_place(built: Path, target: Path, sheet: Sheet, golden: Path | None = None) -> Path:
    """Put a finished model, its frames and its sheet under their names; returns the sheet's path.

    Each file appears whole, and the three together or not at all: frames and sheet wait under
    names of their own until the model is there, and :func:`settle` ends what was cut short.
    """
    check_output(target)
    try:
        if golden is not None:
            _copy(golden, _coming(golden_path(target)))
        write_whole(_coming(sheet_path(target)), encode(sheet))
        _copy(built, target)
    finally:
        _settle(target)
    return sheet_path(target)


def settle(directory: Path) -> list[str]:
    """End what was cut short in ``directory``: a sentence for each model it happened to."""
    told = []
    for coming in sorted(directory.glob(f".*.json{_COMING}")):
        name = coming.name[1 : -len(f".json{_COMING}")]
        there = _settle(directory / f"{name}.rknn")
        stays = "the new one is there" if there else "what was there before stays"
        told.append(f"{clean(name)} was being put in place when the program ended: {stays}.")
    for frames in directory.glob(f".*{_COMING}"):
        frames.unlink(missing_ok=True)
    return told


def _settle(target: Path) -> bool:
    """Give frames and sheet that wait their names if the model is theirs, else remove them."""
    frames, paper = _coming(golden_path(target)), _coming(sheet_path(target))
    try:
        sheet = decode(paper.read_bytes(), paper.name)
        theirs = sha256_of(target) == sheet.rknn_sha256
    except (OSError, OperatorError):
        theirs = False
    if not theirs:
        frames.unlink(missing_ok=True)
        paper.unlink(missing_ok=True)
        return False
    if frames.exists():
        frames.replace(golden_path(target))
    elif not sheet.golden:
        golden_path(target).unlink(missing_ok=True)
    paper.replace(sheet_path(target))
    sync_directory(target.parent)
    return True


def _coming(path: Path) -> Path:
    return path.with_name(f".{path.name}{_COMING}")


def _copy(built: Path, target: Path) -> None:
    with built.open("rb") as source, whole(target) as stream:
        shutil.copyfileobj(source, stream)
