"""A model is named by its name, its file or its training step; what is meant is never guessed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rovertui.deployment.entry import Entry
from rovertui.deployment.shelf import Shelf
from rovertui.errors import OperatorError
from rovertui.operations import names
from rovertui.remote.checkpoints import Checkpoint, Listing, pick
from tests.deployment import parts


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for number, name in enumerate(
        ["ppo_v620_update_50.onnx", "ppo_v620_update_1240.onnx", "other_50.onnx"]
    ):
        (tmp_path / name).write_bytes(b"onnx")
        os.utime(tmp_path / name, (number, number))
    for name in (
        "ppo_v620_update_1240_hybrid",
        "ppo_v620_update_60_int8",
        "ppo_v620_update_60_fp16",
    ):
        (tmp_path / f"{name}.rknn").write_bytes(b"RKNN")
    (tmp_path / "ppo_v620_update_1240.rknn").symlink_to("ppo_v620_update_1240_hybrid.rknn")
    return tmp_path


@pytest.mark.parametrize(
    "wanted", ["1240", "01240", "ppo_v620_update_1240", "ppo_v620_update_1240.onnx"]
)
def test_an_onnx_is_found_by_step_name_or_file(models: Path, wanted: str) -> None:
    assert names.onnx(models, wanted).name == "ppo_v620_update_1240.onnx"


def test_a_step_of_two_models_names_both(models: Path) -> None:
    with pytest.raises(OperatorError, match="other_50, ppo_v620_update_50") as caught:
        names.onnx(models, "50")
    assert caught.value.code == "ambiguous"


def test_an_unknown_model_names_what_is_there_the_latest_last(models: Path) -> None:
    with pytest.raises(OperatorError, match="no ONNX model") as caught:
        names.onnx(models, "7")
    assert "ppo_v620_update_50, ppo_v620_update_1240, other_50" in caught.value.hint
    with pytest.raises(OperatorError, match="no ONNX model"):
        names.onnx(models, "/nowhere/x.onnx")


@pytest.mark.parametrize(
    "wanted",
    [
        "1240",
        "ppo_v620_update_1240",
        "ppo_v620_update_1240_hybrid",
        "ppo_v620_update_1240_hybrid.rknn",
        "1240_hybrid",
    ],
)
def test_a_converted_model_is_found_and_a_second_name_is_no_second_model(
    models: Path, wanted: str
) -> None:
    assert names.one_converted(models, wanted) == "ppo_v620_update_1240_hybrid"


def test_a_step_with_two_precisions_names_both(models: Path) -> None:
    with pytest.raises(OperatorError, match=r"60_\w+, ppo_v620_update_60_") as caught:
        names.one_converted(models, "60")
    assert caught.value.code == "ambiguous" and caught.value.hint
    assert len(names.converted(models, "60")) == 2
    assert names.one_converted(models, "60_fp16") == "ppo_v620_update_60_fp16"
    with pytest.raises(OperatorError, match="no converted model 60_hybrid"):
        names.one_converted(models, "60_hybrid")


def test_what_is_not_converted_yet_says_how(models: Path) -> None:
    with pytest.raises(OperatorError, match="no converted model other_50") as caught:
        names.one_converted(models, "other_50")
    assert "rovertui convert other_50" in caught.value.hint


def test_a_checkpoint_is_found_by_step_and_a_doubtful_step_is_refused() -> None:
    listing = Listing(
        directory="checkpoints",
        checkpoints=tuple(
            Checkpoint(name=name, step=step)
            for name, step in (("ppo_50", 50), ("ppo_050", 50), ("ppo_40", 40))
        ),
        others=0,
        other_names=(),
        server_time=0.0,
    )
    assert pick(listing, "40").name == "ppo_40"
    assert pick(listing, "ppo_050.onnx").name == "ppo_050"
    with pytest.raises(OperatorError, match="ppo_50, ppo_050"):
        pick(listing, "50")


def kept(root: Path, *entries: tuple[int, str]) -> Shelf:
    shelf = Shelf(root / "deployed")
    for number, checkpoint in entries:
        name = parts.put_model(root, checkpoint)
        rknn = root / f"{name}.rknn"
        entry = Entry(
            number=number,
            name=name,
            checkpoint=checkpoint,
            precision="int8",
            sha256=parts.sha256(rknn),
            when=1.0,
        )
        shelf.prepare(entry, rknn, rknn.with_suffix(".json").read_bytes())
    return shelf


def test_a_kept_model_is_found_by_number_or_step_and_never_guessed(tmp_path: Path) -> None:
    shelf = kept(tmp_path, (1, "ppo_3"), (2, "ppo_40"), (3, "ppo_2"))

    assert shelf.find("1") == 1 and shelf.find("40") == 2 and shelf.find("ppo_3") == 1
    for wanted in ("2", "3"):
        with pytest.raises(OperatorError, match="means several") as caught:
            shelf.find(wanted)
        assert caught.value.code == "ambiguous"
    assert shelf.find("0002") == 2 and shelf.find("0003") == 3
    assert shelf.find("40_int8") == 2 and shelf.find("2_int8") == 3
    for wanted in ("41", "40_hybrid"):
        with pytest.raises(OperatorError, match="is kept here"):
            shelf.find(wanted)
