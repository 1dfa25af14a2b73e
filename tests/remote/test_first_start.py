"""The first start in a real terminal: a collector that sends, a server that is asked for trust."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rovertui import checkout, config_file
from tests.calling import ROOT, rovertui
from tests.ports import free_port
from tests.relay.conftest import collector
from tests.terminals import Tmux

from .sshd import Sshd, put

__all__ = ["collector"]
pytestmark = [pytest.mark.needs_tmux, pytest.mark.needs_sshd]


@pytest.fixture
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tmux]:
    made = Tmux(tmp_path_factory.mktemp("t"))
    yield made
    made.close()


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    """An empty directory; what runs there ends with the test."""
    place = tmp_path / "work"
    yield place
    for words in (["relay", "stop", "-y"], ["daemon", "stop"]):
        rovertui("-w", place, *words)


def test_from_an_empty_directory_to_packets_and_checkpoints(
    terminal: Tmux,
    work: Path,
    own_home: Path,
    sshd: Sshd,
    collector: Callable[..., subprocess.Popen[bytes]],
) -> None:
    put(sshd.checkpoints, "ppo_v620_update_50.onnx", 1000)
    packages = own_home / "ros2-rover"
    (packages / "install").mkdir(parents=True)
    for name in (checkout.SCRIPT, "install/setup.bash"):
        (packages / name).touch()
    address = f"tcp://127.0.0.1:{free_port()}"
    start = f"PYTHONPATH={ROOT} {sys.executable} -m rovertui"
    # The usual port may be taken on this machine.
    terminal.open(
        f"export HOME={shlex.quote(str(own_home))}; {start} init --no-guide {work} && "
        f"sed -i 's#^listen = .*#listen = \"{address}\"#' {work}/config.toml && "
        f"{start} -w {work}"
    )
    terminal.until("SET UP 1/4")
    terminal.until("directory +/.*ros2-rover")
    terminal.press("Enter")
    terminal.until("sourced before ros2 programs")
    terminal.press("Enter")
    terminal.until("▶ 1 tap")
    terminal.press("Enter")
    shown = terminal.until(f"waiting for packets at {address}")
    assert f"./{checkout.SCRIPT} {address}" in shown
    collector(address, 20, 2000)
    terminal.until(r"PACKETS COME: [1-9]")
    terminal.press("Enter")
    terminal.until("SET UP 3/4")
    for text in (
        f"127.0.0.1:{sshd.port}",
        sshd.user,
        str(sshd.client_key),
        str(sshd.checkpoints),
        f"tcp://127.0.0.1:{free_port()}",
    ):
        terminal.press("C-u", *([text] if text else []), "Enter")
    terminal.until("QUESTION: fingerprint", 60)
    terminal.press("1")
    terminal.until("127.0.0.1 answers: 1 checkpoints, the newest ppo_v620_update_50")
    terminal.press("Enter")
    terminal.until(r"SET UP 4/4[\s\S]*source +tap")
    terminal.press("Enter")
    terminal.until(r"STREAM live +\d")
    terminal.press("q")
    terminal.until("LEFT 0")
    text = (work / "config.toml").read_text()
    assert config_file.parse(text).v620.port == sshd.port
    assert "# What this rover is called" in text
    assert not (own_home / ".ssh").exists()
