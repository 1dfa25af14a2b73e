"""Shell completion: the scripts are made for each shell, and bash itself completes with ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rovertui import config_file
from rovertui.cli import cli, completion, offered
from rovertui.config import Config, Peer, Source
from rovertui.snapshot import Snapshot
from tests.ui.scenes import busy, job

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    config = Config(source=Source(kind="none"), rovers=[Peer(name="rover2", host="h")])
    config_file.create(tmp_path / "config.toml", config)
    (tmp_path / "models").mkdir()
    for name in ("ppo_1240.onnx", "ppo_1240_hybrid.rknn", "other.onnx", "od\x1bd.onnx"):
        (tmp_path / "models" / name).touch()
    (tmp_path / "models/remote_trained.rknn").symlink_to("ppo_1240_hybrid.rknn")
    return tmp_path


@pytest.fixture
def run_of_ours(tmp_path: Path) -> Path:
    """As the repository's `run`, with the Python of these tests instead of .venv."""
    path = tmp_path / "a checkout" / "run"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m rovertui "$@"\n')
    path.chmod(0o755)
    return path


def in_bash(run: Path, typed: str, cwd: Path, called: str = "rovertui") -> list[str]:
    """What bash offers after ``typed``, by the function that the script registers."""
    words = [called, *typed.split(" ")]
    quoted = " ".join(f"'{word}'" for word in words)
    ask = (
        f"{completion.script('bash', str(run), True)}\n"
        "complete -p rovertui run >/dev/null || exit 9\n"
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=()\n"
        'compopt() { echo "files"; }\n'
        f"_rovertui_complete '{words[0]}'\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", ask], cwd=cwd, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_and_models(workspace: Path, run_of_ours: Path) -> None:
    assert {"deploy", "doctor"} == {
        name for name in in_bash(run_of_ours, "d", workspace) if name in ("deploy", "doctor")
    }
    assert in_bash(run_of_ours, "convert pp", workspace) == ["ppo_1240"]
    assert in_bash(run_of_ours, "deploy ", workspace) == ["ppo_1240_hybrid"]
    assert "--precision" in in_bash(run_of_ours, "ship --p", workspace)
    assert in_bash(run_of_ours, "deploy --to r", workspace) == ["rover2"]
    assert in_bash(run_of_ours, "convert x --precision h", workspace) == ["hybrid"]
    assert in_bash(run_of_ours, "convert models/p", workspace) == ["files"]


def test_every_job_with_a_log_is_offered_in_its_order(workspace: Path) -> None:
    for number in (2, 10, 1, 22):
        (workspace / ".rovertui" / "jobs" / f"{number:06d}").mkdir(parents=True)
    with click.Context(cli) as context:
        context.params["workspace"] = workspace
        found = offered.logged(context, click.Option(["--x"]), "")
        begun = offered.logged(context, click.Option(["--x"]), "2")
    assert [item.value for item in found] == ["1", "2", "10", "22"]
    assert [item.value for item in begun] == ["2", "22"]


def test_only_a_job_that_goes_on_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    async def now(workspace: object) -> Snapshot:
        snapshot = busy()
        snapshot.jobs = [job("done", 3), job("queued", 10), job("running", 4), job("failed", 5)]
        return snapshot

    monkeypatch.setattr(offered, "_now", now)
    monkeypatch.setattr(offered, "workspace_of", lambda ctx: None)
    found = offered.running(click.Context(cli), click.Option(["--job"]), "")
    assert [item.value for item in found] == ["4", "10"]


def test_what_only_a_person_decides_is_completed(workspace: Path, run_of_ours: Path) -> None:
    found = in_bash(run_of_ours, "decide depth.", workspace)
    assert {"depth.net_scale", "depth.narrow"} <= set(found)
    assert "1/6" in in_bash(run_of_ours, "decide depth.net_scale ", workspace)
    assert in_bash(run_of_ours, "decide depth.narrow ", workspace) == ["right"]


def test_without_a_daemon_checkpoints_are_not_completed_and_none_is_started(
    workspace: Path, run_of_ours: Path
) -> None:
    assert in_bash(run_of_ours, "pull ", workspace) == []
    assert not (workspace / ".rovertui").exists()


def test_somebody_else_s_run_is_never_run_by_a_tab(workspace: Path, run_of_ours: Path) -> None:
    other = workspace / "run"
    other.write_text("#!/bin/sh\ntouch it-was-run\n")
    other.chmod(0o755)
    assert in_bash(run_of_ours, "d", workspace, called="./run") == []
    assert not (workspace / "it-was-run").exists()
    assert "doctor" in in_bash(run_of_ours, "do", run_of_ours.parent, called="./run")


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_a_script_is_made_for_each_shell(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rovertui", "completion", shell],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0 and done.stderr == ""
    assert str(ROOT / "run") in done.stdout
    assert "_ROVERTUI_COMPLETE" in done.stdout and f"{shell}_complete" in done.stdout
    if shutil.which(shell):
        checked = subprocess.run(
            [shell, "-n"], input=done.stdout, capture_output=True, text=True, timeout=60
        )
        assert checked.returncode == 0, checked.stderr


def test_names_that_are_no_plain_text_stay_out_of_the_shell(workspace: Path) -> None:
    with click.Context(cli) as context:
        context.params["workspace"] = workspace
        found = offered.onnx(context, click.Option(["--x"]), "o")
    assert [item.value for item in found] == ["other"]
