"""The real child process: commands in, lines out, killed at any moment."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rovertui.calibration import sample
from rovertui.config import Capture, Config


def left_overs(workspace: Path) -> list[Path]:
    return list((workspace / "calibration_data").rglob(".*"))


def assert_whole(paths: list[Path]) -> None:
    for path in paths:
        arrays, stamp = sample.read(path)
        assert stamp is not None
        assert sorted(arrays) == ["depth", "proprio", "rgb"]


def test_numbers_come_without_being_asked(start: Any, tools: Any) -> None:
    child = start()
    numbers = tools.poll(lambda: child.of("numbers"), "numbers")[0]
    assert numbers["simulated"] is True
    assert numbers["capture"]["state"] == "off"
    assert {axis["name"] for axis in numbers["axes"]} == {"brightness", "nearest", "lin", "ang"}
    tools.poll(lambda: child.of("numbers")[-1]["stream"]["state"] == "live", "a live stream")


def test_capture_is_switched_and_what_is_said_is_on_disk(start: Any, tools: Any) -> None:
    child = start()
    child.send(do="capture", on=True, session="morning")
    tools.poll(lambda: len(child.of("kept")) >= 5, "five samples")
    child.send(do="capture", on=False)
    tools.poll(lambda: child.capture().get("state") == "off", "capture off")
    child.send(do="stop")
    assert child.wait() == 0
    names = [kept["name"] for kept in child.of("kept")]
    assert sorted(names) == [p.relative_to(child.directory).as_posix() for p in child.files()]
    assert_whole(child.files())
    _, stamp = sample.read(child.files()[0])
    assert stamp is not None
    assert (stamp.session, stamp.simulated) == ("morning", True)


def test_the_set_completes_and_the_checks_come_on_top(
    start: Any, tools: Any, simulated_config: Any
) -> None:
    child = start(simulated_config(speed=20.0, count=12))
    child.send(do="capture", on=True, session="s")
    tools.poll(lambda: child.of("complete"), "a complete set")
    tools.poll(lambda: child.capture()["state"] == "complete", "the state complete")
    child.send(do="stop")
    child.wait()
    assert len(child.of("complete")) == 1
    assert child.capture()["kept"] == len(list(child.directory.glob("*.npz"))) == 12
    checking = len(list((child.directory / "check").glob("*.npz")))
    assert child.capture()["checking"] == checking > 0
    lin = [a for n in child.of("numbers") for a in n.get("axes", []) if a["name"] == "lin"][-1]
    assert sum(lin["counts"]) + lin["outside"] == 12


@pytest.mark.parametrize("kills", [3])
def test_killed_while_writing_it_leaves_no_half_file_and_goes_on(
    start: Any, tools: Any, simulated_config: Any, kills: int
) -> None:
    config = simulated_config(speed=1.0, interval=0.1, count=100_000)
    numbers: list[int] = []
    for _ in range(kills):
        child = start(config)
        child.send(do="capture", on=True, session="s")
        before = len(numbers)
        tools.poll(lambda: len(child.of("kept")) >= 8, "samples")  # noqa: B023
        os.killpg(child.process.pid, signal.SIGKILL)
        child.wait()
        assert_whole(child.files())
        numbers = sorted(int(path.stem.rpartition("_")[2]) for path in child.files())
        assert len(numbers) == len(set(numbers)) >= before + 8
    child = start(config)
    tools.poll(lambda: child.capture().get("kept") == len(numbers), "the count of the set")
    assert left_overs(child.workspace) == []


@pytest.mark.parametrize("how", ["input", "lifeline", "sigterm"])
def test_it_ends_with_whoever_started_it(start: Any, tools: Any, how: str) -> None:
    child = start()
    child.send(do="capture", on=True, session="s")
    tools.poll(lambda: child.of("kept"), "a sample")
    if how == "input":
        child.close_input()
    elif how == "lifeline":
        child.close_lifeline()
    else:
        child.process.terminate()
    code = child.wait()
    assert code == (-signal.SIGKILL if how == "lifeline" else 0)
    assert_whole(child.files())
    if how != "lifeline":
        assert len(child.files()) == len(child.of("kept"))
        assert left_overs(child.workspace) == []


def test_a_place_that_cannot_be_written_is_said_and_numbers_go_on(
    start: Any, tools: Any, simulated_config: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    child = start(simulated_config(directory="file/set"))
    child.send(do="capture", on=True, session="s")
    tools.poll(lambda: child.capture().get("state") == "stalled", "stalled capture")
    said = "file/set: cannot be read: not a directory"
    tools.poll(lambda: said in child.capture()["text"], said)
    frames = child.of("numbers")[-1]["stream"]["frames"]
    tools.poll(lambda: child.of("numbers")[-1]["stream"]["frames"] > frames, "more frames")
    assert "file/set: a sample cannot be written: not a dir" in child.of("skipped")[0]["why"]
    assert not child.of("kept")


def test_a_full_disk_is_said_and_recording_goes_on_when_there_is_room(
    start: Any, tools: Any, simulated_config: Any
) -> None:
    """A limit on the size of files stands for the full disk: writes fail half-way."""
    child = start(simulated_config(count=100_000))
    tools.poll(lambda: child.of("numbers"), "numbers")
    whole = resource.prlimit(child.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(child.process.pid, resource.RLIMIT_FSIZE, (100_000, whole[1]))
    child.send(do="capture", on=True, session="s")
    why = tools.poll(lambda: child.of("skipped"), "a refusal")[0]["why"]
    assert "no room for a sample" in why
    assert left_overs(child.workspace) == []
    assert child.files() == []
    resource.prlimit(child.process.pid, resource.RLIMIT_FSIZE, whole)
    tools.poll(lambda: child.of("kept"), "a sample")
    tools.poll(lambda: child.capture()["state"] == "on", "capture on")


def test_samples_of_another_program_are_left_alone(start: Any, tools: Any, tmp_path: Path) -> None:
    directory = tmp_path / "calibration_data"
    directory.mkdir()
    np.savez(directory / "calibration_0000.npz", grid=np.ones(3))
    (directory / "calibration_0001.npz").write_bytes(b"PK\x03\x04half")
    before = {path: path.read_bytes() for path in directory.iterdir()}
    child = start()
    child.send(do="capture", on=True, session="s")
    assert tools.poll(lambda: child.of("kept"), "a sample")[0]["name"] == "calibration_0002.npz"
    assert child.capture()["unusable"] == (
        "1 of another schema, 1 bad "
        "(calibration_data/calibration_0001.npz: the end of the file is missing)"
    )
    assert {path: path.read_bytes() for path in before} == before


def test_a_collector_that_removes_the_set_is_survived(start: Any, tools: Any) -> None:
    child = start()
    child.send(do="capture", on=True, session="s")
    tools.poll(lambda: len(child.of("kept")) >= 3, "samples")
    doomed = child.workspace / "doomed"
    child.directory.rename(doomed)
    count = len(child.of("kept"))
    tools.poll(lambda: len(child.of("kept")) > count + 2, "samples after the removal")
    numbers = {int(path.stem.rpartition("_")[2]) for path in child.files()}
    assert numbers.isdisjoint(int(p.stem.rpartition("_")[2]) for p in doomed.rglob("*.npz"))


def test_parking_stops_the_simulated_rover(start: Any, tools: Any, simulated_config: Any) -> None:
    child = start(simulated_config(speed=1.0, rate=20.0))
    child.send(do="park", on=True)
    stream = tools.poll(
        lambda: (
            (s := (child.of("numbers") or [{}])[-1].get("stream", {})).get("motion") == "still"
            and s
        ),
        "standing still",
    )
    assert stream["parked"] is True
    child.send(do="park", on=False)
    tools.poll(lambda: child.of("numbers")[-1]["stream"]["motion"] == "moving", "driving")


def test_a_command_that_is_none_is_refused_in_words(start: Any, tools: Any) -> None:
    child = start()
    child.send(do="dance")
    notice = tools.poll(lambda: child.of("notice"), "a notice")[0]
    assert "expected a command" in notice["text"]
    assert child.process.poll() is None


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (Config(), 'source.kind is "none"'),
        (Config(capture=Capture(schema="rgbd6")), "there are no frames to record"),
    ],
)
def test_a_failure_is_one_line_and_a_status(start: Any, config: Config, words: str) -> None:
    child = start(config)
    assert child.wait() == 1
    assert [message["kind"] for message in child.messages] == ["failed"]
    assert words in child.messages[0]["message"]
    assert child.messages[0]["hint"]
    assert b"Traceback" not in child.errors


def test_a_broken_configuration_is_a_failure_in_words(start: Any, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[capture]\ninterval = 'often'\n")
    child = start()
    assert child.wait() == 1
    assert "capture.interval" in child.messages[0]["message"]


def test_the_recorder_imports_no_face_no_toolkit_and_no_demo() -> None:
    heavy = ["textual", "paramiko", "onnx", "onnxruntime", "rknn", "pyrealsense2", "rovertui.demo"]
    code = (
        "import sys, rovertui.recorder.__main__\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert found.stdout.strip() == "[]"
