"""Program: kills a deployment at every step it takes on the file system, and looks at the rest.

For each scenario the workspace is made anew and a child process deploys in it; an audit hook of
the interpreter, not a switch in the product, ends the child with SIGKILL before its n-th change
of a file or start of a program, for n = 1, 2, ... until it gets through. The files are then
looked at as a node would, the next start cleans up, and they are looked at again.

    killed.py SCENARIO DIRECTORY
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import msgspec

from rovertui.conversion import header
from rovertui.deployment.activate import clean_up, deploy, rollback
from rovertui.deployment.journal import Journal, Record, Step
from rovertui.deployment.place import Place
from rovertui.errors import OperatorError
from tests.deployment.parts import (
    agreement,
    place_in,
    put_model,
    rknn_bytes,
    saying,
    sha256,
)

YES = {"reload_command": saying("success=True")}
NO = {"reload_command": saying("success=False")}
Act = Callable[[Place], object]


def _deploy(name: str) -> Act:
    return lambda place: deploy(place, name, motion="still")


def _nothing(place: Place) -> None:
    pass


def _plain(place: Place) -> None:
    (place.models / "remote_trained.rknn").write_bytes(rknn_bytes("plain"))


def _linked(place: Place) -> None:
    put_model(place.models, "theirs")
    (place.models / "remote_trained.rknn").symlink_to("theirs_int8.rknn")


def _one(place: Place) -> None:
    deploy(place, "a_int8", motion="still")


def _two(place: Place) -> None:
    _one(place)
    deploy(place, "b_int8", motion="still")


def _seven(place: Place) -> None:
    for number in range(6):
        deploy(place, put_model(place.models, f"m{number}"), motion="still")
    _one(place)


def _foreign(place: Place) -> None:
    _one(place)
    (place.models / "remote_trained.rknn").unlink()
    _linked(place)


def _half(step: Step) -> Act:
    """What a deployment of b over a leaves when it dies in ``step``."""

    def prepare(place: Place) -> None:
        _one(place)
        switch = place.switch
        rknn = place.models / "b_int8.rknn"
        entry = msgspec.structs.replace(
            switch.shelf.entries()[0], number=2, name="b_int8", sha256=sha256(rknn), before=1
        )
        switch.shelf.prepare(entry, rknn, rknn.with_suffix(".json").read_bytes())
        switch.switch(2)
        record = Record(step=step, name="b_int8", entry=2, previous=1, fresh=True)
        Journal(place.journal).write(record)

    return prepare


SCENARIOS: dict[str, tuple[dict[str, Any], Act, Act]] = {
    "first": ({}, _nothing, _deploy("b_int8")),
    "over a plain file": ({}, _plain, _deploy("b_int8")),
    "over a link of today's scripts": ({}, _linked, _deploy("b_int8")),
    "over ours": (YES, _one, _deploy("b_int8")),
    "over a foreign change": ({}, _foreign, _deploy("b_int8")),
    "with pruning": ({}, _seven, _deploy("b_int8")),
    "rollback": (YES, _two, lambda place: rollback(place, motion="still")),
    "refused": (NO, _one, _deploy("b_int8")),
    "refused, nothing before": (NO, _nothing, _deploy("b_int8")),
    "undoing": ({}, _half("switching"), clean_up),
    "finishing": ({}, _half("reloading"), clean_up),
    "finishing, answered": ({}, _half("confirming"), clean_up),
    "finishing to put back": ({}, _half("restoring"), clean_up),
}
# Every step where proof is wanted (in CI, or with ROVERTUI_EVERY_STEP set), every third otherwise.
EVERY = 1 if os.environ.get("CI") == "true" or os.environ.get("ROVERTUI_EVERY_STEP") else 3
CHANGES = {
    "os.rename",
    "os.symlink",
    "os.link",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.chmod",
    "subprocess.Popen",
}


def kill_at(step: int) -> None:
    """End this process with SIGKILL before its ``step``-th change."""
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
        if event in CHANGES or writes:
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def attempt(place: Place, act: Act, step: int) -> bool:
    """Whether a child process that dies at ``step`` got through all the same."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            kill_at(step)
            act(place)
            status = 0
        except OperatorError as error:
            status = 0 if error.code == "node" else 1
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, f"status {status}"
    return True


def look(place: Place, before: tuple[str, str], new: str, when: str) -> None:
    """What a node would find at this instant: the old model or the new one, and no other sheet.

    A disagreement that somebody else had left before we began may still be there.
    """
    found, bound = agreement(place.models)
    if (found, bound) == before:
        return
    assert found in (before[0], new), f"{when}: another model {found[:8]}"
    assert bound in ("", found) or not found, f"{when}: the sheet is of another model"
    if found:
        assert header.read(place.models / "remote_trained.rknn"), f"{when}: cannot be loaded"


def settled(place: Place, before: tuple[str, str], new: str, when: str) -> None:
    look(place, before, new, when)
    standing = place.switch.standing()
    found, bound = agreement(place.models)
    if standing.state == "kept":
        assert standing.entry is not None
        assert bound == (found if standing.entry.ours or bound else ""), f"{when}: no sheet"
    else:
        assert (found, bound) == before, f"{when}: {standing}"
    assert not place.journal.exists(), f"{when}: the journal is left"
    left = [
        str(path)
        for root in (place.models, place.journal.parent)
        for path in root.rglob(".*")
        if path.name.endswith((".part", ".making", ".going"))
    ]
    assert not left, f"{when}: left {left}"
    assert not place.switch.shelf.damaged(), f"{when}: {place.switch.shelf.damaged()}"


def run(scenario: str, directory: Path) -> dict[str, int]:
    node, prepare, act = SCENARIOS[scenario]
    model = directory / "model"
    place = place_in(model)
    for name in "ab":
        put_model(place.models, name)
    prepare(place)
    place = place_in(model, **node)
    place.journal.parent.mkdir(exist_ok=True)
    before = agreement(place.models)
    others = {sha256(place.models / f"{name}_int8.rknn") for name in "ab"} - {before[0]}
    new = sha256(place.models / "b_int8.rknn") if len(others) > 1 else others.pop()
    ends = {"old": 0, "new": 0}
    for step in range(1, 1000, EVERY):
        work = directory / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(model, work, symlinks=True)
        place = place_in(work, **node)
        when = f"{scenario}, step {step}"
        through = attempt(place, act, step)
        look(place, before, new, f"{when}, killed")
        clean_up(place)
        settled(place, before, new, f"{when}, cleaned up")
        files = sorted(str(path.relative_to(work)) for path in work.rglob("*"))
        assert clean_up(place) == "", f"{when}: cleaned up twice"
        assert files == sorted(str(path.relative_to(work)) for path in work.rglob("*")), when
        ends["old" if agreement(place.models)[0] == before[0] else "new"] += 1
        if through:
            again = place_in(work)
            deploy(again, "b_int8", motion="still")
            wanted = sha256(again.models / "b_int8.rknn")
            assert agreement(again.models) == (wanted, wanted), when
            return {"steps": step, **ends}
    raise AssertionError(f"{scenario}: no end")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
