"""What can be told before a conversion: each thing apart, in words, without the toolkit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from rovertui.config import Capture, Config, Rover
from rovertui.conversion import precheck
from rovertui.conversion.precheck import Checked
from rovertui.conversion.questions import Decision
from rovertui.operations.checking import check_report, decide
from rovertui.schema import Output, OutputNumber, Schema
from rovertui.workspace import Workspace

from . import nets, workshop


def checked(
    tmp_path: Path,
    model: onnx.ModelProto | None = None,
    schema: Schema | None = None,
    precision: str = "auto",
    samples: int = 6,
    **parts: Any,
) -> Checked:
    path = nets.save(model or nets.policy(), tmp_path / "net.onnx")
    files = [f.path for f in workshop.samples(tmp_path / "set", range(samples))]
    given: dict[str, Any] = {
        "rover": Rover(),
        "decided": {},
        "calibration": files,
        "checking": files[:1],
        "read": files,
        "doubted": {},
        **parts,
    }
    return precheck.check(path, "small", schema or workshop.schema(), precision, **given)


def test_what_can_be_converted_says_so_with_three_points_and_the_range_in_the_set(
    tmp_path: Path,
) -> None:
    found = precheck.as_dict(checked(tmp_path))

    assert found["verdict"] == "ok" and found["reasons"] == []
    depth = next(row for row in found["inputs"] if row["name"] == "depth")
    assert depth["sample"]["range"] == [0.0, 6.0]
    assert depth["feed"]["range"] == [0.0, 1.0] and depth["feed"]["shape"] == [1, 24, 32, 1]
    assert depth["net"]["scale"] == 1.0
    assert 0 <= depth["seen"]["low"][0] < depth["seen"]["high"][0] <= 6
    assert found["precisions"] == ["hybrid", "int16", "fp16"]
    assert found["float16_path"] == [["proprio", "action"], ["fused2", "action"]]


def test_six_numbers_of_another_meaning_are_asked_about_where_ranges_give_them_away(
    tmp_path: Path,
) -> None:
    """Half of what a later node stored, already normalised, lies within the guide's ranges."""
    config = Config(schemas={"small": workshop.schema()}, capture=Capture(schema="small"))
    workspace, directory = Workspace(tmp_path), tmp_path / "calibration_data"
    (tmp_path / "models").mkdir()
    nets.save(nets.policy(), tmp_path / "models" / "ppo_10.onnx")
    workshop.samples(directory, range(6))
    found, _ = check_report(workspace, config, "ppo_10")
    assert found["verdict"] == "ok"

    for seed in range(6):
        others: dict[str, Any] = nets.arrays(seed)
        others["proprio"] = np.array([0.3, 0.1, 0.0, 0.1, 0.2, 0.4], np.float32)
        others["proprio"][5] = 30.0 if seed % 2 else 0.4
        np.savez(directory / f"calibration_{900 + seed}.npz", **others)

    found, lines = check_report(workspace, config, "ppo_10")
    assert found["verdict"] == "ask"
    assert "3 unstamped files" in found["reasons"][0] and "min_dist: 30" in found["reasons"][0]
    assert "Do the numbers of the 9 unstamped files that are used mean" in found["reasons"][0]
    assert any("decide proprio.meaning right" in line for line in lines)

    decide(workspace, config, "proprio.meaning", "right")
    assert check_report(workspace, config, "ppo_10")[0]["verdict"] == "ok"


def test_outputs_are_told_with_use_scale_and_unit(tmp_path: Path) -> None:
    schema = workshop.schema()
    numbers = [OutputNumber(name="linear", unit="m/s", scale="max_linear")]
    outputs = {"action": Output(use="wheels", after="clip", numbers=numbers)}
    schema = Schema(arrays=schema.arrays, inputs=schema.inputs, outputs=outputs)

    found = checked(tmp_path, schema=schema, rover=Rover(max_linear=0.3))

    assert precheck.as_dict(found)["outputs"][0]["numbers"] == [
        {"name": "linear", "unit": "m/s", "scale": 0.3}
    ]
    assert any("wheels, clipped" in line and "0.3 m/s" in line for line in precheck.table(found))


def test_an_undecided_scale_is_asked_and_an_answer_settles_it(tmp_path: Path) -> None:
    schema = workshop.schema(depth={"net_scale": "ask"})

    open_ = checked(tmp_path, schema=schema)
    answer = Decision(value="1", who="ada", when=0.0, question="?")
    settled = checked(tmp_path, schema=schema, decided={"depth.net_scale": answer})

    assert open_.verdict == "ask" and [q.key for q in open_.questions] == ["depth.net_scale"]
    assert [row["verdict"] for row in open_.inputs()] == ["ok", "ok", "ask"]
    assert settled.verdict == "ok"
    row = next(row for row in settled.inputs() if row["name"] == "depth")
    assert "decided by ada" in row["decided"]["depth.net_scale"]


