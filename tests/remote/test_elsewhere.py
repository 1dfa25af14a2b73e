"""Conversions on another machine: a real sshd on loopback, the real toolkit behind it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from rovertui import config_file
from rovertui.config import V620, Capture, Config, Conversion
from rovertui.conversion import layers, naming, sheet
from rovertui.conversion.run import convert, stages
from rovertui.errors import OperatorError
from rovertui.reporter import Reporter
from tests.conversion import nets, workshop
from tests.daemon.rig import Rig

from .sshd import Sshd
from .tower import nothing_left, there

pytestmark = pytest.mark.needs_sshd


@pytest.mark.needs_toolkit
def test_the_same_worker_gives_the_same_events_and_a_model_that_says_where_it_was_built(
    sshd: Sshd, tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    events: list[dict[str, Any]] = []
    request = workshop.request(tmp_path, model)

    done = convert(
        request,
        there(sshd, tmp_path, toolkit_python),
        tmp_path / "scratch",
        Reporter(events.append),
    )

    assert done.sheet.precision == "hybrid" and done.sheet.within is True
    assert done.sheet.built_on == f"the V620 tower ({os.uname().machine})"
    assert sheet.load(done.rknn) == done.sheet and naming.golden_path(done.rknn).is_file()
    assert [e["stage"] for e in events if e["kind"] == "stage"] == stages("hybrid")
    verified = [e for e in events if e["kind"] == "progress" and e["text"] == "frames"]
    assert (verified[-1]["done"], verified[-1]["total"]) == (8, 8)
    assert set(done.seconds) == set(stages("hybrid"))
    assert not list((tmp_path / "scratch").iterdir())
    nothing_left(tmp_path)


@pytest.mark.needs_toolkit
def test_the_error_by_layer_comes_from_there_as_well(
    sshd: Sshd, tmp_path: Path, model: Path, toolkit_python: Path
) -> None:
    request = workshop.request(tmp_path, model, precision="fp16")
    work = there(sshd, tmp_path, toolkit_python)

    found = layers.measure(request, work, tmp_path / "scratch", Reporter())

    assert found.frames == layers.FRAMES and len(found.layers) > 8
    assert not (tmp_path / "models").exists()
    nothing_left(tmp_path)


def test_the_setting_needs_a_server(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[conversion]\nwhere = "v620"\n')
    with pytest.raises(OperatorError, match=r"v620\.host is empty"):
        config_file.load(path)

    path.write_text('[v620]\nhost = "tower"\n[conversion]\nwhere = "v620"\n')
    expected = Config(v620=V620(host="tower"), conversion=Conversion(where="v620"))
    assert config_file.load(path) == expected


@pytest.mark.needs_toolkit
def test_the_daemon_converts_there_when_it_is_told_to(
    sshd: Sshd, tmp_path: Path, toolkit_python: Path
) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    rig = Rig(
        root,
        Config(
            v620=V620(
                **sshd.login(),
                directory=str(sshd.checkpoints),
            ),
            conversion=Conversion(
                where="v620",
                # Not here: only the one there has the toolkit.
                python="/nowhere/python",
                v620_python=str(toolkit_python),
                v620_scratch=str(tmp_path / "with space"),
            ),
            capture=Capture(schema="small"),
            schemas={"small": workshop.schema()},
        ),
    )
    (root / "models").mkdir()
    nets.save(nets.one_image(), rig.workspace.root / "models" / "eye.onnx")
    try:
        rig.start()
        rig.until(lambda s: s.server.state == "up" and "convert" not in s.refusals)
        number = rig.do("convert", model="eye", precision="fp16")["job"]
        job = next(
            job
            for job in rig.until(
                lambda s: any(j.id == number and j.state in ("done", "failed") for j in s.jobs), 90
            ).jobs
            if job.id == number
        )
        assert job.state == "done", job.text
        made = sheet.load(rig.workspace.root / "models" / "eye_fp16.rknn")
        assert made.built_on.startswith("the V620 127.0.0.1 (")
        nothing_left(tmp_path)
    finally:
        rig.end()
