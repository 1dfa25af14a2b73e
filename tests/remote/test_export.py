"""A .pt becomes an ONNX on the server, by the trainer's code, whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from rovertui.config import V620
from rovertui.errors import Cancelled, OperatorError
from rovertui.remote.checkpoints import Checkpoint, RemoteFile, list_checkpoints, pick
from rovertui.remote.export import export
from rovertui.remote.ssh import Link
from rovertui.reporter import Event, Reporter
from tests.waiting import until

from .sshd import Sshd, put

pytestmark = pytest.mark.needs_sshd

TRAINER = '''\
"""Stands in for the trainer: the two methods that exporting calls."""
import os, sys, time

class V620PPOTrainer:
    def __init__(self):
        assert sys.stdin.read() == ""
        print("cuda? no\\r\\x1b[31mloading", flush=True)
    def load_checkpoint(self, path):
        self.data = open(path, "rb").read()
    def export_onnx(self, path):
        mode = os.environ.get("MODE") or open("mode").read()
        with open(path, "wb") as stream:
            stream.write(self.data[:10])
            stream.flush()
            if mode == "fail":
                raise RuntimeError("out of memory")
            if mode == "slow":
                print("exporting", flush=True)
                time.sleep(60)
            stream.write(self.data[10:])
        if mode == "side":
            open(path + ".data", "wb").close()
'''


class Lines(Reporter):
    def __init__(self) -> None:
        self.lines: list[str] = []
        super().__init__(self._take)

    def _take(self, event: Event) -> None:
        self.lines.append(event["text"])
        if event["text"] == "exporting":
            self.cancelled.set()


@pytest.fixture
def trainer(tmp_path: Path) -> Path:
    there = tmp_path / "the trainer's"
    there.mkdir()
    (there / "v620_ppo_trainer.py").write_text(TRAINER)
    (there / "mode").write_text("good")
    return there


COMMAND = [sys.executable if word == "python3" else word for word in V620().export_command]


def run(link: Link, trainer: Path, wanted: str = "55", limit: float = 30.0) -> Lines:
    reporter = Lines()
    directory = link.server.directory
    chosen = pick(list_checkpoints(link, directory), wanted)
    export(link, directory, chosen, COMMAND, str(trainer), limit, reporter)
    return reporter


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_the_configured_command_makes_the_onnx_and_its_words_are_streamed(
    sshd: Sshd, connect, trainer: Path
) -> None:
    pt = put(sshd.checkpoints, "ppo_v620_update_55.pt")
    reporter = run(connect(sshd.server()), trainer)
    assert (sshd.checkpoints / "ppo_v620_update_55.onnx").read_bytes() == pt.read_bytes()
    assert reporter.lines == ["cuda? no", "loading"], "cleaned, line by line"
    assert names(sshd.checkpoints) == ["ppo_v620_update_55.onnx", "ppo_v620_update_55.pt"]


@pytest.mark.parametrize(
    ("mode", "words"), [("fail", "RuntimeError: out of memory"), ("side", "a second file")]
)
def test_an_exporter_that_fails_leaves_nothing_half(
    mode: str, words: str, sshd: Sshd, connect, trainer: Path
) -> None:
    put(sshd.checkpoints, "ppo_v620_update_55.pt")
    (trainer / "mode").write_text(mode)
    with pytest.raises(OperatorError, match=words):
        run(connect(sshd.server()), trainer)
    assert names(sshd.checkpoints) == ["ppo_v620_update_55.pt"]


@pytest.mark.parametrize("how", ["cancelled", "too slow"])
def test_what_is_cancelled_or_takes_too_long_is_ended_there_as_well(
    how: str, sshd: Sshd, connect, trainer: Path
) -> None:
    put(sshd.checkpoints, "ppo_v620_update_55.pt")
    (trainer / "mode").write_text("slow")
    expected = Cancelled if how == "cancelled" else OperatorError
    with pytest.raises(expected):
        run(connect(sshd.server()), trainer, limit=30.0 if how == "cancelled" else 0.0)
    until(lambda: names(sshd.checkpoints) == ["ppo_v620_update_55.pt"])
    mark = str(sshd.checkpoints / ".rovertui-ppo_v620_update_55.onnx")
    assert not [p for p in psutil.process_iter(["cmdline"]) if mark in (p.info["cmdline"] or [])]


def test_what_needs_no_export_or_cannot_be_exported_is_refused(
    sshd: Sshd, connect, trainer: Path
) -> None:
    put(sshd.checkpoints, "ppo_v620_update_40.pt")
    put(sshd.checkpoints, "ppo_v620_update_40.onnx")
    put(sshd.checkpoints, "ppo_v620_update_50.pt", age=0)
    link = connect(sshd.server())
    for wanted, words in (("40", "has an ONNX already"), ("50", "still being written")):
        with pytest.raises(OperatorError, match=words):
            run(link, trainer, wanted)
    gone = Checkpoint("ppo_v620_update_40", 40, pt=RemoteFile("ppo_v620_update_40.pt", 1, 1.0))
    arguments = (link, link.server.directory, gone)
    with pytest.raises(OperatorError, match="has an ONNX by now"):
        export(*arguments, COMMAND, str(trainer), 30.0, Lines())
    with pytest.raises(OperatorError, match="no directory"):
        export(*arguments, COMMAND, str(trainer / "none"), 30.0, Lines())
    with pytest.raises(OperatorError, match="export_command"):
        export(*arguments, ["python3", "{pt}"], str(trainer), 30.0, Lines())


def test_a_checkpoints_name_stays_one_word_for_the_shell(
    sshd: Sshd, connect, trainer: Path
) -> None:
    pattern = "it's $(touch pwned) *"
    put(sshd.checkpoints, "it's $(touch pwned) 7.pt")
    link = connect(sshd.server())
    (chosen,) = list_checkpoints(link, link.server.directory, pattern).checkpoints
    export(link, link.server.directory, chosen, COMMAND, str(trainer), 30.0, Lines())
    assert (sshd.checkpoints / "it's $(touch pwned) 7.onnx").exists()
    assert not list(trainer.glob("pwned")) and not list(sshd.checkpoints.glob("pwned"))


def test_a_server_with_sftp_only_says_so(make_sshd, connect, trainer: Path) -> None:
    sshd = make_sshd(extra="ForceCommand internal-sftp")
    put(sshd.checkpoints, "ppo_v620_update_55.pt")
    with pytest.raises(OperatorError):
        run(connect(sshd.server()), trainer, limit=3.0)
    assert names(sshd.checkpoints) == ["ppo_v620_update_55.pt"]