def test_a_range_that_looks_wrong_is_asked_once(tmp_path: Path) -> None:
    schema = workshop.schema(rgb={"net_scale": "1"})

    open_ = checked(tmp_path, schema=schema)
    answer = Decision(value="right", who="ada", when=0.0, question="?")

    assert open_.verdict == "ask" and open_.questions[0].key == "rgb.large"
    assert checked(tmp_path, schema=schema, decided={"rgb.large": answer}).verdict == "ok"


def saying(**metadata: str) -> onnx.ModelProto:
    """The policy with metadata of its own; ``feed_depth`` stands for ``feed.depth``."""
    model = nets.policy()
    for key, value in metadata.items():
        model.metadata_props.add(key=key.replace("_", ".", 1), value=value)
    return model


@pytest.mark.parametrize(
    ("says", "agrees"),
    [
        ({"feed_depth": "metres", "feed_rgb": "rgb/255"}, True),
        ({"net_depth": "raw", "preprocess_rgb": "divided by 255.0"}, True),
        ({"feed_depth": "whatever the trainer does", "other": "metres/6"}, True),
        ({"feed_depth": "metres/6"}, False),
    ],
)
def test_a_model_that_says_it_was_fed_something_else_is_questioned_once(
    tmp_path: Path, says: dict[str, str], agrees: bool
) -> None:
    found = checked(tmp_path, saying(**says))

    assert found.verdict == ("ok" if agrees else "ask")
    if not agrees:
        question = found.questions[0]
        assert question.key == "depth.metadata" and "metres/6 (stored x 0.1667)" in question.text
        answer = Decision(value="right", who="ada", when=0.0, question="?")
        again = checked(tmp_path, saying(**says), decided={"depth.metadata": answer})
        assert again.verdict == "ok"


def test_what_a_model_says_stands_in_the_question_that_nobody_has_answered(tmp_path: Path) -> None:
    schema = workshop.schema(depth={"net_scale": "ask"})
    found = checked(tmp_path, saying(feed_depth="metres/6"), schema)

    assert "the model itself says metres/6" in found.questions[0].text


def odd(model: onnx.ModelProto, op: str, domain: str = "") -> onnx.ModelProto:
    model.graph.node[-1].op_type = op
    model.graph.node[-1].domain = domain
    return model


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nets.one_image(opset=20), "opset 20"),
        (nets.one_image(["batch", 3, "height", 32]), "axis 2 (height)"),
        (nets.one_image(dtype=TensorProto.INT64), "int64"),
        (odd(nets.policy(), "FooBar"), "FooBar"),
        (odd(nets.policy(), "Thing", "my.domain"), "my.domain.Thing"),
        (odd(nets.policy(), "NonZero"), "no fixed size"),
        (nets.recurrent(), "recurrent state"),
    ],
    ids=["opset", "axis", "int64", "operator", "domain", "NonZero", "state"],
)
def test_what_the_toolkit_could_not_take_is_told_apart(
    tmp_path: Path, model: onnx.ModelProto, words: str
) -> None:
    found = checked(tmp_path, model)

    assert found.verdict == "refused"
    assert words in " ".join(found.reasons)


def test_no_samples_are_told_with_the_command_for_fp16(tmp_path: Path) -> None:
    found = checked(tmp_path, samples=0, checking=[])

    assert found.verdict == "refused" and found.code == "no-samples"
    assert "`rovertui convert net --precision fp16`" in found.reasons[0]
    assert checked(tmp_path, precision="fp16", samples=0, checking=[]).verdict == "ok"


def test_too_little_memory_is_told_before_with_what_would_fit(tmp_path: Path) -> None:
    found = checked(tmp_path, free_memory=200_000_000)

    assert found.code == "memory" and "200 MB are free" in found.reasons[0]
    assert checked(tmp_path, free_memory=8_000_000_000).verdict == "ok"


def test_a_runtime_older_than_the_toolkit_is_a_warning(tmp_path: Path) -> None:
    old = checked(tmp_path, runtime=("2.3.2", "2.5.0"))

    assert old.verdict == "ok" and any("2.3.2" in warning for warning in old.warnings)
    for there in ("", "2.5.0", "2.10.1"):
        found = checked(tmp_path, runtime=(there, "2.5.0"))
        assert not any("runtime" in warning for warning in found.warnings)


def test_int16_says_that_no_board_has_confirmed_it(tmp_path: Path) -> None:
    found = checked(tmp_path, precision="int16")

    assert any("not been confirmed on a board" in warning for warning in found.warnings)


def test_rungs_that_a_model_cannot_have_are_left_out_with_the_reason(tmp_path: Path) -> None:
    found = checked(tmp_path, nets.one_image(), precision="all")

    assert found.rungs == ("int8", "int16", "fp16")
    assert "no vector input" in found.left_out["hybrid"]


def test_it_does_not_load_the_toolkit() -> None:
    code = (
        "import sys, rovertui.operations.checking\n"
        "sys.exit(any(m.split('.')[0] in ('rknn', 'torch', 'textual') for m in sys.modules))"
    )
    root = Path(precheck.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0
