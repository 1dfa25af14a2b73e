"""The error layer by layer: by the real toolkit, and what its table may hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.conversion import launch, layers
from rovertui.conversion.layers import Layer, Measured
from rovertui.errors import OperatorError
from rovertui.reporter import Reporter
from rovertui.worker.failure import Failure
from rovertui.worker.layers import Layers

from . import nets, workshop

TABLE = """
# simulator_error: calculate the output error of each layer of the simulator
layer_name                          simulator_error
                                 entire              single
                              cos      euc        cos      euc
----------------------------------------------------------------
[Input] rgb                   1.00000 | 0.00000   1.00000 | 0.00000
[Conv] /a/Conv_output_0
[Relu] /a/Relu_output_0       0.99998 | 0.50000   0.99998 | 0.20000
[Conv] /b/Conv_output_0       0.99900 | 0.60000   1.00000 | 0.10000
"""


def left(directory: Path, table: str = TABLE) -> Path:
    """A directory as the toolkit leaves it; every layer's numbers have the size 10."""
    golden = directory / "golden" / "npy"
    golden.mkdir(parents=True)
    (directory / "error_analysis.txt").write_text(table)
    rows = ["layer_name  file_name", "------"]
    for name, file in (("/a/Relu_output_0", "_a_Relu"), ("/b/Conv_output_0", "_b_Conv")):
        rows.append(f"{name}  {file}.txt")
        np.save(golden / f"{file}.npy", np.array([6.0, 8.0], np.float32))
    (directory / "map_name_to_file.txt").write_text("\n".join(rows))
    return directory


def test_errors_are_shares_of_the_size_and_means_over_frames(tmp_path: Path) -> None:
    found = Layers()
    found.add(left(tmp_path / "one"))
    found.add(left(tmp_path / "two", TABLE.replace("0.20000", "0.40000")))

    first, second = found.rows()
    assert (first["name"], first["kind"]) == ("/a/Relu_output_0", "Relu")
    assert first["own"] == pytest.approx(0.03) and first["so_far"] == pytest.approx(0.05)
    assert second["own"] == pytest.approx(0.01)
    assert not list(tmp_path.iterdir()), "every layer's numbers are many megabytes"


@pytest.mark.parametrize("table", ["", "[Conv] something else entirely"])
def test_a_table_of_another_form_is_a_sentence(tmp_path: Path, table: str) -> None:
    with pytest.raises(Failure, match="table of layers cannot be read"):
        Layers().add(left(tmp_path / "one", table))
    with pytest.raises(Failure, match="there is none"):
        Layers().add(tmp_path / "nowhere")


def test_the_worst_come_first_and_long_names_fit_in_80_columns() -> None:
    rows = tuple(Layer(f"/{'x' * n}/Conv", "Conv", n / 1000, n / 500) for n in range(1, 80))
    lines = layers.table(Measured("net", "int8", 3, rows, "..."))

    assert lines[3].startswith("1  ...xxx") and "7.90%" in lines[3] and "15.80%" in lines[3]
    assert max(len(line) for line in lines[2:]) <= 80
    assert len(lines) == 3 + layers.WORST + 1


@pytest.fixture(scope="module")
def measured(
    tmp_path_factory: pytest.TempPathFactory, toolkit_python: Path
) -> Callable[[str], Measured]:
    root = tmp_path_factory.mktemp("layers")
    path = nets.save(nets.policy(), root / "net.onnx")
    known: dict[str, Measured] = {}

    def measure(rung: str) -> Measured:
        if rung not in known:
            request = workshop.request(root, path, precision=rung)
            work = launch.here(toolkit_python)
            told: list[str] = []
            reporter = Reporter(lambda event: told.append(str(event.get("text", ""))))
            known[rung] = layers.measure(request, work, root / "scratch", reporter)
            assert any("3 to compare the layers on" in text for text in told), told
            assert not list((root / "scratch").iterdir())
            assert not (root / "models").exists(), "nothing is put in place"
        return known[rung]

    return measure


@pytest.mark.needs_toolkit
def test_the_layer_that_rounds_the_vector_is_the_worst_of_int8(
    measured: Callable[[str], Measured],
) -> None:
    found = measured("int8")

    assert found.frames == 3 and len(found.layers) > 8
    names = [layer.name for layer in found.worst]
    assert names == found.as_dict()["worst"] and found.worst[0].own >= found.worst[-1].own
    assert any("body1" in name or "proprio" in name for name in names), names
    assert f"most error arises in {names[0]}" in found.text


@pytest.mark.needs_toolkit
def test_hybrid_loses_less_on_the_vectors_way_and_float16_hardly_anything(
    measured: Callable[[str], Measured],
) -> None:
    def worst_of(found: Measured, part: str) -> float:
        return max(layer.own for layer in found.layers if part in layer.name)

    int8, hybrid, fp16 = (measured(rung) for rung in ("int8", "hybrid", "fp16"))
    assert worst_of(hybrid, "body1") < worst_of(int8, "body1") / 10
    assert max(layer.so_far for layer in fp16.layers) < 0.01


def test_without_any_frames_it_is_refused_in_words(tmp_path: Path) -> None:
    path = nets.save(nets.policy(), tmp_path / "net.onnx")
    request = workshop.request(tmp_path, path, calibration=[], check=[])

    def never(*given: Any) -> Any:
        raise AssertionError("nothing is started")

    with pytest.raises(OperatorError, match="no frames to compare"):
        layers.measure(request, never, tmp_path / "scratch", Reporter())
