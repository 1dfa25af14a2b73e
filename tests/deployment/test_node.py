"""What is made of a node's answers and of its commands."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from rovertui import config
from rovertui.deployment import commands, node
from rovertui.deployment.confirm import conclude
from rovertui.errors import OperatorError
from tests.waiting import until

from .parts import saying

ROS2 = """requester: making request: std_srvs.srv.Trigger_Request()

response:
std_srvs.srv.Trigger_Response(success={}, message='{}')
"""


def reload_with(command: list[str], **more: Any) -> node.Answer:
    return node.Node(config.Node(reload_command=command, **more), Path("/")).reload()


def test_ros2_says_yes() -> None:
    assert reload_with(saying(ROS2.format("True", "loaded"))) == node.Answer("yes", "loaded")


def test_ros2_says_no_with_exit_status_0() -> None:
    assert reload_with(saying(ROS2.format("False", "no file"))) == node.Answer("no", "no file")


def test_a_refusal_counts_whatever_the_exit_status() -> None:
    assert (
        reload_with(
            saying(ROS2.format("False", "")),
        ).said
        == "no"
    )
    assert reload_with(saying("success: false", 3)).said == "no"


def test_success_with_a_failing_command_is_no_answer() -> None:
    assert reload_with(saying(ROS2.format("True", ""), 1)).said == "none"


def test_a_command_that_says_nothing_is_believed_by_its_exit_status() -> None:
    assert reload_with(["/bin/true"]) == node.Answer("yes", "exit status 0")
    answer = reload_with(["/bin/sh", "-c", "echo 'unit not found' >&2; exit 5"])
    assert answer == node.Answer("none", "the reload command ended with 5: unit not found")


def test_no_answer_in_time_ends_the_command_and_its_children(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    script = f"sleep 300 & echo $! > {file}; wait"
    answer = reload_with(["/bin/sh", "-c", script], reload_timeout=1.0)
    assert answer == node.Answer("none", "no answer within 1 s")
    until(lambda: not Path(f"/proc/{file.read_text().strip()}").exists())


def test_words_of_a_node_are_made_harmless() -> None:
    answer = reload_with(saying(ROS2.format("False", "\x1b[2Jgone\x07")))
    assert answer.text == "gone?"


def test_what_a_command_prints_without_end_is_not_kept() -> None:
    output = commands.run(["/bin/sh", "-c", "yes | head -c 3000000; echo last"], 60, Path("/"))
    assert len(output.text) <= 65536
    assert output.text.endswith("last\n")


def test_a_command_gets_words_not_a_shell_and_our_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", "42")
    assert commands.run(["/bin/echo", "$HOME;", "*"], 10, Path("/")).text == "$HOME; *\n"
    assert "ROS_DOMAIN_ID=42" in commands.run(["/usr/bin/env"], 10, Path("/")).text


def test_a_command_dies_with_the_program_that_runs_it(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    program = (
        "from pathlib import Path\n"
        "from rovertui.deployment import commands\n"
        "from rovertui.processes import Lifeline\n"
        "tie = Lifeline.tie\n"
        "def tie_and_tell(self, group):\n"
        "    tie(self, group)\n"
        f"    Path('{file}').write_text(str(group))\n"
        "Lifeline.tie = tie_and_tell\n"
        "commands.run(['/bin/sleep', '300'], 300, Path('/'))"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[2]) as parent:
        until(lambda: file.exists() and file.read_text().strip())
        parent.send_signal(signal.SIGKILL)
    until(lambda: not Path(f"/proc/{file.read_text().strip()}").exists())


def test_a_program_that_cannot_be_run() -> None:
    with pytest.raises(OperatorError, match="cannot be started"):
        commands.run(["/etc/hostname"], 1, Path("/"))
    assert reload_with(["/etc/hostname"]).said == "none"


@pytest.mark.parametrize(
    ("printed", "path"),
    [
        ("/m/remote_trained.rknn", "/m/remote_trained.rknn"),
        ("String value is: /m/remote_trained.rknn", "/m/remote_trained.rknn"),
        ("models/x.rknn", "/w/models/x.rknn"),
        ("", None),
    ],
)
def test_the_path_that_the_node_says(printed: str, path: str | None) -> None:
    given = config.Node(model_path_command=saying(printed))
    found = commands.run(given.model_path_command, 10, Path("/")).text
    assert found == f"{printed}\n"
    asked = node.Node(given, Path("/")).model_path()
    assert asked == (Path(path.replace("/w/", "/")) if path else None)


def test_nothing_configured_is_not_known() -> None:
    bare = node.Node(config.Node(), Path("/"))
    assert bare.present() is None
    assert bare.model_path() is None
    with bare.listening() as ear:
        assert ear is None


@pytest.mark.parametrize(("command", "there"), [("/bin/true", True), ("/bin/false", False)])
def test_presence_is_an_exit_status(command: str, there: bool) -> None:
    assert node.Node(config.Node(present_command=[command]), Path("/")).present() is there


@pytest.fixture
def publisher() -> Iterator[tuple[Any, node.Ear]]:
    """A publisher of wheel commands and an ear that hears it."""
    with tempfile.TemporaryDirectory(prefix="rt-") as directory:
        context = zmq.Context()
        socket = context.socket(zmq.XPUB)
        socket.bind(f"ipc://{directory}/commands")
        ear = node.Ear(f"ipc://{directory}/commands")
        assert socket.poll(10_000), "it never subscribed"
        socket.recv()
        yield socket, ear
        ear.close()
        context.destroy(0)


def command(linear: float, angular: float = 0.0) -> bytes:
    return json.dumps({"stamp": 1.0, "linear": linear, "angular": angular}).encode()


def test_changing_commands_are_good_before_the_time_is_over(
    publisher: tuple[Any, node.Ear],
) -> None:
    socket, ear = publisher
    for index in range(12):
        socket.send(command(index / 100))
    heard = ear.listen(60.0)
    assert heard.good
    assert len(heard.commands) == 10


def test_a_command_that_is_no_number_ends_the_listening(publisher: tuple[Any, node.Ear]) -> None:
    socket, ear = publisher
    socket.send(command(0.1))
    socket.send(command(math.nan))
    assert not ear.listen(60.0).finite


def test_what_was_said_before_is_thrown_away(publisher: tuple[Any, node.Ear]) -> None:
    socket, ear = publisher
    for index in range(20):
        socket.send(command(index))
    drained = 0
    while drained < 20:
        drained += ear.drain(10.0)
    assert drained == 20
    assert ear.listen(0.05).commands == []


@pytest.mark.parametrize(
    "message", [b"", b"\xff", b"[]", b"{}", b'{"linear": "x", "angular": 0}', b"[" * 60000]
)
def test_messages_that_are_no_command_are_counted(
    publisher: tuple[Any, node.Ear], message: bytes
) -> None:
    socket, ear = publisher
    socket.send(message)
    heard = ear.listen(0.5)
    assert (heard.unusable, heard.commands) == (1, [])


PATH = Path("/models/deployed/0001/a.rknn")
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), max_size=20), st.sampled_from([None, PATH, Path("/x")])
)
def test_seen_needs_enough_finite_changing_commands_and_no_other_path(
    pairs: list[tuple[float, float]], path: Path | None
) -> None:
    heard = node.Heard(commands=pairs)
    end = conclude(asked=True, path=path, expected=PATH, heard=heard, seconds=5.0)
    finite = all(math.isfinite(number) for pair in pairs for number in pair)
    good = len(pairs) >= 10 and finite and len(set(pairs)) > 1 and path != Path("/x")
    assert (end.state == "seen") is good
    assert end.warning is not good


def test_few_commands_are_not_enough() -> None:
    heard = node.Heard(commands=[(0.0, 0.1), (0.0, 0.2)])
    end = conclude(asked=False, path=None, expected=PATH, heard=heard, seconds=5.0)
    assert end.text == "it answered, but only 2 commands arrived in 5 s"


def test_the_environment_is_not_touched() -> None:
    before = dict(os.environ)
    commands.run(["/bin/true"], 10, Path("/"))
    assert dict(os.environ) == before
