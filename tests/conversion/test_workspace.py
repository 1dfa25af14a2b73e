"""Conversion as an operator meets it: the daemon, the commands, the guide's script."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from rovertui.config import Config, Conversion, Limits
from rovertui.conversion import questions, sheet
from rovertui.errors import OperatorError
from rovertui.schema import Output, OutputNumber, Schema
from rovertui.snapshot import JobView
from tests.calling import ROOT, Called
from tests.daemon.rig import Rig
from tests.waiting import until

from . import nets, workshop

pytestmark = pytest.mark.needs_toolkit
NAME = "ppo_v620_update_10"


def schema(**inputs: dict[str, Any]) -> Schema:
    """The small schema without what its policy does not use, its action described."""
    made = workshop.schema(**inputs)
    numbers = [
        OutputNumber(name="linear", unit="m/s", scale="max_linear"),
        OutputNumber(name="angular", unit="rad/s", scale="max_angular"),
    ]
    return Schema(
        arrays={k: v for k, v in made.arrays.items() if k != "goal"},
        inputs={k: v for k, v in made.inputs.items() if k != "goal"},
        outputs={"action": Output(use="wheels", after="clip", numbers=numbers)},
    )


class Place(Rig):
    """A workspace with a model and samples, its schema in use named ``small``."""

    def __init__(
        self, root: Path, python: Path, limits: Limits | None = None, **inputs: dict[str, Any]
    ) -> None:
        root.mkdir()
        config = Config(
            schemas={"small": schema(**inputs)},
            conversion=Conversion(python=str(python)),
            limits=limits or Limits(frames=8),
        )
        config = msgspec.structs.replace(
            config, capture=msgspec.structs.replace(config.capture, schema="small")
        )
        super().__init__(root, config)
        (root / "models").mkdir()
        nets.save(nets.policy(), root / "models" / f"{NAME}.onnx")

    def record(self) -> None:
        directory = self.workspace.root / "calibration_data"
        for seeds, place in ((range(12), directory), (range(100, 108), directory / "check")):
            place.mkdir(parents=True, exist_ok=True)
            for seed in seeds:
                arrays: dict[str, Any] = nets.arrays(seed)
                del arrays["goal"]
                np.savez(place / f"calibration_{seed:04d}.npz", **arrays)

    def script(self) -> Called:
        """The guide's script for the model that lies here."""
        return subprocess.run(
            [script(self), f"models/{NAME}.onnx"],
            cwd=self.workspace.root,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def job(self, number: int) -> JobView:
        found: JobView = self.ask(lambda client: client.job(number))
        return found

    def close(self) -> None:
        self.run("daemon", "stop")
        self.end()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, toolkit_python: Path) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("with space") / "workspace", toolkit_python)
    yield made
    made.close()


@pytest.fixture(scope="module")
def converted(place: Place) -> dict[str, Any]:
    """The script, run once with the workspace's set: what it left and said."""
    place.record()
    done = place.script()
    return {"status": done.returncode, "said": done.stdout + done.stderr}


def script(place: Place) -> Path:
    """The guide's script in a checkout whose ``run`` is this Python."""
    checkout = place.workspace.root.parent / "checkout"
    if not checkout.exists():
        checkout.mkdir()
        run = checkout / "run"
        run.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rovertui "$@"\n')
        run.chmod(0o755)
        copy = checkout / "convert_onnx_to_rknn.sh"
        text = (ROOT / "convert_onnx_to_rknn.sh").read_text()
        root = place.workspace.root
        copy.write_text(text.replace("${ROVERTUI_WORKSPACE:-$here}", str(root)))
        copy.chmod(0o755)
    return checkout / "convert_onnx_to_rknn.sh"


def test_without_a_set_the_script_fails_with_the_sentence_and_the_fp16_command(
    place: Place,
) -> None:
    done = place.script()

    assert done.returncode == 1
    assert "no calibration samples" in done.stderr
    assert f" convert {NAME} --precision fp16`" in done.stderr
    assert not list((place.workspace.root / "models").glob("*.rknn"))


def test_check_refuses_what_the_script_would_and_says_the_same(place: Place) -> None:
    done = place.run("convert", NAME, "--check", "--json")

    found = json.loads(done.stdout)
    assert done.returncode == 1 and found["verdict"] == "refused"
    assert "no calibration samples" in found["reasons"][0]


