"""The float model is fed as training fed it, or there is a reason why it cannot be."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from rovertui.compare.float_model import CannotCompare, load
from rovertui.conversion import sheet as sheets
from rovertui.conversion.sheet import Output, OutputNumber
from rovertui.demo.observation import sample_depth
from rovertui.demo.world import World

from ..deployment.parts import put_model, sha256

POLICY = Path(__file__).parents[2] / "rovertui" / "demo" / "policy.onnx"
WHEELS = Output(
    name="action",
    shape=[1, 2],
    use="wheels",
    after="clip",
    numbers=[
        OutputNumber(name="linear", unit="m/s", scale=0.18),
        OutputNumber(name="angular", unit="rad/s", scale=1.0),
    ],
)


def put_live(models: Path, **changes: Any) -> Path:
    """The demo's policy as a live model with its sheet beside the link; returns the link."""
    models.mkdir(parents=True, exist_ok=True)
    shutil.copy(POLICY, models / "step_100.onnx")
    sheet = {"onnx_sha256": sha256(POLICY), "outputs": [WHEELS], "simulated": True, **changes}
    name = put_model(models, "step_100", "hybrid", **sheet)
    link = models / "remote_trained.rknn"
    shutil.copy(models / f"{name}.rknn", link)
    shutil.copy(models / f"{name}.json", link.with_suffix(".json"))
    return link


def sample() -> dict[str, Any]:
    world = World(5)
    world.step(3.0)
    seen = world.observe()
    return {"rgb": seen.rgb, "depth": sample_depth(seen.depth), "proprio": seen.proprio}


def test_it_says_what_the_network_says_of_what_training_fed(tmp_path: Path) -> None:
    model = load(put_live(tmp_path), tmp_path)
    arrays = sample()
    session = onnxruntime.InferenceSession(str(POLICY), providers=["CPUExecutionProvider"])
    fed = {
        "rgb": arrays["rgb"].transpose(2, 0, 1)[None].astype(np.float32) / 255,
        "depth": arrays["depth"][None, None] / np.float32(6),
        "proprio": arrays["proprio"][None],
    }
    wanted = np.clip(session.run(None, fed)[0][0], -1, 1)
    assert model.action(arrays.get) == pytest.approx(tuple(wanted), abs=1e-5)
    assert model.name == "step_100 (hybrid)" and model.scales == (0.18, 1.0)


def test_what_the_node_does_to_the_action_is_done_here_too(tmp_path: Path) -> None:
    plain = load(put_live(tmp_path / "clip"), tmp_path / "clip")
    tanh = Output(**{f: getattr(WHEELS, f) for f in WHEELS.__struct_fields__} | {"after": "tanh"})
    other = load(put_live(tmp_path / "tanh", outputs=[tanh]), tmp_path / "tanh")
    arrays = sample()
    assert other.action(arrays.get) == pytest.approx(tuple(np.tanh(plain.action(arrays.get))))


def test_without_the_float_model_of_exactly_this_checkpoint_it_says_so(tmp_path: Path) -> None:
    link = put_live(tmp_path)
    (tmp_path / "step_100.onnx").write_bytes(b"another")
    with pytest.raises(CannotCompare, match="not the one that the live model was made of"):
        load(link, tmp_path)
    (tmp_path / "step_100.onnx").unlink()
    with pytest.raises(CannotCompare, match=r"step_100\.onnx is not here: pull it"):
        load(link, tmp_path)
    link.with_suffix(".json").unlink()
    with pytest.raises(CannotCompare, match="no sheet"):
        load(link, tmp_path)


def test_outputs_that_are_no_wheels_cannot_be_compared(tmp_path: Path) -> None:
    link = put_live(tmp_path, outputs=[sheets.Output(name="action", shape=[1, 2])])
    with pytest.raises(CannotCompare, match="wheel commands"):
        load(link, tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"depth": None}, "have no depth"),
        ({"proprio": np.full(6, np.nan, np.float32)}, "no number"),
        ({"rgb": np.zeros((4, 4, 3), np.uint8)}, "rgb"),
    ],
)
def test_a_frame_that_lacks_something_is_refused_by_name(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    model = load(put_live(tmp_path), tmp_path)
    with pytest.raises(CannotCompare, match=words):
        model.action({**sample(), **change}.get)
