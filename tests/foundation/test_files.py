"""Files are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from rovertui import files


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    files.write_whole(target, b"old")
    with pytest.raises(RuntimeError), files.whole(target) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


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
