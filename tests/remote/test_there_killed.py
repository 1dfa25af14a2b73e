"""kill -9 at every step of the program on another rover: its model and sheet agree, old or new.

No link takes part here: the program is run as that rover's Python would run it.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rovertui.config import Peer
from rovertui.deployment.entry import Entry
from rovertui.deployment.there import parcel
from tests.deployment.parts import agreement, put_model, rknn_bytes, saying, sha256

EVERY = 1 if os.environ.get("CI") or os.environ.get("ROVERTUI_EVERY_STEP") else 3

HOOK = """
import os, signal, sys
left = {steps}
def hook(event, arguments):
    global left
    changes = ("os.rename", "os.symlink", "os.mkdir", "os.remove", "os.rmdir", "subprocess.Popen")
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
    if event in changes or writes:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
"""
"""Before the change, in place of it: a hook of the interpreter, not a switch in the program."""


class There:
    """That rover's models, and what arrives there."""

    def __init__(self, root: Path, sent: Path) -> None:
        self.root = root
        self.models = root / "models"
        self.models.mkdir(parents=True, exist_ok=True)
        self.sent = sent

    def run(self, do: str, steps: int = 0, **more: Any) -> tuple[int, dict[str, Any]]:
        peer = Peer(
            name="rover2",
            host="there",
            models=str(self.models),
            reload_command=saying("success=True"),
        )
        job = {**msgspec.to_builtins(peer), "do": do, **more}
        packed = base64.b64encode(json.dumps(job).encode()).decode()
        program = (HOOK.format(steps=steps).encode() if steps else b"") + parcel.text()
        done = subprocess.run(
            [sys.executable, "-I", "-", packed], input=program, capture_output=True, check=False
        )
        _, _, answer = done.stdout.partition(b"rovertui-answer ")
        return done.returncode, json.loads(answer) if answer else {}

    def deploy(self, name: str, steps: int = 0) -> tuple[int, dict[str, Any]]:
        _, room = self.run("incoming", keep=name)
        for ending, arrived in ((".rknn", "model"), (".json", "sheet")):
            shutil.copy(self.sent / f"{name}{ending}", f"{room['path']}/{arrived}")
        found = sha256(self.sent / f"{name}.rknn")
        entry = Entry(
            number=0, name=name, checkpoint=name, precision="int8", sha256=found, when=1.0
        )
        return self.run(
            "deploy",
            steps,
            keep=name,
            entry=msgspec.to_builtins(entry),
            sheet_sha256=sha256(self.sent / f"{name}.json"),
            golden_sha256="",
        )


@pytest.mark.parametrize("before", ["ours", "theirs"])
def test_killed_at_any_step_the_old_or_the_new_is_whole_and_the_next_one_works(
    before: str, tmp_path: Path
) -> None:
    start = There(tmp_path / "start", tmp_path / "sent")
    for step in ("old", "new", "next"):
        put_model(start.sent, step)
    if before == "ours":
        assert start.deploy("old_int8")[1]["state"] == "believed"
    else:
        (start.models / "theirs.rknn").write_bytes(rknn_bytes("theirs"))
        (start.models / "remote_trained.rknn").symlink_to("theirs.rknn")
    old, _ = agreement(start.models)
    new, after = sha256(start.sent / "new_int8.rknn"), sha256(start.sent / "next_int8.rknn")
    ends = set()
    for steps in range(1, 400, EVERY):
        place = tmp_path / f"at-{steps}"
        shutil.copytree(start.root, place, symlinks=True)
        there = There(place, start.sent)
        status, _ = there.deploy("new_int8", steps)
        found, bound = agreement(there.models)
        assert found in (old, new) and bound in (found, "" if found == old else found), steps
        assert bound == found or before == "theirs", "theirs never had a sheet"
        if status == 0:
            break
        assert status == -signal.SIGKILL
        ends.add("old" if found == old else "new")
        assert there.deploy("next_int8")[0] == 0
        assert agreement(there.models) == (after, after)
        assert [path.name for path in there.models.rglob(".*")] == [], steps
        shutil.rmtree(place)
    assert steps > 5 and ends == {"old", "new"}
