"""What the doctor says of the training server, asked of a real sshd."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rovertui import config_file
from rovertui.config import V620, Config
from rovertui.machine.read import Root
from rovertui.operations.doctor import Finding, reach
from rovertui.operations.doctor.finding import Patient
from rovertui.workspace import Workspace

from .sshd import Sshd

pytestmark = pytest.mark.needs_sshd


def look(sshd: Sshd, place: Path, **changes: str) -> Finding:
    given = V620(**{**sshd.login(), "directory": str(sshd.checkpoints), **changes})
    place.mkdir(exist_ok=True)
    if not (place / "config.toml").exists():
        config_file.create(place / "config.toml", Config())
    found = reach.v620(Patient(Workspace(place), Config(v620=given), Root()))
    assert found.state == "ok" or found.remedy
    return found


def test_a_server_that_answers_says_how_many_checkpoints_it_has(
    sshd: Sshd, tmp_path: Path, put_checkpoint: Callable[..., Path]
) -> None:
    none = look(sshd, tmp_path / "w")
    assert none.state == "warning" and "v620.directory" in none.remedy
    put_checkpoint("ppo_v620_update_50.onnx")
    found = look(sshd, tmp_path / "w")
    assert (found.state, found.text) == ("ok", "127.0.0.1 answers, 1 checkpoints")


def test_a_key_that_is_missing_or_wrong_is_named(sshd: Sshd, tmp_path: Path, keys: Path) -> None:
    gone = look(sshd, tmp_path / "w", key_file=str(tmp_path / "no_key"))
    assert gone.state == "missing" and "ssh-keygen" in gone.remedy
    assert look(sshd, tmp_path / "w", key_file=str(keys / "stranger")).state == "missing"


def test_a_server_that_nobody_has_met_or_that_is_off_is_missing(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "none").write_text("")
    unknown = look(sshd, tmp_path / "w", known_hosts=str(tmp_path / "none"))
    assert unknown.state == "missing"
    away = look(sshd, tmp_path / "w", directory=str(tmp_path / "nowhere"))
    assert away.state == "missing" and "nowhere" in away.text
