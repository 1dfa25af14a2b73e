"""After the schema changed: what is said of the samples that were there before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rovertui.calibration.change import notice
from rovertui.calibration.report import report
from rovertui.calibration.store import SampleStore
from rovertui.config import Capture, Config
from rovertui.schema import Field, Schema

from .conftest import make_stamp, small_schema

SIZE = (6, 8)


def wider() -> Schema:
    """The same with a third number."""
    schema = small_schema()
    vector = schema.arrays["proprio"]
    fields = [*vector.fields, Field(name="pitch", unit="rad")]
    proprio = msgspec.structs.replace(vector, shape=[3], fields=fields)
    return msgspec.structs.replace(schema, arrays={**schema.arrays, "proprio": proprio})


def config(schemas: dict[str, Schema], name: str) -> Config:
    return Config(capture=Capture(schema=name, rule="interval"), schemas=schemas)


def add(root: Path, made: Config, speed: float, grey: int = 90, numbers: int = 2) -> None:
    store = SampleStore(root, made, None, simulated=False)
    store.refresh()
    proprio = np.zeros(numbers, np.float32)
    proprio[0] = speed
    arrays: dict[str, Any] = {
        "rgb": np.full((*SIZE, 3), grey, np.uint8),
        "depth": np.full(SIZE, 1.5, np.float32),
        "proprio": proprio,
    }
    store.add(arrays, make_stamp(schema=made.capture.schema), {})


def test_with_a_number_more_the_old_ones_are_named_with_what_to_drive_again(tmp_path: Path) -> None:
    both = {"small": small_schema(), "wider": wider()}
    for speed in (-0.15, 0.15):
        add(tmp_path, config(both, "small"), speed)
    add(tmp_path, config(both, "wider"), 0.15, numbers=3)
    now = config(both, "wider")
    (change,) = report(tmp_path, now)["changed"]
    assert (change["schema"], change["files"]) == ("small", 2)
    assert change["why"] == "proprio is 2 float32, now 3 float32"
    assert change["same"] == ("rgb", "depth")
    assert any(line == "reverse: up to 0.2 m/s (1 there)" for line in change["again"])
    assert not any("drive faster" in line for line in change["again"])
    store = SampleStore(tmp_path, now, None, simulated=False)
    store.refresh()
    said = notice(store)
    assert said.startswith("Schema wider: 1 samples are usable. 2 samples of small cannot be used")


def test_a_schema_that_is_gone_from_the_configuration_has_to_be_driven_again(
    tmp_path: Path,
) -> None:
    add(tmp_path, config({"old": small_schema()}, "old"), 0.1)
    (change,) = report(tmp_path, config({"wider": wider()}, "wider"))["changed"]
    assert change["schema"] == "old" and not change["known"]
    assert change["text"].endswith("Drive all of it again")


def test_a_schema_changed_under_its_own_name_is_told_from_damage(tmp_path: Path) -> None:
    add(tmp_path, config({"small": small_schema()}, "small"), 0.1)
    (tmp_path / "calibration_0009.npz").write_bytes(b"broken")
    found = report(tmp_path, config({"small": wider()}, "small"))
    assert len(found["bad"]) == 2
    (change,) = found["changed"]
    assert (change["schema"], change["files"]) == ("an earlier small", 1)
    assert "shape (2,), wanted (3,)" in change["why"]


def test_where_all_fits_nothing_is_said(tmp_path: Path) -> None:
    made = config({"small": small_schema()}, "small")
    add(tmp_path, made, 0.1)
    assert report(tmp_path, made)["changed"] == []
    store = SampleStore(tmp_path, made, None, simulated=False)
    store.refresh()
    assert notice(store) == ""
