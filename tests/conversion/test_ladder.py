"""Climbing: only when over the limits, said aloud; and what to record when nothing is enough."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rovertui.config import RUNGS, Rung
from rovertui.conversion import advice, ladder
from rovertui.conversion.recipe import Request
from rovertui.conversion.sheet import Check, FrameError
from rovertui.reporter import Reporter
from rovertui.schema import Axis
from rovertui.worker.job import BUILDS

from . import workshop

LIN = Axis(name="lin", of="proprio.lin_vel", unit="m/s", low=-0.2, high=0.2)
NEAR = Axis(name="nearest", of="nearest", unit="m", low=0.2, high=4.0, scale="log")


def frame(name: str, error: float, rare: list[str] | None, **conditions: float) -> FrameError:
    return FrameError(
        name=name, sha256="0" * 64, error=error, rare=rare, conditions=dict(conditions)
    )


def check(*frames: FrameError) -> Check:
    errors = [f.error for f in frames]
    return Check(
        frames=len(frames),
        sessions=1,
        blocks=1,
        mean=sum(errors) / len(errors),
        max=max(errors),
        over=0.05,
        over_limit=0.5,
        outputs=[],
        by_frame=list(frames),
    )


@dataclass
class Sheet:
    precision: str
    within: bool | None
    check: Check
    reasons: tuple[str, ...] = ("mean 0.2 > 0.01",)


@dataclass
class Done:
    sheet: Sheet
    text: str


@pytest.fixture
def climb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Climbs with errors given by rung; the building itself is a stand-in."""

    def go(errors: dict[str, float], rungs: list[Rung], every: bool = False) -> Any:
        events: list[dict[str, Any]] = []

        def convert(request: Request, *more: Any) -> Done:
            reporter = more[2]
            reporter.stage("check", "net.onnx")
            reporter.stage("build")
            error = errors[request.precision]
            found = check(
                frame("a.npz", error, ["lin"], lin=-0.15, nearest=0.4),
                frame("b.npz", error / 2, [], lin=0.15, nearest=2.0),
            )
            within = error < 0.05
            return Done(Sheet(request.precision, within, found), f"built {request.precision}")

        monkeypatch.setattr(ladder, "convert", convert)
        request = workshop.request(tmp_path, tmp_path / "net.onnx", calibration=[], check=[])
        found = ladder.climb(
            request,
            rungs,
            tmp_path,
            tmp_path,
            Reporter(events.append),
            every=every,
            axes=[LIN, NEAR],
        )
        return found, events

    return go


def test_the_worker_builds_every_rung_and_no_other() -> None:
    assert tuple(BUILDS) == RUNGS


def test_the_default_rung_is_enough_when_it_is_within_the_limits(climb: Any) -> None:
    found, events = climb({"hybrid": 0.01}, ["hybrid", "int16", "fp16"])

    assert [d.sheet.precision for d in found.built] == ["hybrid"] and not found.worst
    assert [e["stage"] for e in events if e["kind"] == "stage"] == ["check", "build"]


def test_over_the_limits_it_climbs_one_rung_and_says_why(climb: Any) -> None:
    found, events = climb({"hybrid": 0.2, "int16": 0.01}, ["hybrid", "int16", "fp16"])

    assert found.best.sheet.precision == "int16"
    assert "hybrid was over the limits" in found.text
    warnings = [e["text"] for e in events if e["kind"] == "warning"]
    assert warnings == ["hybrid is over the limits (mean 0.2 > 0.01): int16 is tried."]
    assert [e["stage"] for e in events if e["kind"] == "stage"] == ["check", "build", "int16"]


def test_all_builds_every_rung_and_recommends_the_first_within_the_limits(climb: Any) -> None:
    errors = {"int8": 0.3, "hybrid": 0.02, "int16": 0.001, "fp16": 0.001}
    found, _ = climb(errors, ["int8", "hybrid", "int16", "fp16"], every=True)

    assert [d.sheet.precision for d in found.built] == list(errors)
    assert found.best.sheet.precision == "hybrid"


def test_when_nothing_is_enough_the_worst_frames_and_what_to_record_are_told(climb: Any) -> None:
    found, _ = climb({"hybrid": 0.3, "int16": 0.2, "fp16": 0.25}, ["hybrid", "int16", "fp16"])

    assert found.best.sheet.precision == "int16"
    assert "No precision is within the limits (hybrid, int16, fp16)" in found.text
    assert "a.npz off by 0.200 (lin* -0.15 m/s, nearest 0.4 m)" in found.text
    assert "Record more frames with lin near -0.15 m/s" in found.text
    assert len(found.worst) == 3


def test_one_rung_asked_for_is_one_rung_built(climb: Any) -> None:
    found, events = climb({"int8": 0.4}, ["int8"])

    assert [d.sheet.precision for d in found.built] == ["int8"]
    assert not [e for e in events if e["kind"] == "warning"]


def test_advice_is_honest_about_frames_that_are_like_all_others() -> None:
    usual = check(frame("a", 0.3, [], lin=0.1))
    unknown = check(frame("a", 0.3, None))

    assert "hardly help" in advice.record(usual, [LIN])
    assert "not known" in advice.record(unknown, [LIN])
