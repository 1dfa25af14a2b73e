"""Deployments with a real node process, in each of its moods."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rovertui.deployment import activate
from rovertui.deployment.inventory import Inventory
from rovertui.deployment.place import Place
from rovertui.errors import OperatorError
from rovertui.reporter import Event, Reporter
from tests.waiting import until

from .parts import agreement, place_in, put_model, put_policy, sha256
from .running import ROOT, Running, node_command, running_node


@pytest.fixture(scope="module")
def sockets() -> Iterator[Path]:
    """A short path: those of sockets end at 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="rt-") as directory:
        yield Path(directory)


@pytest.fixture(scope="module")
def rover(tmp_path_factory: pytest.TempPathFactory, sockets: Path) -> Iterator[Running]:
    """A rover with two checkpoints, converted, and its node running without a model."""
    root = tmp_path_factory.mktemp("rover")
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(ROOT))
    for checkpoint in ("step_100", "step_200"):
        put_policy(root / "models", checkpoint)
        put_model(root / "models", checkpoint)
    with running_node(root / "models", sockets) as node:
        yield node
    patch.undo()


@pytest.fixture(autouse=True)
def in_good_mood(rover: Running) -> None:
    rover.mode("ok")


def place_of(rover: Running, **settings: Any) -> Place:
    return place_in(rover.models.parent, **rover.settings(**settings))


def deploy(place: Place, name: str, **more: Any) -> activate.Deployed:
    return activate.deploy(place, name, motion="still", **more)


def live(rover: Running) -> str:
    return Inventory(rover.models, "remote_trained.rknn").live_view().state


def model_of(rover: Running) -> str:
    reply = rover.ask("present")
    assert reply
    return str(reply["message"])


def test_its_commands_make_the_model_live_and_seen(rover: Running) -> None:
    events: list[Event] = []
    done = deploy(place_of(rover), "step_100_int8", reporter=Reporter(events.append))
    assert done.state == "seen"
    assert "finite and changing from our file" in done.text
    assert [e["stage"] for e in events if e["kind"] == "stage"] == list(activate.STAGES)
    assert not done.warnings
    assert live(rover) == "seen"
    assert model_of(rover) == "step_100 (int8)"
    back = deploy(place_of(rover), "step_200_int8")
    assert (back.state, back.previous) == ("seen", "step_100_int8")
    assert model_of(rover) == "step_200 (int8)"
    assert activate.rollback(place_of(rover), motion="still").state == "seen"
    assert model_of(rover) == "step_100 (int8)"


@pytest.mark.parametrize(
    ("mode", "words"),
    [("mute", "no command arrived in 1.5 s"), ("constant", "commands were the same")],
)
def test_a_node_that_answers_but_does_not_act_is_only_believed(
    rover: Running, mode: str, words: str
) -> None:
    rover.mode(mode)
    events: list[Event] = []
    done = deploy(place_of(rover, confirm=1.5), "step_200_int8", reporter=Reporter(events.append))
    assert done.state == "believed"
    assert words in done.text
    assert any(words in e["text"] for e in events if e["kind"] == "warning")
    assert agreement(rover.models)[0] == sha256(rover.models / "step_200_int8.rknn")
    assert live(rover) == "believed"