def test_the_script_with_one_argument_converts_links_and_leaves_the_motion_to_a_person(
    place: Place, converted: dict[str, Any]
) -> None:
    models = place.workspace.root / "models"

    assert converted["status"] == 0, converted["said"]
    link = models / f"{NAME}.rknn"
    assert link.is_symlink() and str(link.readlink()) == f"{NAME}_hybrid.rknn"
    # Nothing tells of the rover's motion here, so the live link waits for a person.
    assert not (models / "remote_trained.rknn").exists()
    assert "ready: press D" in converted["said"]
    listed = json.loads(place.run("models", "--json").stdout)["models"]
    assert sorted(m["name"] for m in listed) == [NAME, f"{NAME}_hybrid"]


def test_check_and_report_say_what_there_is(place: Place, converted: dict[str, Any]) -> None:
    checked = json.loads(place.run("convert", NAME, "--check", "--json").stdout)
    assert checked["verdict"] == "ok" and (checked["usable"], checked["checking"]) == (12, 8)

    found = json.loads(place.run("report", "--json").stdout)
    row = found["models"][0]
    assert row["precision"] == "hybrid" and row["within"] is True and row["npu"] is None
    linear = row["simulator"]["numbers"][0]
    assert linear["unit"] == "m/s" and 0 < linear["wheel"]["mean"] < linear["mean"]
    words = place.run("report").stdout
    assert "not measured" in words and "linear" in words
    assert place.run("report", "nothing").returncode == 1


def test_golden_frames_fed_by_the_printed_code_are_what_we_measured_with(
    place: Place, converted: dict[str, Any], tmp_path: Path
) -> None:
    model = f"{NAME}_hybrid"
    code = place.run("feed", model, "--python").stdout
    names: dict[str, Any] = {}
    exec(code, names)
    golden = place.workspace.root / "models" / f"{model}.golden.npz"
    with np.load(golden, allow_pickle=False) as file:
        frames = {name: file[name] for name in file.files}

    fed = [
        names["feed"](*(frames[f"sample.{name}"][i] for name in ("rgb", "depth", "proprio")))[0]
        for i in range(5)
    ]

    found = sheet.load(golden.with_name(f"{model}.rknn"))
    assert found.golden and found.golden.name == golden.name
    assert frames["float.action"].shape == frames["rknn.action"].shape == (5, 2)
    by_name = {frame.name: frame for frame in (found.check.by_frame if found.check else [])}
    for index, name in enumerate(frames["frames"]):
        np.testing.assert_allclose(
            frames["rknn.action"][index], by_name[str(name)].rknn[0], atol=1e-5
        )
    dump = tmp_path / "dump.npz"
    arrays = {name: np.stack([one[i] for one in fed]) for i, name in enumerate(frames["inputs"])}
    np.savez(dump, **arrays, **{k: v for k, v in frames.items() if k.startswith("sample.")})
    assert place.run("feed", model, "--check", str(dump)).returncode == 0
    np.savez(dump, **{**arrays, "depth": arrays["depth"] / 6})
    wrong = place.run("feed", model, "--check", str(dump))
    assert wrong.returncode == 1 and "scaled twice" in wrong.stdout


def test_two_conversions_queue(place: Place, converted: dict[str, Any]) -> None:
    first = place.do("convert", model=NAME, precision="int8")["job"]
    second = place.do("convert", model=NAME, precision="fp16")["job"]

    def states() -> tuple[str, str]:
        # The later one first: when it runs, the earlier must have ended before.
        later = place.job(second).state
        return place.job(first).state, later

    seen: set[tuple[str, str]] = set()

    def ended() -> bool:
        seen.add(states())
        return states() == ("done", "done")

    until(ended, 60)
    assert ("running", "running") not in seen
    assert any(state[1] == "queued" for state in seen)
    names = {path.name for path in (place.workspace.root / "models").glob("*.rknn")}
    assert {f"{NAME}_int8.rknn", f"{NAME}_fp16.rknn"} <= names
    fp16 = place.job(second)
    assert {stage.name: stage.state for stage in fp16.stages}["quantize"] == "skipped"
    prepared = next(stage.text for stage in fp16.stages if stage.name == "prepare")
    assert prepared.startswith("no samples for calibration")
    said = place.run("log", str(second)).stdout
    assert "fp16 needs none besides" in said and "are used" not in said


def test_what_nobody_decided_is_asked_once_and_kept(tmp_path: Path, toolkit_python: Path) -> None:
    place = Place(tmp_path / "workspace", toolkit_python, depth={"net_scale": "ask"})
    place.record()
    place.start()
    try:
        number, answered = asyncio.run(_ask_and_answer(place))
        assert answered == ["depth"]
        assert place.job(number).state == "done"
        kept = questions.load(place.workspace.kept / "decisions.json")["small"]
        assert kept["depth.net_scale"].value == "1" and kept["depth.net_scale"].who
        built = sheet.load(place.workspace.root / "models" / f"{NAME}_fp16.rknn")
        assert any("depth.net_scale = 1, decided by" in text for text in built.answers)
        assert "decided by" in place.run("decide").stdout
        checked = json.loads(place.run("convert", NAME, "--check", "--json").stdout)
        assert checked["verdict"] == "ok"
        assert "depth.net_scale = 1" in place.run("doctor").stdout
    finally:
        place.close()


