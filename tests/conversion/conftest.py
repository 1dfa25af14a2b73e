from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rovertui.conversion.run import Converted, convert
from rovertui.reporter import Reporter

from . import nets, workshop

Events = list[dict[str, Any]]
Stand = Callable[[str], Path]

_STAND_IN = """\
import json, os, pathlib, signal, subprocess, sys, time
job = json.load(open(sys.argv[-1]))
def say(**event): os.write(1, json.dumps(event).encode() + b'\\n')
def stage(name, text=''):
    os.write(2, f'\\n#stage {name} {text}\\n'.encode())
    say(event='stage', stage=name, text=text)
def leave(name):
    data = pathlib.Path(name).read_bytes()
    pathlib.Path(job['scratch'], job['output']).write_bytes(data)
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> Stand:
    """Makes a program that does ``body`` when it is started as the toolkit's Python.

    ``job`` is what it was asked for.
    """

    def make(body: str) -> Path:
        path = tmp_path / "stand-in"
        path.write_text(f"#!{sys.executable} -IS\n{_STAND_IN}{body}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The small policy as an ONNX file, in a directory with a space in its name."""
    directory = tmp_path / "with space"
    directory.mkdir()
    return nets.save(nets.policy(), directory / "ppo_v620_update_10.onnx")


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, toolkit_python: Path
) -> Callable[[str], tuple[Converted, Events]]:
    """The small policy converted to a rung by the real toolkit, once a session for each rung."""
    root = tmp_path_factory.mktemp("built models")
    model = nets.save(nets.policy(), root / "ppo_v620_update_10.onnx")
    done: dict[str, tuple[Converted, Events]] = {}

    def build(rung: str) -> tuple[Converted, Events]:
        if rung not in done:
            events: Events = []
            request = workshop.request(root, model, precision=rung)
            reporter = Reporter(events.append)
            done[rung] = convert(request, toolkit_python, root / "scratch", reporter), events
        return done[rung]

    return build
