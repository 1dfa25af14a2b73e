"""A dump of what a node really fed is held against ours, array by array, with the likely cause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.conversion import dumps
from rovertui.conversion.sheet import Feed, Sheet
from rovertui.errors import OperatorError

from . import nets
from .test_feeding import HEIGHT, VECTOR, WIDTH, image
from .test_sheet import made


def sheet(depth_scale: float = 1 / 6) -> Sheet:
    rgb, _ = image("rgb", "NHWC", (HEIGHT, WIDTH, 3), "uint8", 1.0, 0.0)
    depth, _ = image("depth", "NHWC", (HEIGHT, WIDTH), "float32", depth_scale, 0.0)
    return made(inputs=[rgb, depth, VECTOR])


def right(scale: float = 1 / 6) -> dict[str, Any]:
    arrays = nets.arrays(3)
    depth = arrays["depth"].copy()
    depth[0, 0] = 6.0
    return {
        "rgb": arrays["rgb"][np.newaxis],
        "depth": (depth * np.float32(scale))[np.newaxis, ..., np.newaxis],
        "proprio": arrays["proprio"][np.newaxis],
        "sample.depth": depth,
        "sample.rgb": arrays["rgb"],
    }


def compared(tmp_path: Path, found: Sheet | None = None, /, **changed: Any) -> dict[str, dumps.Row]:
    arrays = {**right(), **changed}
    path = tmp_path / "dump.npz"
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return {row.name: row for row in dumps.compare(path, found or sheet())}


def without_samples(**changed: Any) -> dict[str, Any]:
    return {"sample.depth": None, "sample.rgb": None, **changed}


def test_what_is_right_is_as_ours_with_and_without_the_samples(tmp_path: Path) -> None:
    assert all(row.ok for row in compared(tmp_path).values())
    assert all(row.ok for row in compared(tmp_path, **without_samples()).values())


def test_several_frames_behind_one_another_are_taken(tmp_path: Path) -> None:
    two = {name: np.stack([value, value]) for name, value in right().items()}

    assert all(row.ok for row in compared(tmp_path, **two).values())


@pytest.mark.parametrize("samples", [True, False])
@pytest.mark.parametrize(
    ("scale", "factor", "words"),
    [(1 / 6, 1 / 6, "scaled twice"), (1 / 6, 6.0, "not scaled"), (1.0, 1 / 6, "divided by 6")],
)
def test_a_scale_too_often_or_not_at_all_is_named(
    tmp_path: Path, samples: bool, scale: float, factor: float, words: str
) -> None:
    arrays = right(scale)
    changed = {**arrays, "depth": arrays["depth"] * np.float32(factor)}
    if not samples:
        changed = without_samples(**{k: v for k, v in changed.items() if "sample" not in k})

    row = compared(tmp_path, sheet(scale), **changed)["depth"]

    assert not row.ok and words in row.text
    assert row.yours.startswith(f"{changed['depth'].min():.4g}..") and row.ours.startswith("0..")


def test_metres_divided_by_six_for_a_network_that_wants_metres_says_both_ranges(
    tmp_path: Path,
) -> None:
    arrays = right(1 / 6)

    row = compared(tmp_path, sheet(1.0), **without_samples(depth=arrays["depth"]))["depth"]

    assert "..1 " in row.yours and row.ours.startswith("0..6 ")
    assert "divided by 6" in row.text


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("rgb", lambda a: a[0], "batch axis is missing"),
        ("rgb", lambda a: a.transpose(0, 3, 1, 2), "channels come first"),
        ("rgb", lambda a: a.transpose(0, 3, 1, 2)[0], "channels come first"),
        ("rgb", lambda a: a[..., ::-1], "BGR"),
        ("rgb", lambda a: a.astype(np.float32), "type float32"),
        ("rgb", lambda a: a.astype(np.float32) / 255, "divided by 255"),
        ("depth", lambda a: a[0, ..., 0], "batch and channel axes"),
        ("depth", lambda a: a * np.float32(np.nan), "NaN"),
        ("proprio", lambda a: a[0], "batch axis is missing"),
        ("proprio", lambda a: a * np.array([1, 1, 1, 1, 100, 1], np.float32), "number 4"),
        ("proprio", lambda a: None, "not in the dump"),
    ],
)
def test_what_is_different_is_named(tmp_path: Path, name: str, change: Any, words: str) -> None:
    row = compared(tmp_path, **{name: change(right()[name])})[name]

    assert not row.ok and words in row.text


def test_what_was_seen_in_the_set_is_ours_where_it_is_known(tmp_path: Path) -> None:
    import msgspec

    seen: list[Feed] = [
        msgspec.structs.replace(given, seen_low=[0.2], seen_high=[5.5])
        if given.name == "depth"
        else given
        for given in sheet().inputs
    ]

    row = compared(tmp_path, made(inputs=seen))["depth"]

    assert row.ours.startswith("0.03333..0.9167")


@pytest.mark.parametrize("data", [b"", b"PK nonsense", b"\x93NUMPY", b"# A page\n"])
def test_a_file_that_is_no_npz_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "dump.npz"
    path.write_bytes(data)

    with pytest.raises(OperatorError, match=r"expected an \.npz .*: it is none\.$"):
        dumps.compare(path, sheet())


def test_object_arrays_are_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "dump.npz"
    np.savez(path, rgb=np.array([None]))

    with pytest.raises(OperatorError, match="it holds Python objects"):
        dumps.compare(path, sheet())
