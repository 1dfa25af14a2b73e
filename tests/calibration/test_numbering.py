"""Numbers are given once; nothing that has a name is ever replaced."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui.calibration.numbering import create, file_name, number_of, remove_left_overs
from rovertui.errors import OperatorError


def fill_with(data: bytes) -> Any:
    def fill(stream: IO[bytes]) -> None:
        stream.write(data)

    return fill


@given(number=st.integers(0, 10**9))
def test_a_number_comes_back_from_its_name(number: int) -> None:
    assert number_of(file_name(number)) == number


@pytest.mark.parametrize(
    "name",
    ["calib_0001.npz", "calibration_1.npz", "calibration_0001.npz.part", "calibration_00a1.npz"],
)
def test_other_names_have_no_number(name: str) -> None:
    assert number_of(name) is None


def test_four_digits_and_more_when_needed() -> None:
    assert file_name(7) == "calibration_0007.npz"
    assert file_name(12345) == "calibration_12345.npz"


@settings(max_examples=40)
@given(taken=st.sets(st.integers(0, 12)), start=st.integers(0, 12), times=st.integers(1, 4))
def test_new_files_take_the_free_numbers_and_leave_the_others_as_they_are(
    tmp_path_factory: Any, taken: set[int], start: int, times: int
) -> None:
    folder = tmp_path_factory.mktemp("set")
    for number in taken:
        (folder / file_name(number)).write_bytes(b"theirs")
    free = [number for number in range(start, 40) if number not in taken][:times]
    paths = [create(folder, start, fill_with(b"ours"))[0] for _ in range(times)]
    assert [number_of(path.name) for path in paths] == free
    assert all((folder / file_name(number)).read_bytes() == b"theirs" for number in taken)
    assert len(list(folder.iterdir())) == len(taken) + times


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    def write(word: bytes) -> None:
        for _ in range(40):
            create(tmp_path, 0, fill_with(word))

    threads = [threading.Thread(target=write, args=(bytes([65 + i]),)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    contents = [path.read_bytes() for path in tmp_path.glob("calibration_*.npz")]
    assert sorted(contents) == sorted([bytes([65 + i]) for i in range(4)] * 40)
    assert not list(tmp_path.glob(".*"))


def test_a_collector_that_starts_at_0000_while_we_write_keeps_all_its_files(
    tmp_path: Path,
) -> None:
    """It opens its names for writing as np.savez does; ours must go elsewhere."""
    grid = np.ones(500, np.float32)
    theirs = io.BytesIO()
    np.savez(theirs, grid=grid)
    begun = threading.Event()

    def collector() -> None:
        for number in range(60):
            np.savez(tmp_path / file_name(number), grid=grid)
            begun.set()

    thread = threading.Thread(target=collector)
    thread.start()
    begun.wait()
    ours = [create(tmp_path, 1000 + i, fill_with(b"ours %d" % i))[0] for i in range(60)]
    thread.join()
    assert all((tmp_path / file_name(i)).read_bytes() == theirs.getvalue() for i in range(60))
    assert [path.read_bytes() for path in ours] == [b"ours %d" % i for i in range(60)]


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fill(stream: IO[bytes]) -> None:
        stream.write(b"half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        create(tmp_path, 0, fill)
    assert not list(tmp_path.iterdir())


def test_the_directory_is_made_again_when_it_vanished(tmp_path: Path) -> None:
    folder = tmp_path / "calibration_data"

    removed: list[bool] = []

    def fill(stream: IO[bytes]) -> None:
        if not removed:
            removed.append(True)
            for entry in folder.iterdir():
                entry.unlink()
            folder.rmdir()
        stream.write(b"whole")

    path, _ = create(folder, 3, fill)
    assert path.read_bytes() == b"whole"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OperatorError, match="a sample cannot be written: not a directory"):
        create(tmp_path / "file" / "set", 0, fill_with(b"x"))
    with pytest.raises(OperatorError, match="/proc/set: a sample cannot be written"):
        create(Path("/proc/set"), 0, fill_with(b"x"))


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere: run as a user")
def test_missing_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OperatorError, match="permission denied"):
        create(tmp_path, 0, fill_with(b"x"))


def test_only_our_own_left_overs_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".calibration_abc123.part").write_bytes(b"half")
    for name in (".download.part", "calibration_0000.part", ".calibration_0000.npz.Xy3"):
        (tmp_path / name).write_bytes(b"theirs")
    assert remove_left_overs(tmp_path) == 1
    assert len(list(tmp_path.iterdir())) == 3
    assert remove_left_overs(tmp_path / "nowhere") == 0
