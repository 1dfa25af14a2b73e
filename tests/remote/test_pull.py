"""A checkpoint arrives whole, hashed and under its name, or stays a partial file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from rovertui.remote.checkpoints import list_checkpoints, pick
from rovertui.remote.pull import Pulled, pull
from rovertui.remote.ssh import Link
from rovertui.reporter import Reporter

pytestmark = pytest.mark.needs_sshd


def fetch(link: Link, into: Path, reporter: Reporter | None = None, wanted: str = "") -> Pulled:
    directory = link.server.directory
    checkpoint = pick(list_checkpoints(link, directory), wanted)
    return pull(
        link, directory, checkpoint, into / "models", into / "trash", reporter or Reporter()
    )


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_right_key_lists_and_pulls_with_the_right_hash(
    sshd, connect, put_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    put_checkpoint("ppo_v620_update_40.onnx")
    newest = put_checkpoint("ppo_v620_update_50.onnx", 1_300_000)
    link = connect(sshd.server())

    pulled = fetch(link, tmp_path)

    assert pulled.path == tmp_path / "models" / newest.name
    assert sha(pulled.path) == sha(newest) == pulled.sha256
    assert (pulled.bytes, pulled.verified, pulled.resumed_from) == (1_300_000, "sha256", 0)
    assert [p.name for p in pulled.path.parent.iterdir()] == [newest.name]
