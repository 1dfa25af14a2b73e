"""A set on disk, shared with programs that know nothing of us."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration import index as index_module
from rovertui.calibration.features import Features
from rovertui.calibration.store import SampleStore
from rovertui.config import Config
from rovertui.errors import OperatorError


class Set:
    """A workspace with a small schema: a store, and ways to put files beside it."""

    def __init__(self, root: Path, make: Any) -> None:
        self.root = root
        self.make = make
        self.directory = root / "calibration_data"
        self.kept = root / ".rovertui"
        self.config: Config = make.small_config()

    def store(self, *, simulated: bool = False) -> SampleStore:
        store = SampleStore(self.directory, self.config, self.kept, simulated=simulated)
        store.tidy()
        return store

    def add(self, store: SampleStore, lin_vel: float = 0.1, **stamp: Any) -> str:
        arrays = self.make.small_arrays(lin_vel)
        features = Features(self.config.schema).measure(arrays)
        return store.add(arrays, self.make.stamp(schema="small", **stamp), features).name

    def theirs(self, name: str, **arrays: Any) -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **arrays)
        return path


@pytest.fixture
def samples(tmp_path: Path, make: Any) -> Set:
    return Set(tmp_path, make)


def test_roles_lie_in_different_directories_and_share_the_numbers(samples: Set) -> None:
    store = samples.store()
    names = [samples.add(store, role=role) for role in ("calibration", "check", "calibration")]
    assert names == [
        "calibration_0000.npz",
        "check/calibration_0001.npz",
        "calibration_0002.npz",
    ]
    assert (store.tally().usable, store.tally().checking) == (2, 1)


def test_numbers_go_on_after_a_restart_and_after_files_were_removed(samples: Set) -> None:
    store = samples.store()
    for _ in range(3):
        samples.add(store)
    (samples.directory / "calibration_0002.npz").unlink()
    store.save()
    assert samples.add(samples.store()) == "calibration_0003.npz"


def test_numbers_go_on_when_the_whole_directory_was_removed(samples: Set) -> None:
    store = samples.store()
    for _ in range(3):
        samples.add(store)
    store.save()
    shutil.rmtree(samples.directory)
    store = samples.store()
    assert store.tally().usable == 0
    assert samples.add(store) == "calibration_0003.npz"


def test_files_of_others_are_counted_by_schema_and_left_alone(samples: Set) -> None:
    good = samples.make.small_arrays()
    paths = [
        samples.theirs("calibration_0000.npz", **good),
        samples.theirs("calib_1700000000000.npz", grid=np.ones((4, 4), np.float32)),
        samples.theirs("calibration_0001.npz", **{**good, "depth": good["depth"] * 100}),
    ]
    cut = samples.theirs("calibration_0002.npz", **good)
    os.truncate(cut, 300)
    before = {path: path.read_bytes() for path in [*paths, cut]}
    store = samples.store()
    assert store.tally().sentence() == "1 usable, 1 of another schema, 2 bad"
    assert samples.add(store) == "calibration_0003.npz"
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("name", "content"),
    [("calibration_9999.npz", b"garbage"), ("calibration_9999.npz", b"")],
    ids=["garbage", "empty"],
)
def test_numbers_do_not_go_on_after_garbage_which_is_named(
    samples: Set, name: str, content: bytes
) -> None:
    store = samples.store()
    assert samples.add(store) == "calibration_0000.npz"
    (samples.directory / name).write_bytes(content)
    store = samples.store()
    assert samples.add(store) == "calibration_0001.npz"
    assert store.tally().named(samples.directory).startswith(f"1 bad (calibration_data/{name}: ")
    assert (samples.directory / name).read_bytes() == content


def test_numbers_do_not_go_on_after_an_absurd_one(samples: Set) -> None:
    samples.theirs("calibration_170000000000.npz", **samples.make.small_arrays())
    store = samples.store()
    assert store.tally().usable == 1
    assert samples.add(store) == "calibration_0000.npz"


def test_the_place_of_garbage_is_never_written_to(samples: Set) -> None:
    store = samples.store()
    samples.add(store)
    (samples.directory / "calibration_0001.npz").write_bytes(b"garbage")
    store = samples.store()
    assert samples.add(store) == "calibration_0002.npz"
    assert (samples.directory / "calibration_0001.npz").read_bytes() == b"garbage"


def test_simulated_and_real_samples_are_never_counted_together(samples: Set) -> None:
    store = samples.store()
    samples.add(store, simulated=True)
    samples.add(store, simulated=False)
    assert store.tally().sentence() == "1 usable, 1 simulated"
    assert samples.store(simulated=True).tally().sentence() == "1 usable, 1 real"


def test_a_stamp_that_names_another_schema_wins_over_the_shapes(samples: Set) -> None:
    store = samples.store()
    arrays = samples.make.small_arrays()
    store.add(arrays, samples.make.stamp(schema="lidar6"), {})
    store = SampleStore(samples.directory, samples.config, None, simulated=False)
    store.refresh()
    assert store.tally().sentence() == "0 usable, 1 of another schema"


def test_an_unstamped_file_that_fits_two_schemas_is_not_guessed(samples: Set) -> None:
    twins = Config(
        capture=samples.config.capture,
        schemas={"small": samples.make.small_schema(), "twin": samples.make.small_schema()},
    )
    samples.theirs("calibration_0000.npz", **samples.make.small_arrays())
    store = SampleStore(samples.directory, twins, None, simulated=False)
    store.refresh()
    assert store.entries[0].verdict.problem.startswith(
        "not stamped, and fits small and twin alike: only one of them may stand in config.toml"
    )
    assert store.tally().usable == 0


def test_a_broken_file_of_ours_is_set_aside_with_the_reason(samples: Set) -> None:
    store = samples.store()
    samples.add(store)
    samples.add(store)
    os.truncate(samples.directory / "calibration_0001.npz", 400)
    store = samples.store()
    assert [entry.name for entry in store.entries] == ["calibration_0000.npz"]
    aside = sorted(path.name for path in (samples.kept / "quarantine").iterdir())
    assert aside[0].endswith("calibration_0001.npz")
    reason = (samples.kept / "quarantine" / aside[1]).read_text()
    assert reason == "the end of the file is missing\n"
    assert samples.add(store) == "calibration_0002.npz"


def test_a_sample_that_a_changed_configuration_refuses_is_not_set_aside(samples: Set) -> None:
    store = samples.store()
    samples.add(store, lin_vel=1.5)
    schema = samples.make.small_schema()
    field = schema.arrays["proprio"].fields[0]
    schema.arrays["proprio"].fields[0] = type(field)(name="lin_vel", unit="m/s", low=-1, high=1)
    samples.config = Config(capture=samples.config.capture, schemas={"small": schema})
    assert samples.store().tally().sentence() == "0 usable, 1 bad"
    assert (samples.directory / "calibration_0000.npz").exists()


def test_half_written_files_are_removed_at_the_start(samples: Set) -> None:
    samples.add(samples.store(), role="check")
    left = samples.directory / "check" / ".calibration_x_12ab.part"
    left.write_bytes(b"half")
    store = SampleStore(samples.directory, samples.config, samples.kept, simulated=False)
    assert store.tidy() == ["1 half-written file removed"]
    assert not left.exists()


def test_a_file_that_another_program_replaced_is_read_again(samples: Set) -> None:
    store = samples.store()
    name = samples.add(store)
    samples.theirs(name, grid=np.ones(3, np.float32))
    assert store.refresh()
    assert store.tally().sentence() == "0 usable, 1 of another schema"


def test_a_file_replaced_by_one_of_the_same_size_is_read_again(samples: Set) -> None:
    """np.savez of the same shapes always has the same size."""
    path = samples.theirs("calibration_0000.npz", **samples.make.small_arrays())
    store = samples.store()
    before = path.stat()
    samples.theirs(path.name, **samples.make.small_arrays(lin_vel=9.0))
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert store.refresh()
    assert store.tally().sentence() == "0 usable, 1 bad"


def test_an_indexed_set_opens_without_reading_a_sample(
    samples: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = samples.store()
    for i in range(5):
        samples.add(store, lin_vel=0.01 * i)
    store.save()
    expected = store.histograms()

    def never(*_: Any) -> None:
        raise AssertionError("a sample was read")

    monkeypatch.setattr(index_module, "examine", never)
    again = samples.store()
    assert again.tally().usable == 5
    assert again.histograms() == expected


@pytest.mark.parametrize("damage", [b"", b"\x00rubbish", b"\xdc\xff\xff"])
def test_a_damaged_index_is_made_again(samples: Set, damage: bytes) -> None:
    store = samples.store()
    samples.add(store)
    store.save()
    for path in (samples.kept / "index").iterdir():
        path.write_bytes(damage)
    assert samples.store().tally().usable == 1


def test_what_was_written_and_what_is_read_back_agree(samples: Set) -> None:
    store = samples.store()
    samples.add(store, lin_vel=0.17)
    cold = SampleStore(samples.directory, samples.config, None, simulated=False)
    cold.refresh()
    assert cold.entries == store.entries


def test_histograms_are_of_samples_for_calibration_only(samples: Set) -> None:
    store = samples.store()
    samples.add(store, lin_vel=-0.15)
    samples.add(store, lin_vel=0.15)
    samples.add(store, lin_vel=0.05, role="check")
    samples.add(store, lin_vel=0.9)
    lin = store.histograms()[1]
    assert lin.counts == (1, 0, 0, 1)
    assert lin.outside == 1


def test_a_directory_that_is_none_is_said(samples: Set) -> None:
    samples.directory.write_bytes(b"")
    with pytest.raises(OperatorError, match="calibration_data: cannot be read: not a directory"):
        samples.store()


def test_frames_for_checking_count_as_apart_when_their_drive_calibrates_nothing(
    samples: Set,
) -> None:
    store = samples.store()
    samples.add(store, role="calibration", session="monday")
    for session in ("monday", "tuesday", "tuesday"):
        samples.add(store, role="check", session=session)
    assert (store.tally().checking, store.tally().apart) == (3, 2)
    samples.add(store, role="calibration", session="")
    assert store.tally().apart == 0, "a sample that says no drive may be of any"
