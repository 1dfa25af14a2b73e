"""What models are called, and how a name that somebody typed is understood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from rovertui.config import RUNGS


def rknn_path(directory: Path, checkpoint: str, rung: str) -> Path:
    """``models/NAME_PRECISION.rknn``."""
    return directory / f"{checkpoint}_{rung}.rknn"


def golden_path(rknn: Path) -> Path:
    """``NAME_PRECISION.golden.npz``: frames for a test of the node, beside the model."""
    return rknn.with_suffix(".golden.npz")


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
