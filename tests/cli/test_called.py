"""Messages name the program as the person called it, `./run` in a clone."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rovertui import config_file
from rovertui.cli import _Lazy
from rovertui.config import Config
from tests.calling import ROOT, rovertui

STAYS = {"config_file.py", "machines.py", "conversion.py", "completion.py"}
"""Of config.toml, which is the same wherever it is read; and the name that a shell completes."""


def run(*words: str, cwd: Path) -> str:
    done = rovertui(*words, cwd=cwd, by="./run")
    return done.stdout + done.stderr


def test_help_and_refusals_name_it(tmp_path: Path) -> None:
    assert "Usage: ./run status" in run("status", "--help", cwd=tmp_path)
    assert "$(./run completion bash)" in run("completion", "--help", cwd=tmp_path)
    assert "`./run init`" in run("status", cwd=tmp_path)
    assert "./run -w ... status" in run("status", "-w", ".", cwd=tmp_path)


def test_a_command_that_was_given_its_workspace_names_it(tmp_path: Path) -> None:
    """Typed as it stands, what a message names does not work on another workspace."""
    place = tmp_path / "a place"
    config_file.create(place / "config.toml", Config())
    named = f"./run -w '{place}'"
    try:
        assert f"`{named} status --start`" in run("-w", str(place), "status", cwd=tmp_path)
        assert f"`{named} init` sets v620.host" in run("-w", str(place), "pull", cwd=tmp_path)
    finally:
        run("-w", str(place), "daemon", "stop", cwd=tmp_path)


def test_each_is_told_the_way_that_is_its_own(tmp_path: Path) -> None:
    """One daemon, asked from its own directory and from another one."""
    place = tmp_path / "mine"
    place.mkdir()
    try:
        assert "`./run init` sets v620.host" in run("init", "--no-guide", cwd=place) + run(
            "pull", cwd=place
        )
        assert f"`./run -w {place} init` sets v620.host" in run(
            "-w", str(place), "pull", cwd=tmp_path
        )
        assert "`./run init` sets v620.host" in run("-w", str(place), "pull", cwd=place)
        assert "`./run -w mine init` sets" in run("-w", "mine", "pull", cwd=tmp_path)
        log = run("log", "--daemon", cwd=place)
        assert "./run" not in log, "what it writes down is read from anywhere"
    finally:
        run("daemon", "stop", cwd=place)


def test_a_workspace_that_is_made_elsewhere_is_named(tmp_path: Path) -> None:
    assert "open it: ./run -w a/b\n" in run("init", "a/b", "--no-guide", cwd=tmp_path)
    (tmp_path / "here").mkdir()
    assert "open it: ./run\n" in run("init", "--no-guide", cwd=tmp_path / "here")


def test_what_the_daemon_says_names_it_too(tmp_path: Path) -> None:
    config_file.create(tmp_path / "config.toml", Config())
    try:
        assert "`./run init` sets source.kind" in run("capture", "on", cwd=tmp_path)
        assert "`./run init` sets v620.host" in run("pull", cwd=tmp_path)
    finally:
        run("daemon", "stop", cwd=tmp_path)


@pytest.mark.parametrize("called", ["./run", "../here/run"])
def test_the_script_says_how_it_was_called(tmp_path: Path, called: str) -> None:
    here = tmp_path / "here"
    (here / "requirements").mkdir(parents=True)
    (here / "run").write_bytes((ROOT / "run").read_bytes())
    (here / "run").chmod(0o755)
    pins = here / "requirements/base.txt"
    pins.write_text("")
    stand_in = here / ".venv/bin/python"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text('#!/bin/sh\necho "$ROVERTUI_CALLED"\n')
    stand_in.chmod(0o755)
    with pins.open() as read:
        sums = subprocess.run(["cksum"], stdin=read, capture_output=True, check=True).stdout
    (here / ".venv/.has-base").write_bytes(sums)
    done = subprocess.run([called, "status"], cwd=here, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == called


def messages() -> Iterator[tuple[str, str]]:
    """Every text of the program that is not a docstring, with its file."""
    for path in sorted((ROOT / "rovertui").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            said = isinstance(node, ast.Constant) and id(node) not in documented
            if said and isinstance(node.value, str) and path.name not in STAYS:
                yield str(path.relative_to(ROOT)), node.value


def test_no_message_writes_the_name_itself() -> None:
    named = re.compile(rf"(?<![\w.])(?:rovertui|\./run) (?:{'|'.join(_Lazy.places)})\b")
    found = [f"{path}: {text!r}" for path, text in messages() if named.search(text)]
    assert not found, found
