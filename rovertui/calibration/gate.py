"""The quality gate: what a frame must be before it may become a sample."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from rovertui.calibration.features import DEPTH_VALID
from rovertui.calibration.problems import fault, headers_of, misfit
from rovertui.schema import Schema
from rovertui.text import size

DEPTH_VALID_PERCENT = 30.0
DISK_FREE_BYTES = 500e6


def refusal(
    arrays: Mapping[str, NDArray[Any]], schema: Schema, features: Mapping[str, float]
) -> str:
    """Why these arrays may not become a sample, in words; empty when they may.

    Args:
        features: of the same arrays, from :class:`rovertui.calibration.features.Features`.
    """
    problem = misfit(headers_of(arrays), schema) or fault(arrays, schema)
    if problem is not None:
        return problem.sentence
    valid = features.get(DEPTH_VALID)
    if valid is not None and valid <= DEPTH_VALID_PERCENT:
        return f"depth: {valid:.0f} % valid, wanted over {DEPTH_VALID_PERCENT:.0f} %"
    return ""


def no_room(directory: Path, wanted: float = DISK_FREE_BYTES) -> str:
    """Why nothing more may be written where ``directory`` is or will be; empty when it may."""
    place = directory
    try:
        while not place.exists() and place != place.parent:
            place = place.parent
        found = os.statvfs(place)
    except OSError as error:
        return f"disk: {directory} cannot be looked at: {(error.strerror or str(error)).lower()}"
    free = found.f_bavail * found.f_frsize
    if free > wanted:
        return ""
    return f"disk: {size(free)} free at {directory}, wanted over {size(wanted)}"
