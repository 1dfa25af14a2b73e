"""An .rknn file's header is read offline, and fails softly."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui.conversion import header

MARKER = "rovertui-model:"


def rknn(types: dict[str, str], *, note: str = "", **parts: Any) -> bytes:
    """A file in the layout that rknn-toolkit2 2.5.0 writes; the last tensor is the output."""
    names = list(types)
    about = {
        "version": "2.5.0",
        "target_platform": ["rk3588"],
        "norm_tensor": [
            {"url": name, "size": [1, 6], "dtype": {"vx_type": kind}}
            for name, kind in types.items()
        ],
        "graph": [
            {"left": "output" if name == names[-1] else "input", "right_tensor_id": number}
            for number, name in enumerate(names)
        ],
        **parts,
    }
    flat = b"flat" + struct.pack("<I", len(note)) + note.encode() + b"\0ONNX"
    text = json.dumps(about).encode()
    head = b"RKNN\0\0\0\0" + struct.pack("<QQ", 6, len(flat)) + bytes(40)
    return head + flat + struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    ("types", "precision"),
    [
        ({"rgb": "int8", "proprio": "int8", "action": "int8"}, "int8"),
        ({"rgb": "int8", "proprio": "", "action": ""}, "hybrid"),
        ({"rgb": "", "proprio": "", "action": ""}, "fp16"),
        ({"rgb": "int16", "proprio": "int16", "action": "int16"}, "int16"),
    ],
)
def test_precision_follows_from_the_native_types(
    tmp_path: Path, types: dict[str, str], precision: str
) -> None:
    path = tmp_path / "m.rknn"
    path.write_bytes(rknn(types))

    found = header.read(path)

    assert found and found.precision == precision
    assert found.targets == ("rk3588",) and found.version == "2.5.0"
    assert [name for name, _, _ in found.inputs] == ["rgb", "proprio"]


def test_the_note_put_into_a_model_is_found(tmp_path: Path) -> None:
    path = tmp_path / "m.rknn"
    path.write_bytes(rknn({"a": "", "b": ""}, note=MARKER + '{"onnx":"ab"}'))

    assert header.note(path, MARKER) == {"onnx": "ab"}
    assert header.note(path, "other-marker:") is None


def test_what_is_no_model_has_no_header(tmp_path: Path) -> None:
    whole = rknn({"a": "", "b": ""})
    path = tmp_path / "m.rknn"
    for data in (b"", b"RKNN", whole[:70], whole[:-10], b"ELF" + whole[3:]):
        path.write_bytes(data)
        assert header.read(path) is None
    for parts in ({"norm_tensor": []}, {"graph": 3}, {"target_platform": None}):
        path.write_bytes(rknn({"a": "", "b": ""}, **parts))
        assert header.read(path) is None
    assert header.read(tmp_path / "gone.rknn") is None
    assert header.note(tmp_path / "gone.rknn", MARKER) is None


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200), cut=st.integers(0, 400), at=st.integers(0, 400))
def test_no_damage_raises(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cut: int, at: int
) -> None:
    whole = rknn({"rgb": "int8", "action": ""}, note=MARKER + "{}")
    path = tmp_path_factory.mktemp("any") / "m.rknn"
    path.write_bytes(whole[:at] + data + whole[cut:])

    header.read(path)
    header.note(path, MARKER)
