"""Files are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rovertui import files
from rovertui.calibration import numbering


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    files.write_whole(target, b"old")
    with pytest.raises(RuntimeError), files.whole(target) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_bytes_are_on_the_disk_before_their_name_and_the_name_before_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace, link = os.fsync, Path.replace, os.link

    def flushed(handle: int) -> None:
        found = Path(f"/proc/self/fd/{handle}").resolve()
        done.append("flush directory" if found == tmp_path else f"flush {found.read_text()}")
        fsync(handle)

    def named(self: Path, target: Path) -> Path:
        done.append(f"name {target.name}")
        return replace(self, target)

    def linked(source: Path, target: Path) -> None:
        done.append(f"name {target.name}")
        link(source, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "link", linked)
    monkeypatch.setattr(Path, "replace", named)
    files.write_whole(tmp_path / "a", b"new")
    assert done == ["flush new", "name a", "flush directory"]
    done.clear()
    files.replace_link(tmp_path / "link", "a")
    assert done == ["name link", "flush directory"]
    done.clear()
    sample, _ = numbering.create(tmp_path, 7, lambda stream: stream.write(b"sample"))
    assert done == ["flush sample", f"name {sample.name}", "flush directory"]


def test_a_link_is_replaced_in_one_step(tmp_path: Path) -> None:
    link = tmp_path / "link"
    for target in ("one", "two"):
        files.replace_link(link, target)
        assert link.readlink() == Path(target)
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_what_is_set_aside_lies_beside_its_reason_and_never_replaces_another(
    tmp_path: Path,
) -> None:
    places = []
    for text in (b"one", b"two"):
        broken = tmp_path / "x.npz"
        broken.write_bytes(text)
        places.append(files.set_aside(broken, tmp_path / "quarantine", "truncated"))
    assert [place.read_bytes() for place in places] == [b"one", b"two"]
    assert places[0].with_name(places[0].name + ".reason").read_text() == "truncated\n"


def test_what_an_interrupted_write_left_is_removed_and_nothing_of_others(tmp_path: Path) -> None:
    (tmp_path / ".a.json.x1y2.part").write_bytes(b"half")
    (tmp_path / "b.part").write_bytes(b"theirs")
    assert files.remove_temporaries(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["b.part"]
