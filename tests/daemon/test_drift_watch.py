"""The live model's ranges come from the sheet beside the link, whenever that changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rovertui.conversion import sheet
from rovertui.daemon.drift_watch import DriftWatch
from rovertui.snapshot import StreamView


def test_a_new_live_model_brings_its_own_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "remote_trained.rknn"
    clock = [0.0]
    monkeypatch.setattr("rovertui.daemon.drift_watch.time.monotonic", lambda: clock[0])

    def decode(data: bytes, name: str) -> Any:
        low, high = json.loads(data)

        class Part:
            array, fields, seen_low, seen_high = "proprio", ["ang_vel"], [low], [high]
            samples = ("one",)
            sources, cameras, sites, taken = ["simulated rover"], [], ["lawn"], 1.0

        Part.inputs, Part.calibration = [Part], Part  # type: ignore[attr-defined]
        return Part

    monkeypatch.setattr(sheet, "decode", decode)
    watch = DriftWatch(link, site="hall")

    def drive(seconds: int) -> float | None:
        for _ in range(10 * seconds):
            clock[0] += 0.1
            watch.add({"ang_vel": 0.8})
        return watch.view().share

    assert drive(20) is None
    assert watch.view().changed == []
    link.with_suffix(".json").write_text("[-0.5, 0.5]")
    assert drive(20) == pytest.approx(1.0, abs=0.2)
    assert "ang vel" in watch.view().text
    link.with_suffix(".json").write_text("[-0.99, 0.99]")
    assert drive(20) == pytest.approx(0.0, abs=0.2)
    stream = StreamView(state="live", source="collector, JPEG")
    found = watch.view(stream)
    assert found.changed == [
        "the source is collector, was simulated rover",
        "the site is hall, was lawn",
    ]
    assert found.text.endswith("record here and convert again")
