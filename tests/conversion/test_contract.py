"""The three points of every input are joined before anything is built, or refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto

from rovertui.conversion.contract import Contract, inspect
from rovertui.errors import OperatorError
from rovertui.files import sha256_of

from . import nets, workshop


def contract(model: onnx.ModelProto, directory: Path, **inputs: Any) -> Contract:
    path = nets.save(model, directory / "net.onnx")
    return inspect(path, "small", workshop.schema(**inputs))


def refusal(found: Contract, asked: str = "auto") -> OperatorError:
    with pytest.raises(OperatorError) as caught:
        found.rung(asked)
    assert caught.value.hint
    return caught.value


def test_every_point_of_every_input_is_known(tmp_path: Path) -> None:
    found = contract(nets.policy(), tmp_path)

    assert found.problems == ()
    rgb, depth, proprio = found.inputs
    assert (rgb.shape, rgb.feed_shape) == ((1, 3, 24, 32), (1, 24, 32, 3))
    assert rgb.net_scale == pytest.approx(1 / 255)
    assert (depth.feed_scale, depth.net_scale, depth.scaled) == (pytest.approx(1 / 6), 1.0, True)
    assert (proprio.feed_shape, proprio.scaled) == ((1, 6), False)
    assert proprio.fields[4] == "accel" and proprio.high[4] == 80
    assert found.outputs == (("action", (1, 2)),)


def test_auto_is_hybrid_where_a_vector_reaches_the_output_without_a_convolution(
    tmp_path: Path,
) -> None:
    found = contract(nets.policy(), tmp_path)

    assert found.rung("auto") == "hybrid"
    assert found.hybrid == (("proprio", "action"),)


def test_hybrid_keeps_the_first_look_at_an_image_of_float32_where_that_is_cheap(
    tmp_path: Path,
) -> None:
    model = nets.large_body()

    assert contract(model, tmp_path).firsts == (("depth", "depth1"),)
    # 8 bits hold all that an image of uint8 has, and a large convolution would cost too much.
    assert contract(model, tmp_path, depth={"dtype": "uint8"}).firsts == ()
    assert contract(nets.policy(), tmp_path).firsts == ()
    # Something stays in INT8, or the file could not be told from a float16 one.
    assert contract(model, tmp_path, rgb={"dtype": "float32"}).firsts == (("depth", "depth1"),)
    assert contract(nets.map_and_proprio("grid", 1), tmp_path).firsts == ()


def test_every_vector_and_output_on_the_way_gets_its_float16_path(tmp_path: Path) -> None:
    found = contract(nets.two_vectors(), tmp_path)

    assert found.rung("auto") == "hybrid"
    assert set(found.hybrid) == {("proprio", "action"), ("proprio", "value"), ("goal", "action")}


def test_auto_is_int8_without_a_vector(tmp_path: Path) -> None:
    found = contract(nets.one_image(), tmp_path)

    assert found.rung("auto") == "int8"
    assert "no vector input" in refusal(found, "hybrid").message


def test_auto_is_int8_where_the_vector_is_fused_early_and_says_what_that_means(
    tmp_path: Path,
) -> None:
    found = contract(nets.early_fusion(), tmp_path)

    assert found.rung("auto") == "int8"
    assert any("proprio" in note for note in found.notes)
    assert "convolutions lie on it" in refusal(found, "hybrid").message


def test_auto_is_float16_where_hybrid_would_leave_nothing_in_int8(tmp_path: Path) -> None:
    found = contract(nets.only_vector(), tmp_path)

    assert found.rung("auto") == "fp16"
    assert "nothing in int8" in refusal(found, "hybrid").message


def test_an_unknown_precision_is_refused(tmp_path: Path) -> None:
    assert "w8a8" in refusal(contract(nets.policy(), tmp_path), "w8a8").message


def test_an_undecided_net_scale_names_the_key_and_both_choices(tmp_path: Path) -> None:
    error = refusal(contract(nets.policy(), tmp_path, depth={"net_scale": "ask"}))

    assert error.code == "ask" and "depth" in error.message
    assert "schemas.small.inputs.depth.net_scale" in error.hint
    assert '"1"' in error.hint and '"1/6"' in error.hint


def test_a_vector_whose_feed_is_not_its_net_is_refused_in_int8_only(tmp_path: Path) -> None:
    found = contract(nets.policy(), tmp_path, proprio={"net_scale": "1/10"})

    error = refusal(found, "int8")
    assert "proprio" in error.message and "hybrid" in error.hint
    assert found.rung("hybrid") == "hybrid" and found.rung("fp16") == "fp16"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"rgb": {"layout": "flat"}}, "NHWC or NCHW"),
        ({"proprio": {"layout": "NHWC"}}, "flat"),
        ({"proprio": {"dtype": "uint8"}}, "float32"),
        ({"rgb": {"array": "depth"}}, "shape"),
        ({"depth": {"feed_scale": "0"}}, "feed_scale"),
        ({"depth": {"net_scale": "six"}}, "net_scale"),
    ],
)
def test_points_that_cannot_be_joined_are_refused(
    tmp_path: Path, parts: dict[str, Any], words: str
) -> None:
    error = refusal(contract(nets.policy(), tmp_path, **parts))

    assert words in error.message
    assert "config.toml" in error.hint or "schemas.small" in error.hint


def test_an_input_without_an_array_names_what_the_schema_has(tmp_path: Path) -> None:
    net = nets.Net()
    net.pooled(net.conv("thermal", "t1", 5, 4), "vision")
    net.dense("vision", "action", 4, 2, act="Tanh")
    model = net.model({"thermal": ["batch", 5, 24, 32]}, {"action": ["batch", 2]})

    error = refusal(contract(model, tmp_path))

    assert error.code == "inputs" and "thermal" in error.message and "proprio" in error.message


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nets.one_image(opset=20), "opset 20"),
        (nets.one_image(["batch", 3, "height", 32]), "axis 2 (height)"),
        (nets.one_image([4, 3, 24, 32]), "batch is fixed at 4"),
        (nets.one_image(dtype=TensorProto.INT64), "int64"),
    ],
    ids=["opset", "dynamic axis", "batch", "int64"],
)
def test_models_that_the_toolkit_cannot_take_are_told_apart(
    tmp_path: Path, model: onnx.ModelProto, words: str
) -> None:
    assert words in refusal(contract(model, tmp_path)).message


def test_several_problems_are_told_together(tmp_path: Path) -> None:
    found = contract(nets.policy(), tmp_path, depth={"net_scale": "ask"}, rgb={"net_scale": "ask"})

    assert "rgb" in refusal(found).message and "depth" in refusal(found).message


def test_a_dynamic_or_fixed_batch_of_one_is_no_problem(tmp_path: Path) -> None:
    assert contract(nets.one_image([1, 3, 24, 32]), tmp_path).problems == ()
    assert contract(nets.one_image(["N", 3, 24, 32]), tmp_path).problems == ()


def test_a_file_cut_short_is_refused_at_any_length(tmp_path: Path) -> None:
    whole = nets.policy().SerializeToString()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 3000, len(whole) - 1):
        path = tmp_path / "net.onnx"
        path.write_bytes(whole[:length])
        error = refusal(inspect(path, "small", workshop.schema()))
        assert error.code == "model" and "net.onnx" in error.message


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\x80\x02not a model at all" * 50)
    (tmp_path / "net.bin").write_bytes(b"x")
    for name, words in (("net.onnx", "ONNX"), ("net.bin", ".onnx"), ("gone.onnx", "cannot be")):
        found = inspect(tmp_path / name, "small", workshop.schema())
        assert words in refusal(found).message


def with_external_weights(directory: Path) -> Path:
    path = directory / "net.onnx"
    onnx.save(
        nets.policy(),
        str(path),
        save_as_external_data=True,
        location="net.weights",
        size_threshold=0,
    )
    return path


def test_weights_in_a_file_beside_the_model_are_used(tmp_path: Path) -> None:
    assert inspect(with_external_weights(tmp_path), "small", workshop.schema()).problems == ()


def test_a_model_is_another_one_when_only_the_weights_beside_it_are_others(tmp_path: Path) -> None:
    path = with_external_weights(tmp_path)
    weights = tmp_path / "net.weights"
    before = inspect(path, "small", workshop.schema())
    same_file = path.read_bytes()

    data = bytearray(weights.read_bytes())
    data[200] ^= 1
    weights.write_bytes(data)
    after = inspect(path, "small", workshop.schema())

    assert path.read_bytes() == same_file
    assert before.sha256 != after.sha256
    assert before.bytes == len(same_file) + len(data)


def test_a_model_in_one_file_is_known_by_the_hash_of_that_file(tmp_path: Path) -> None:
    path = nets.save(nets.policy(), tmp_path / "net.onnx")

    assert inspect(path, "small", workshop.schema()).sha256 == sha256_of(path)


@pytest.mark.parametrize("damage", ["missing", "short"])
def test_weights_that_are_not_there_are_never_replaced_by_random_ones(
    tmp_path: Path, damage: str
) -> None:
    path = with_external_weights(tmp_path)
    weights = tmp_path / "net.weights"
    if damage == "missing":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:-100])

    error = refusal(inspect(path, "small", workshop.schema()))

    assert "net.weights" in error.message and "random" in error.hint


def test_weights_outside_the_models_directory_are_not_read(tmp_path: Path) -> None:
    path = with_external_weights(tmp_path)
    (tmp_path / "net.weights").rename(tmp_path.parent / "outside.weights")
    model = onnx.load(str(path), load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = "../outside.weights"
    path.write_bytes(model.SerializeToString())

    assert "outside.weights" in refusal(inspect(path, "small", workshop.schema())).message


def test_weights_behind_a_link_are_read_or_refused_but_never_a_traceback(tmp_path: Path) -> None:
    path = with_external_weights(tmp_path)
    (tmp_path / "net.weights").rename(tmp_path / "elsewhere")
    (tmp_path / "net.weights").symlink_to("elsewhere")

    found = inspect(path, "small", workshop.schema())

    assert all(problem.code == "model" for problem in found.problems)


def test_what_a_model_says_of_itself_is_cleaned(tmp_path: Path) -> None:
    model = nets.policy()
    model.metadata_props.add(key="note", value="\x1b[2Jhello\x07")

    assert contract(model, tmp_path).metadata == {"note": "hello?"}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(position=st.integers(0, 20_000), value=st.integers(0, 255), length=st.integers(1, 30_000))
def test_no_damage_to_a_model_is_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int, length: int
) -> None:
    data = bytearray(nets.policy().SerializeToString())
    data[position % len(data)] = value
    path = tmp_path_factory.mktemp("damaged") / "net.onnx"
    path.write_bytes(data[:length])

    found = inspect(path, "small", workshop.schema())

    assert all(problem.message for problem in found.problems)
