"""Sets move by tar.gz: what plain tar makes comes in, what we make plain tar unpacks, and nothing
that an archive says is believed."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration import archive, marks, sample
from rovertui.calibration.archive import export, take_in
from rovertui.errors import OperatorError


@pytest.fixture
def filled(tmp_path: Path, make: Any, write_sample: Any) -> Path:
    directory = tmp_path / "calibration_data"
    for number in range(3):
        arrays = make.small_arrays(grey=40 + 50 * number)
        write_sample(directory / f"calibration_000{number}.npz", arrays, schema="small")
    write_sample(
        directory / "check/calibration_0003.npz",
        make.small_arrays(grey=240),
        schema="small",
        role="check",
    )
    return directory


@pytest.fixture
def bring(tmp_path: Path, make: Any) -> Callable[[Path], Any]:
    def bring(archive: Path) -> Any:
        return take_in(archive, tmp_path / "here", make.small_config(), tmp_path / ".rovertui")

    return bring


def names(directory: Path) -> list[str]:
    return sorted(p.relative_to(directory).as_posix() for p in directory.rglob("*.npz"))


def test_plain_tar_unpacks_an_export(tmp_path: Path, filled: Path, make: Any) -> None:
    archive = tmp_path / "set.tar.gz"
    assert export(filled, archive, make.small_config()) == 4
    (tmp_path / "there").mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path / "there"], check=True)
    unpacked = tmp_path / "there/calibration_data"
    assert names(unpacked) == names(filled)
    for name in names(filled):
        assert (unpacked / name).read_bytes() == (filled / name).read_bytes()


def test_an_export_makes_no_directory(tmp_path: Path, filled: Path, make: Any) -> None:
    target = tmp_path / "mistyped" / "set.tar.gz"
    with pytest.raises(OperatorError, match=r"there is no directory .*mistyped"):
        export(filled, target, make.small_config())
    assert not target.parent.exists()


def test_an_export_never_overwrites(tmp_path: Path, filled: Path, make: Any) -> None:
    (tmp_path / "set.tar.gz").write_bytes(b"mine")
    with pytest.raises(OperatorError, match="overwritten"):
        export(filled, tmp_path / "set.tar.gz", make.small_config())


def test_what_the_guide_s_tar_made_comes_in_renumbered_marked_and_once(
    tmp_path: Path, filled: Path, bring: Any, make: Any, write_sample: Any
) -> None:
    write_sample(tmp_path / "here/calibration_0007.npz", make.small_arrays(0.3), schema="small")
    subprocess.run(["tar", "-czf", "set.tar.gz", "calibration_data/"], cwd=tmp_path, check=True)
    done = bring(tmp_path / "set.tar.gz")
    assert len(done.added) == 4
    assert sum(name.startswith("check/") for name in done.added) == 1
    assert {"calibration_0007.npz"}.isdisjoint(done.added)
    assert marks.load(tmp_path / ".rovertui").imported == done.added
    again = bring(tmp_path / "set.tar.gz")
    assert (again.added, again.duplicates) == ([], 4)
    assert "4 were here already" in again.text


def test_an_export_comes_in_and_a_changed_file_does_not(
    tmp_path: Path, filled: Path, bring: Any, make: Any
) -> None:
    export(filled, tmp_path / "set.tar.gz", make.small_config())
    subprocess.run(["tar", "-xzf", "set.tar.gz"], cwd=tmp_path, check=True)
    shutil.copy(filled / "calibration_0000.npz", filled / "calibration_0001.npz")
    subprocess.run(["tar", "-czf", "two.tar.gz", "calibration_data"], cwd=tmp_path, check=True)
    done = bring(tmp_path / "two.tar.gz")
    assert list(done.left_out.values()) == ["not the file that the manifest promises"]
    assert len(done.added) == 3


def test_bad_samples_are_left_out_by_name_and_never_unpickled(
    tmp_path: Path, filled: Path, bring: Any, make: Any
) -> None:
    evil = {**make.small_arrays(), "depth": np.array([{"a": 1}], object)}
    np.savez(filled / "calibration_0090.npz", **evil)
    (filled / "calibration_0091.npz").write_bytes(b"PK\x03\x04half")
    subprocess.run(["tar", "-czf", "set.tar.gz", "calibration_data"], cwd=tmp_path, check=True)
    done = bring(tmp_path / "set.tar.gz")
    assert len(done.added) == 4
    assert "Python objects" in done.left_out["calibration_data/calibration_0090.npz"]
    assert "missing" in done.left_out["calibration_data/calibration_0091.npz"]


def _link(target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo("calibration_data/calibration_0000.npz")
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (tarfile.TarInfo("../calibration_0000.npz"), "leads out"),
        (tarfile.TarInfo("/etc/calibration_0000.npz"), "leads out"),
        (tarfile.TarInfo("a/../../b.npz"), "leads out"),
        (_link("/etc/passwd"), "link or a device"),
    ],
)
def test_paths_and_links_refuse_the_whole_archive(
    tmp_path: Path, filled: Path, bring: Any, member: tarfile.TarInfo, words: str
) -> None:
    with tarfile.open(tmp_path / "set.tar.gz", "w:gz") as archive:
        archive.add(filled, "calibration_data")
        archive.addfile(member)
    with pytest.raises(OperatorError, match=words):
        bring(tmp_path / "set.tar.gz")
    assert not (tmp_path / "here").exists()
    assert not list((tmp_path / ".rovertui").glob("import-*"))


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, bring: Any) -> None:
    with tarfile.open(tmp_path / "one.tar.gz", "w:gz", compresslevel=1) as archive:
        info = tarfile.TarInfo("calibration_data/calibration_0000.npz")
        info.size = 300 << 20
        archive.addfile(info, _Zeros(info.size))
    with pytest.raises(OperatorError, match="larger"):
        bring(tmp_path / "one.tar.gz")
    with tarfile.open(tmp_path / "two.tar.gz", "w:gz", compresslevel=1) as archive:
        header = tarfile.TarInfo("calibration_data/x.npz")
        header.type, header.size = tarfile.XHDTYPE, 64 << 20
        archive.fileobj.write(header.tobuf())  # type: ignore[union-attr]
        archive.fileobj.write(bytes(64 << 20))  # type: ignore[union-attr]
    with pytest.raises(OperatorError, match="more than it says"):
        bring(tmp_path / "two.tar.gz")


class _Zeros(io.RawIOBase):
    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


@pytest.mark.parametrize("data", [b"", b"no archive at all", b"\x1f\x8b\x08broken"])
def test_what_is_no_archive_is_said_in_a_sentence(tmp_path: Path, bring: Any, data: bytes) -> None:
    (tmp_path / "set.tar.gz").write_bytes(data)
    with pytest.raises(OperatorError, match=r"cannot be read as a tar|holds no"):
        bring(tmp_path / "set.tar.gz")


def test_what_was_imported_is_a_sample_like_any_other(
    tmp_path: Path, filled: Path, bring: Any, make: Any
) -> None:
    export(filled, tmp_path / "set.tar.gz", make.small_config())
    name = bring(tmp_path / "set.tar.gz").added[0]
    arrays, stamp = sample.read(tmp_path / "here" / name)
    assert stamp is not None
    assert set(arrays) == {"rgb", "depth", "proprio"}


def test_a_sample_replaced_while_packing_is_left_out_and_the_rest_is_packed(
    tmp_path: Path, filled: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = archive.load_entries(filled, make.small_config(), None)
    (filled / listed[0].name).unlink()
    monkeypatch.setattr(archive, "load_entries", lambda *_: listed)
    packed = tmp_path / "set.tar.gz"
    assert export(filled, packed, make.small_config()) == len(listed) - 1
    with tarfile.open(packed) as tar:
        assert not [name for name in tar.getnames() if name.endswith(listed[0].name)]
