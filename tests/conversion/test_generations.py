"""Sets of the rover's other generations, from the capture rule to a measured model.

Nobody described what their grids mean: all that tells samples apart are four numbers of each
array that need no meaning, and the vector's fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from rovertui.calibration.report import report
from rovertui.config import Capture, Config, Conversion, Limits
from rovertui.conversion import sheet
from rovertui.operations.context import Context
from rovertui.operations.converting import convert_model
from rovertui.reporter import Reporter
from rovertui.schema import Array, Input, Schema
from rovertui.sensors.frame import Frame
from rovertui.workspace import Workspace
from tests.recorder.conftest import Session

from . import nets, workshop

pytestmark = pytest.mark.needs_toolkit


@dataclass(frozen=True)
class Generation:
    """A schema's name, its array beside ``proprio``, how the node feeds it, and its policy."""

    name: str
    picture: str
    array: Array
    layout: Any
    policy: onnx.ModelProto

    def config(self, python: Path) -> Config:
        proprio = workshop.schema().arrays["proprio"]
        schema = Schema(
            arrays={self.picture: self.array, "proprio": proprio},
            inputs={
                self.picture: Input(array=self.picture, layout=self.layout, dtype="float32"),
                "proprio": Input(array="proprio", layout="flat", dtype="float32"),
            },
        )
        return Config(
            schemas={self.name: schema},
            capture=Capture(schema=self.name, places=16, check_places=6, block=4.0, check_every=3),
            conversion=Conversion(samples=10, python=str(python)),
            limits=Limits(frames=6),
        )


GENERATIONS = {
    "grid": Generation(
        "grid1",
        "grid",
        Array(shape=[24, 24], dtype="float32", low=-1, high=1),
        "NCHW",
        nets.map_and_proprio("grid", 1),
    ),
    "bev": Generation(
        "bev2",
        "bev",
        Array(shape=[3, 24, 24], dtype="float32", low=0, high=1),
        "NCHW",
        nets.map_and_proprio("bev", 3),
    ),
}


def drive(generation: Generation, count: int) -> list[Frame]:
    """Four frames a second of a rover that goes round an obstacle and parks for the last third."""
    low, high = generation.array.low, generation.array.high
    noise = np.random.default_rng(5).normal(0, 0.004, (8, *generation.array.shape))
    cells = np.arange(24) - 12
    frames = []
    for step in range(count):
        moving = step < count * 2 / 3
        going = min(step, count * 2 / 3) / 4
        size = 3 + 2 * np.sin(going / 7)
        rows, columns = cells - 10 * np.sin(going / 3), cells - 10 * np.cos(going / 5)
        apart = rows[:, np.newaxis] ** 2 + columns[np.newaxis] ** 2
        seen = low + (high - low) * np.exp(-apart / (2 * size**2)) + noise[step % 8]
        tilt = 0.1 * np.sin(going / 4), 0.1 * np.cos(going / 4)
        speeds = 0.15 * moving, 0.5 * np.sin(going / 2) * moving
        numbers = [*speeds, *tilt, 9.8 + 0.4 * np.sin(2 * going), 0.4 + size]
        arrays: dict[str, Any] = {
            generation.picture: np.clip(seen, low, high).astype(np.float32),
            "proprio": np.array(numbers, np.float32),
        }
        frames.append(Frame(stamp=step / 4, received=0.0, arrays=arrays))
    return frames


@pytest.mark.parametrize("name", GENERATIONS)
def test_a_set_that_nobody_described_is_captured_chosen_from_converted_and_checked(
    name: str, tmp_path: Path, toolkit_python: Path
) -> None:
    generation = GENERATIONS[name]
    config = generation.config(toolkit_python)
    session = Session(tmp_path, config)
    session.record(drive(generation, 192))
    found = report(session.directory, config, tmp_path / ".rovertui")

    generic = [f"{name} {what}" for what in ("mean", "spread", "zeros", "range")]
    assert [axis["name"] for axis in found["axes"]] == generic
    assert (found["count"], found["checking"]) == (16, 6), "the rule's places, of 192 frames"
    assert found["score"] > 0 and found["vendi"] > 4 and found["advice"] and not found["bad"]

    (tmp_path / "models").mkdir()
    nets.save(generation.policy, tmp_path / "models" / "ppo_v620_update_10.onnx")
    done = convert_model(
        Context(
            workspace=Workspace(tmp_path),
            config=config,
            reporter=Reporter(),
            with_link=lambda work: pytest.fail("no link is needed"),
            motion=lambda: "still",
            on_child=lambda process: None,
        ),
        "10",
    )

    made = sheet.load(Path(done["path"]))
    assert (done["precision"], done["within"]) == ("hybrid", True)
    assert [given.name for given in made.inputs] == [name, "proprio"]
    assert made.inputs[0].data_format == "nchw"
    assert made.calibration.schema == generation.name
    assert (len(made.calibration.samples), done["held_out"]) == (10, 6)
    assert made.check
    checked = {frame.sha256 for frame in made.check.by_frame}
    assert len(checked) == 6
    assert not checked & {entry.sha256 for entry in made.calibration.samples}
