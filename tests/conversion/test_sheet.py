"""The model sheet and the pair it makes with its model."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rovertui.conversion import naming, placing, sheet
from rovertui.errors import OperatorError
from rovertui.files import remove_temporaries

ROOT = Path(__file__).parents[2]
MODEL = b"RKNN and more bytes"


def made(rknn: bytes = MODEL, **parts: Any) -> sheet.Sheet:
    given_: dict[str, Any] = {
        "format": sheet.FORMAT,
        "checkpoint": "ppo_v620_update_10",
        "precision": "hybrid",
        "target": "rk3588",
        "toolkit": "2.5.0",
        "onnx_sha256": "0" * 64,
        "onnx_bytes": 1000,
        "rknn_sha256": hashlib.sha256(rknn).hexdigest(),
        "rknn_bytes": len(rknn),
        "inputs": [
            sheet.Feed(
                name="depth",
                array="depth",
                layout="NHWC",
                dtype="float32",
                shape=[1, 240, 424, 1],
                data_format="nhwc",
                feed_scale=1 / 6,
                net_scale=1.0,
                sample_shape=[240, 424],
                sample_dtype="float32",
            )
        ],
        "outputs": [sheet.Output(name="action", shape=[1, 2])],
        "calibration": sheet.Calibration(schema="rgbd6"),
        "check": None,
        "limits": sheet.LimitsUsed(mean=0.01, largest=0.15, over=0.05, share_over=0.02, frames=30),
        "within": None,
        "reasons": [],
        "strength": "not measured",
        "simulated": False,
        "created": 1.0,
        "program": "0.1",
        **parts,
    }
    return sheet.Sheet(**given_)


def placed(
    directory: Path, model: bytes = MODEL, name: str = "a_hybrid.rknn", golden: bytes = b""
) -> Path:
    built, frames = directory / "built.rknn", directory / "golden.npz"
    built.write_bytes(model)
    frames.write_bytes(golden)
    target = directory / "models" / name
    promised = (
        sheet.SampleName(name=naming.golden_path(target).name, sha256="0" * 64) if golden else None
    )
    given = made(model, golden=promised)
    placing.put_in_place(built, target, given, frames if golden else None)
    return target


def test_what_is_put_in_place_loads_again(tmp_path: Path) -> None:
    target = placed(tmp_path)

    assert target.read_bytes() == MODEL
    assert sheet.load(target) == made()
    assert sorted(p.name for p in target.parent.iterdir()) == ["a_hybrid.json", "a_hybrid.rknn"]


KILLED = """
import os, sys
from pathlib import Path
from rovertui.conversion import naming, placing
from tests.conversion.test_sheet import placed
left, replace = int(sys.argv[2]), Path.replace
def until_killed(self, target):
    global left
    if left == 0:
        os._exit(9)
    left -= 1
    return replace(self, target)
Path.replace = until_killed
placed(Path(sys.argv[1]), b"the new model" * 99, golden=b"new")
"""


@pytest.mark.parametrize("golden", [b"old", b""])
def test_killed_at_any_step_model_frames_and_sheet_are_of_one_conversion(
    tmp_path: Path, golden: bytes
) -> None:
    target = placed(tmp_path, golden=golden)
    old, ended, told = sheet.load(target), 9, []
    for steps in range(9):
        command = [sys.executable, "-c", KILLED, str(tmp_path), str(steps)]
        ended = subprocess.run(command, cwd=ROOT, env={**os.environ}).returncode
        remove_temporaries(target.parent)
        told += placing.settle(target.parent)
        found, frames = sheet.load(target), naming.golden_path(target)
        here = frames.read_bytes() if frames.exists() else b""
        assert here == (golden if found == old else b"new")
        assert len(list(target.parent.iterdir())) == (3 if here else 2)
        if ended == 0:
            break
        assert ended == 9
        target = placed(tmp_path, golden=golden)
    assert ended == 0
    assert any("what was there before stays" in text for text in told)
    assert any("the new one is there" in text for text in told)


def test_a_sheet_of_another_file_is_noticed(tmp_path: Path) -> None:
    target = placed(tmp_path)
    target.write_bytes(MODEL + b"!")

    with pytest.raises(OperatorError, match="belongs to another file"):
        sheet.load(target)


def test_what_could_not_be_put_in_place_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = placed(tmp_path)

    def cut(path: Path, data: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(placing, "write_whole", cut)
    with pytest.raises(KeyboardInterrupt):
        placed(tmp_path, b"RKNN of another build", golden=b"frames")

    assert sheet.load(target) == made()
    assert sorted(p.name for p in target.parent.iterdir()) == ["a_hybrid.json", "a_hybrid.rknn"]


def test_a_missing_sheet_or_model_is_told(tmp_path: Path) -> None:
    target = placed(tmp_path)
    target.unlink()
    with pytest.raises(OperatorError, match=r"a_hybrid\.rknn: cannot be read"):
        sheet.load(target)
    sheet.sheet_path(target).unlink()
    with pytest.raises(OperatorError, match=r"a_hybrid\.json: cannot be read"):
        sheet.load(target)


def test_a_newer_sheet_with_more_keys_is_read_a_newer_format_is_not(tmp_path: Path) -> None:
    value = json.loads(sheet.encode(made()))

    assert sheet.decode(json.dumps({**value, "npu_ms": 31}).encode(), "a.json") == made()
    with pytest.raises(OperatorError, match="format 1 or less, found 2"):
        sheet.decode(json.dumps({**value, "format": 2}).encode(), "a.json")


@pytest.mark.parametrize("key", ["rknn_sha256", "inputs", "precision", "limits"])
def test_a_missing_key_is_named(key: str) -> None:
    value = json.loads(sheet.encode(made()))
    del value[key]

    with pytest.raises(OperatorError, match=key):
        sheet.decode(json.dumps(value).encode(), "a.json")


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_an_operators_error(data: bytes) -> None:
    with pytest.raises(OperatorError, match=r"a\.json"):
        sheet.decode(data, "a.json")


def test_models_are_named_after_checkpoint_and_precision() -> None:
    path = naming.rknn_path(Path("models"), "ppo_v620_update_50", "int8")

    assert path == Path("models/ppo_v620_update_50_int8.rknn")
    assert naming.split(path.stem) == ("ppo_v620_update_50", "int8")
    assert naming.split("ppo_v620_update_50") == ("ppo_v620_update_50", "")


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    target = placed(tmp_path)
    link = target.with_name("remote_trained.rknn")
    link.symlink_to(target.name)

    with pytest.raises(OperatorError, match="is a link"):
        placing.put_in_place(tmp_path / "built.rknn", link, made())
    with pytest.raises(OperatorError, match=r"\.rknn"):
        placing.check_output(tmp_path / "model.onnx")


def test_where_nothing_can_be_written_is_told_before_a_model_is_built(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    for name in ("file/x.rknn", "file/deep/x.rknn"):
        with pytest.raises(OperatorError, match="file is no directory"):
            placing.check_output(tmp_path / name)
    placing.check_output(tmp_path / "deep" / "deeper" / "x.rknn")
    assert not (tmp_path / "deep").exists()