def test_a_conversion_that_waits_for_an_answer_can_be_cancelled(
    tmp_path: Path, toolkit_python: Path
) -> None:
    place = Place(tmp_path / "workspace", toolkit_python, depth={"net_scale": "ask"})
    place.record()
    place.start()

    async def cancelled() -> int:
        from rovertui.client import Client

        client = Client(place.workspace)
        await client.connect()
        number = int((await client.do("convert", model=NAME, precision="fp16"))["job"])
        async for snapshot in client.snapshots():
            if snapshot.questions:
                await client.do("cancel", job=number)
            if next(j for j in snapshot.jobs if j.id == number).state == "cancelled":
                assert not snapshot.questions
                break
        await client.close()
        return number

    try:
        assert place.job(asyncio.run(cancelled())).state == "cancelled"
        assert not (place.workspace.kept / "decisions.json").exists()
    finally:
        place.close()


async def _ask_and_answer(place: Place) -> tuple[int, list[str]]:
    from rovertui.client import Client

    client = Client(place.workspace)
    await client.connect()
    number = int((await client.do("convert", model=NAME, precision="fp16"))["job"])
    answered = []
    async for snapshot in client.snapshots():
        for question in snapshot.questions:
            assert question.kind == "choice"
            stored = next(words for words in question.choices if "as stored" in words)
            answered.append("depth" if "Input depth" in question.text else question.text)
            await client.answer(question.id, stored)
        job = next(job for job in snapshot.jobs if job.id == number)
        if job.state not in ("queued", "running", "waiting"):
            break
    await client.close()
    return number, answered


def test_nobody_there_means_a_refusal_that_says_how_to_answer(
    tmp_path: Path, toolkit_python: Path
) -> None:
    place = Place(tmp_path / "workspace", toolkit_python, depth={"net_scale": "ask"})
    place.record()
    try:
        refused = place.run("convert", NAME)
        assert refused.returncode == 1
        # Called in the workspace's own directory, where it need not be named.
        assert "`rovertui decide depth.net_scale 1/6`" in refused.stderr
        assert "schemas.small.inputs.depth.net_scale" in refused.stderr
        assert place.run("decide", "depth.net_scale", "1/6").returncode == 0
        assert "1/6" in place.run("decide", "--json").stdout
        assert place.run("decide", "depth.net_scale", "7").returncode == 1
        assert place.run("decide", "wheels.net_scale", "1").returncode == 1
    finally:
        place.close()


def test_looks_come_over_the_socket_as_the_commands_print_them(
    place: Place, converted: dict[str, Any]
) -> None:
    report = place.ask(lambda client: client.look("report"))
    check = place.ask(lambda client: client.look("check", model=NAME))
    feed = place.ask(lambda client: client.look("feed", model=f"{NAME}_hybrid"))

    assert {"hybrid"} <= {row["precision"] for row in report["models"]}
    assert report["lines"][0].startswith("Newest: ")
    assert "not measured" in report["lines"][2]
    assert check["verdict"] == "ok" and check["lines"][-1] == "verdict: OK"
    assert any(line.startswith("def feed(") for line in feed["lines"])
    with pytest.raises(OperatorError):
        place.ask(lambda client: client.look("report", model="nothing"))
    view = next(m for m in place.snapshot().models if m.precision == "hybrid")
    assert "linear" in view.wheel and "mm/s" in view.wheel and view.wrong_sign is not None


def test_when_no_precision_is_enough_all_are_tried_and_nothing_is_deployed(
    tmp_path: Path, toolkit_python: Path
) -> None:
    place = Place(tmp_path / "workspace", toolkit_python, limits=Limits(mean=1e-9, frames=8))
    place.record()
    try:
        done = place.run("convert", NAME, "--deploy")
        assert done.returncode == 1
        assert "No precision is within the limits (hybrid, int16, fp16)" in done.stderr
        assert "The worst frame: calibration_01" in done.stderr
        assert "Nothing was deployed" in done.stderr
        told = place.run("log").stdout
        assert "off by" in told, "the worst frames, and when they were"
        assert "hybrid is over the limits" in done.stderr and "int16 is tried" in done.stderr
        models = place.workspace.root / "models"
        assert len(list(models.glob("*.rknn"))) == 3 and not (models / "current").exists()
    finally:
        place.close()
