"""How a finished model, its sheet and its frames take their places together."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from rovertui.called import called
from rovertui.conversion.naming import golden_path
from rovertui.conversion.sheet import Sheet, decode, encode, sheet_path
from rovertui.errors import OperatorError
from rovertui.files import sha256_of, sync_directory, whole, write_whole
from rovertui.text import clean

_COMING = ".coming"


def check_output(path: Path) -> None:
    """Refuse a name that models are not given, before anything is built for it.

    Raises:
        OperatorError: another ending, a link (what it leads to is somebody's live model), or
            where nothing can be written.
    """
    if path.suffix != ".rknn":
        raise OperatorError(f"{clean(str(path))}: expected a file name ending in .rknn.")
    if path.is_symlink():
        raise OperatorError(
            f"{clean(str(path))}: is a link, which a conversion does not write through.",
            hint=f"Choose another --output; a live model is changed by `{called()} deploy`.",
        )
    # What is missing between is made when the model is put there.
    nearest = next(parent for parent in path.absolute().parents if parent.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        what = "cannot be written to" if nearest.is_dir() else "is no directory"
        raise OperatorError(f"{clean(str(path))}: {clean(str(nearest))} {what}.")


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
    try:
        for coming in sorted(directory.glob(f".*.json{_COMING}")):
            name = coming.name[1 : -len(f".json{_COMING}")]
            there = _settle(directory / f"{name}.rknn")
            stays = "the new one is there" if there else "what was there before stays"
            told.append(f"{clean(name)} was being put in place when the program ended: {stays}.")
        for frames in directory.glob(f".*{_COMING}"):
            frames.unlink(missing_ok=True)
    except OSError as error:
        why = clean(error.strerror or str(error))
        told.append(f"{clean(str(directory))}: a model that was being put in place waits: {why}.")
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
