"""The demo policy: the real architecture, a clone worth measuring, and its checkpoints."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from rovertui.demo.checkpoints import POLICY, make_checkpoints
from rovertui.demo.driver import decide
from rovertui.demo.observation import Observation, sample_depth
from rovertui.demo.world import World

# (weights' shapes) of seed-contract.md, "Model".
CONVOLUTIONS = {
    (32, 3, 5, 5),
    (64, 32, 3, 3),
    (16, 1, 5, 5),
    (32, 16, 3, 3),
    (128, 96, 3, 3),
    (128, 128, 3, 3),
}


def act(session: onnxruntime.InferenceSession, frames: list[Observation]) -> np.ndarray:
    feed = {
        "rgb": np.stack([f.rgb.transpose(2, 0, 1) for f in frames]).astype(np.float32) / 255,
        "depth": np.stack([sample_depth(f.depth)[None] for f in frames]) / np.float32(6),
        "proprio": np.stack([f.proprio for f in frames]),
    }
    action: np.ndarray = session.run(["action"], feed)[0]
    return action


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(POLICY, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def drive() -> tuple[list[Observation], list[tuple[float, float]]]:
    """Frames of a drive that training has not seen, and what the driver does without noise."""
    world = World(seed=301)
    frames, wanted = [], []
    for i in range(2 * 900):
        world.step(0.5)
        if i % 30 == 0 or (i % 3 == 0 and world.label() != "corridor"):
            frames.append(world.observe())
            wanted.append(decide(world.view(), frames[-1].proprio.tolist()))
    return frames, wanted


def test_it_has_the_architecture_of_the_rovers_policy() -> None:
    model = onnx.load_model(POLICY)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version == 11
    assert [i.name for i in model.graph.input] == ["rgb", "depth", "proprio"]
    assert [o.name for o in model.graph.output] == ["action"]
    dims = {
        i.name: [d.dim_param or d.dim_value for d in i.type.tensor_type.shape.dim]
        for i in [*model.graph.input, *model.graph.output]
    }
    assert dims == {
        "rgb": ["batch", 3, 240, 424],
        "depth": ["batch", 1, 240, 424],
        "proprio": ["batch", 6],
        "action": ["batch", 2],
    }
    shapes = [tuple(t.dims) for t in model.graph.initializer]
    assert {s for s in shapes if len(s) == 4} == CONVOLUTIONS
    kinds = Counter(node.op_type for node in model.graph.node)
    assert kinds["Conv"] == 6 and kinds["Gemm"] == 5
    assert kinds["GlobalAveragePool"] == 1 and kinds["Tanh"] == 1
    assert not any(t.external_data for t in model.graph.initializer)
    assert POLICY.stat().st_size < 1_400_000


def test_it_says_how_it_was_fed_and_that_it_is_simulated() -> None:
    about = {e.key: e.value for e in onnx.load_model(POLICY).metadata_props}
    assert about["training_step"] == "1250"
    assert about["simulated"] == "true"
    assert about["feed.rgb"] == "rgb/255"
    assert about["feed.depth"] == "metres/6"
    assert about["feed.proprio"] == "raw"


def test_it_drives_like_the_driver_on_a_drive_it_has_not_seen(
    session: onnxruntime.InferenceSession,
    drive: tuple[list[Observation], list[tuple[float, float]]],
) -> None:
    frames, wanted = drive
    acted = np.concatenate([act(session, frames[i : i + 16]) for i in range(0, len(frames), 16)])
    error = np.abs(acted - np.array(wanted))
    rare = np.array([f.rare for f in frames])
    assert error[~rare].mean() < 0.06
    assert error[rare].mean() < 0.12
    for axis in (0, 1):
        assert np.corrcoef(acted[rare, axis], np.array(wanted)[rare, axis])[0, 1] > 0.7


def test_depth_in_metres_is_not_what_it_was_trained_on(
    session: onnxruntime.InferenceSession,
    drive: tuple[list[Observation], list[tuple[float, float]]],
) -> None:
    frame = drive[0][0]
    feed = {
        "rgb": frame.rgb.transpose(2, 0, 1)[None].astype(np.float32) / 255,
        "depth": sample_depth(frame.depth)[None, None],
        "proprio": frame.proprio[None],
    }
    wrong = session.run(["action"], feed)[0]
    assert np.abs(wrong - act(session, [frame])).max() > 0.1


@pytest.mark.parametrize(
    ("index", "value"), [(0, -0.05), (1, 0.5), (2, 0.12), (3, -0.12), (4, 11.5), (5, 0.3)]
)
def test_each_of_the_six_numbers_moves_its_output(
    session: onnxruntime.InferenceSession,
    drive: tuple[list[Observation], list[tuple[float, float]]],
    index: int,
    value: float,
) -> None:
    frame = next(f for f in drive[0] if f.label == "corridor" and f.proprio[5] > 1.9)
    other = frame.proprio.copy()
    other[index] = value
    feed = {
        "rgb": frame.rgb.transpose(2, 0, 1)[None].astype(np.float32) / 255,
        "depth": sample_depth(frame.depth)[None, None] / np.float32(6),
    }
    as_felt = session.run(["action"], {**feed, "proprio": frame.proprio[None]})[0]
    changed = session.run(["action"], {**feed, "proprio": other[None]})[0]
    assert np.abs(as_felt - changed).max() > 0.04


def test_the_training_server_offers_four_checkpoints_of_it(tmp_path: Path) -> None:
    made = make_checkpoints(tmp_path / "checkpoints")
    assert [p.name for p in made] == [
        f"ppo_v620_update_{step}.onnx" for step in (1200, 1230, 1240, 1250)
    ]
    assert made[-1].read_bytes() == POLICY.read_bytes()
    for path, step in zip(made, (1200, 1230, 1240, 1250), strict=True):
        model = onnx.load_model(path)
        onnx.checker.check_model(model, full_check=True)
        about = {e.key: e.value for e in model.metadata_props}
        assert about["training_step"] == str(step)
        assert ("derived_from" in about) == (step != 1250)
    assert len({p.read_bytes() for p in made}) == 4


def test_checkpoints_are_the_same_every_time(tmp_path: Path) -> None:
    one, two = make_checkpoints(tmp_path / "a"), make_checkpoints(tmp_path / "b")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_an_earlier_checkpoint_acts_a_little_differently(
    tmp_path: Path,
    session: onnxruntime.InferenceSession,
    drive: tuple[list[Observation], list[tuple[float, float]]],
) -> None:
    frames = drive[0][:12]
    newest = act(session, frames)
    errors = [
        np.abs(act(onnxruntime.InferenceSession(path), frames) - newest).mean()
        for path in make_checkpoints(tmp_path)
    ]
    assert errors[-1] == 0.0
    assert errors[0] > errors[2] > 0.0


def test_the_world_needs_only_numpy() -> None:
    """The training script loads it under the toolkit's Python, which does not hold this program."""
    code = (
        "import sys, rovertui.demo.world; "
        "own = sys.stdlib_module_names | {'numpy', 'rovertui', '_virtualenv'}; "
        "print(sorted({n.partition('.')[0] for n in sys.modules} - own - {'__main__'}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _with_paths(code)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"


def _with_paths(code: str) -> str:
    numpy_at = Path(np.__file__).parents[1]
    root = Path(sys.modules["rovertui"].__file__ or "").parents[1]
    return f"import sys; sys.path += [{str(root)!r}, {str(numpy_at)!r}]; {code}"
