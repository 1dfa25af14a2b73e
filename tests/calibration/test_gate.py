"""What a frame must be before it may become a sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rovertui.calibration.features import Features
from rovertui.calibration.gate import no_room, refusal
from rovertui.config import Config

SCHEMA = Config().schema


def gate(arrays: Any) -> str:
    return refusal(arrays, SCHEMA, Features(SCHEMA).measure(arrays))


def test_a_good_frame_passes(arrays: Any) -> None:
    assert gate(arrays) == ""


def test_too_little_valid_depth_is_refused_with_both_figures(arrays: Any) -> None:
    arrays["depth"][:] = 6.0
    arrays["depth"][:, :51] = 2.0
    assert gate(arrays) == "depth: 12 % valid, wanted over 30 %"


def test_values_are_refused_as_the_reader_would_refuse_them(arrays: Any) -> None:
    arrays["depth"][0, 0] = np.nan
    assert gate(arrays) == "depth: 1 of 101760 values are NaN or infinite"


def test_a_frame_of_another_shape_is_refused(arrays: Any) -> None:
    arrays["depth"] = arrays["depth"][:100]
    assert refusal(arrays, SCHEMA, {}) == "depth: shape (100, 424), wanted (240, 424)"


def test_a_full_disk_is_refused_before_writing(tmp_path: Path) -> None:
    assert no_room(tmp_path / "not" / "yet", wanted=0) == ""
    words = no_room(tmp_path / "not" / "yet", wanted=1e18)
    assert words.startswith("disk: ")
    assert "wanted over" in words