def test_commands_that_stop_with_the_reload_are_pointed_out(rover: Running, tmp_path: Path) -> None:
    deploy(place_of(rover), "step_100_int8")
    script = tmp_path / "reload_then_mute"
    reload, mute = (" ".join(rover.tell(do)) for do in ("reload", "mode"))
    script.write_text(f"#!/bin/sh\n{mute.replace(' mode ', ' mode mute ')} && {reload}\n")
    script.chmod(0o755)
    settings = {**rover.settings(confirm=1.0), "reload_command": [str(script)]}
    done = deploy(place_in(rover.models.parent, **settings), "step_200_int8")
    assert done.state == "believed"
    assert "before it was told there were some" in done.text


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("refuse", "refused it: NPU inference is switched off"),
        ("deaf", "did not take it: no answer within 2 s"),
        ("nan", "refused it: it answered success, but commands what is not a number"),
    ],
)
def test_a_node_that_does_not_take_the_model_gets_the_previous_one_back(
    rover: Running, mode: str, words: str
) -> None:
    deploy(place_of(rover), "step_100_int8")
    before = agreement(rover.models)
    rover.mode(mode)
    with pytest.raises(OperatorError) as caught:
        deploy(place_of(rover, limit=2.0 if mode == "deaf" else 10.0), "step_200_int8")
    assert words in caught.value.message
    assert "step_100_int8 is live again" in caught.value.message
    assert caught.value.code == "node"
    assert agreement(rover.models) == before
    assert "step_200_int8" not in [e.name for e in place_of(rover).switch.shelf.entries()[-1:]]
    assert not place_of(rover).journal.exists()


def test_an_absent_node_is_no_failure(rover: Running) -> None:
    deploy(place_of(rover), "step_100_int8")
    rover.mode("absent")
    done = deploy(place_of(rover), "step_200_int8")
    assert done.state == "next start"
    assert "none runs, or it hangs" in done.text, "the two look alike from outside"
    assert not done.warnings
    assert live(rover) == "next start"


def test_a_model_the_node_cannot_load_leaves_it_with_the_one_before(rover: Running) -> None:
    deploy(place_of(rover), "step_100_int8")
    put_model(rover.models, "no_float_model")
    with pytest.raises(OperatorError, match=r"no float model no_float_model\.onnx"):
        deploy(place_of(rover), "no_float_model_int8")
    assert model_of(rover) == "step_100 (int8)"


def test_a_node_that_loads_another_path_is_only_believed(rover: Running) -> None:
    settings = {**rover.settings(), "model_path_command": ["/bin/echo", "/opt/models/own.rknn"]}
    done = deploy(place_in(rover.models.parent, **settings), "step_100_int8")
    assert done.state == "believed"
    assert "/opt/models/own.rknn, which is not this model" in done.text


def test_without_an_address_to_listen_at_it_is_believed_without_a_warning(rover: Running) -> None:
    settings = {**rover.settings(), "commands": ""}
    done = deploy(place_in(rover.models.parent, **settings), "step_100_int8")
    assert (done.state, done.warnings) == ("believed", [])


def test_a_bad_file_behind_the_link_leaves_the_node_without_a_model(rover: Running) -> None:
    """The fault of the real node that putting back the previous model is for."""
    deploy(place_of(rover), "step_100_int8")
    link = rover.models / "remote_trained.rknn"
    link.unlink()
    link.write_bytes(b"RKNN, but not really")
    reply = rover.ask("reload")
    assert reply and not reply["success"]
    assert model_of(rover).startswith("no model")
    assert activate.rollback(place_of(rover), motion="still").state == "seen"


def test_the_node_ends_when_its_input_is_closed(tmp_path: Path) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="rt-") as sockets,
        running_node(tmp_path / "models", Path(sockets)) as node,
    ):
        assert node.process.stdin
        node.process.stdin.close()
        assert node.process.wait(20) == 0


def test_the_node_ends_with_its_lifeline(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with tempfile.TemporaryDirectory(prefix="rt-") as sockets:
        log = Path(sockets) / "log"
        with log.open("wb") as errors:
            node = subprocess.Popen(
                node_command(
                    tmp_path, f"ipc://{sockets}/a", f"ipc://{sockets}/b", "--lifeline", str(reader)
                ),
                pass_fds=[reader],
                cwd=ROOT,
                stderr=errors,
            )
        os.close(reader)
        until(lambda: "ready" in log.read_text(), 60)
        os.close(writer)
        assert node.wait(20) == -signal.SIGKILL


def test_the_node_says_so_when_an_address_is_taken(rover: Running, tmp_path: Path) -> None:
    done = subprocess.run(
        node_command(tmp_path, "tcp://256.0.0.1:1", f"ipc://{tmp_path}/c"),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
