"""A sample file: readable by today's scripts, and never trusted when read."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui.calibration import sample
from rovertui.calibration.examine import examine
from rovertui.calibration.sample import BadSample, Stamp
from rovertui.config import Config

SCHEMAS = Config().schemas


def test_plain_np_load_reads_the_three_arrays(
    tmp_path: Path, arrays: Any, write_sample: Any
) -> None:
    path = write_sample(tmp_path / "calibration_0000.npz", arrays)
    with np.load(path) as loaded:
        for name in ("rgb", "depth", "proprio"):
            np.testing.assert_array_equal(loaded[name], arrays[name])
            assert loaded[name].dtype == arrays[name].dtype
        assert str(loaded["schema"]) == "rgbd6"
        assert str(loaded["role"]) == "calibration"


def test_the_same_contents_give_the_same_bytes(arrays: Any, make: Any) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    sample.write(first, arrays, make.stamp())
    sample.write(second, arrays, make.stamp())
    assert first.getvalue() == second.getvalue()


@given(
    stamp=st.builds(
        Stamp,
        stamp=st.floats(allow_nan=False, allow_infinity=False),
        session=st.text(
            alphabet=st.characters(codec="ascii", exclude_categories=["C"]), max_size=60
        ),
        source=st.text(alphabet="abc é-0", max_size=60),
        schema=st.just("rgbd6"),
        role=st.sampled_from(["calibration", "check", "pinned"]),
        simulated=st.booleans(),
    )
)
def test_a_stamp_comes_back_as_it_was_written(tmp_path_factory: Any, stamp: Stamp) -> None:
    path = tmp_path_factory.mktemp("s") / "a.npz"
    with path.open("wb") as stream:
        sample.write(stream, {"grid": np.ones((2, 2), np.float32)}, stamp)
    arrays, found = sample.read(path)
    # numpy drops NULs at the end of text; none of ours has any.
    assert found == stamp
    assert list(arrays) == ["grid"]


def test_a_file_without_a_stamp_has_none(tmp_path: Path, arrays: Any) -> None:
    path = tmp_path / "calibration_0000.npz"
    np.savez_compressed(path, **arrays)
    found, stamp = sample.read(path)
    assert stamp is None
    assert sorted(found) == ["depth", "proprio", "rgb"]
    assert not sample.written_by_us(path)


def test_a_truncated_file_of_ours_is_still_known_to_be_ours(
    tmp_path: Path, arrays: Any, write_sample: Any
) -> None:
    path = write_sample(tmp_path / "calibration_0000.npz", arrays)
    os.truncate(path, 1000)
    assert sample.written_by_us(path)
    with pytest.raises(BadSample, match="the end of the file is missing"):
        sample.read(path)


def _changed(arrays: Any, **changes: Any) -> dict[str, Any]:
    return {**{k: v.copy() for k, v in arrays.items()}, **changes}


def _with(array: Any, index: Any, value: float) -> Any:
    array = array.copy()
    array[index] = value
    return array


BAD_VALUES = {
    "missing": (
        lambda a: {k: v for k, v in a.items() if k != "depth"},
        "depth: missing; the file holds proprio, rgb",
    ),
    "shape": (
        lambda a: _changed(a, rgb=a["rgb"].transpose(2, 0, 1)),
        "rgb: shape (3, 240, 424), wanted (240, 424, 3)",
    ),
    "dtype": (
        lambda a: _changed(a, depth=a["depth"].astype(np.float64)),
        "depth: float64 values, wanted float32",
    ),
    "nan": (
        lambda a: _changed(a, depth=_with(a["depth"], (3, slice(0, 4)), np.nan)),
        "depth: 4 of 101760 values are NaN or infinite",
    ),
    "inf": (
        lambda a: _changed(a, proprio=_with(a["proprio"], 4, np.inf)),
        "proprio: 1 of 6 values are NaN or infinite",
    ),
    "zero": (
        lambda a: _changed(a, rgb=np.zeros_like(a["rgb"])),
        "rgb: every value is zero",
    ),
    "array range": (
        lambda a: _changed(a, depth=a["depth"] * np.float32(1000)),
        " m, possible are 0 to 6",
    ),
    "field range": (
        lambda a: _changed(a, proprio=_with(a["proprio"], 0, 7.5)),
        "proprio.lin_vel: 7.5 m/s, possible are -2 to 2",
    ),
}


@pytest.mark.parametrize("case", BAD_VALUES)
def test_bad_arrays_are_refused_in_words(
    tmp_path: Path, arrays: Any, write_sample: Any, case: str
) -> None:
    spoil, sentence = BAD_VALUES[case]
    verdict = examine(write_sample(tmp_path / "a.npz", spoil(arrays)), SCHEMAS)
    assert verdict.state == "bad"
    assert sentence in verdict.problem


def test_object_arrays_are_never_loaded(tmp_path: Path, arrays: Any) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (os.mkdir, (str(tmp_path / "sprung"),))

    path = tmp_path / "a.npz"
    np.savez(path, **_changed(arrays, depth=np.array([Trap()], dtype=object)))
    verdict = examine(path, SCHEMAS)
    assert (verdict.state, verdict.reason) == ("bad", "object")
    assert "depth: holds Python objects" in verdict.problem
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "the file is empty"), (b"\x93NUMPY", "not an .npz"), (b"PK\x03\x04junk", "the end of")],
)
def test_files_that_are_no_samples_say_what_they_are(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    verdict = examine(path, SCHEMAS)
    assert verdict.state == "bad"
    assert sentence in verdict.problem


def test_a_pipe_named_like_a_sample_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "calibration_0000.npz")
    assert examine(tmp_path / "calibration_0000.npz", SCHEMAS).problem == "not a regular file"


def test_a_flipped_byte_is_found(tmp_path: Path, arrays: Any, write_sample: Any) -> None:
    path = write_sample(tmp_path / "a.npz", arrays)
    data = bytearray(path.read_bytes())
    data[200_000] ^= 0x40
    path.write_bytes(data)
    verdict = examine(path, SCHEMAS)
    assert (verdict.state, verdict.reason) == ("bad", "unreadable")


def test_a_file_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rgb.npy", bytes(300 << 20))
    assert "would unpack to more than 256 MB" in examine(path, SCHEMAS).problem


def test_words_in_a_file_cannot_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **{"\x1b[2Jevil": np.ones(3)})
    verdict = examine(path, SCHEMAS)
    assert verdict.state == "other"
    assert "\x1b" not in verdict.schema + verdict.problem
    assert "evil" in verdict.schema


def test_a_role_nobody_knows_is_refused(tmp_path: Path, arrays: Any, write_sample: Any) -> None:
    verdict = examine(write_sample(tmp_path / "a.npz", arrays, role="boss"), SCHEMAS)
    assert (verdict.state, verdict.reason) == ("bad", "stamp")
    assert "'boss'" in verdict.problem


@settings(max_examples=60)
@given(data=st.data())
def test_no_damage_gets_past_the_examination(
    tmp_path_factory: Any, make: Any, data: st.DataObject
) -> None:
    """Cut or overwritten anywhere: a verdict, never another exception, never other values."""
    config = make.small_config()
    whole = io.BytesIO()
    sample.write(whole, make.small_arrays(), make.stamp(schema="small"))
    content = bytearray(whole.getvalue())
    if data.draw(st.booleans(), label="cut"):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 8))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("s") / "calibration_0000.npz"
    path.write_bytes(content)
    verdict = examine(path, config.schemas)
    if verdict.state == "usable":
        found, _ = sample.read(path)
        for name, expected in make.small_arrays().items():
            np.testing.assert_array_equal(found[name], expected)
