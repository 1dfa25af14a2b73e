"""A disk that is full at any write: refused or failed in words, nothing half, nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rovertui.config import Capture, Config, Node, Source
from rovertui.deployment.activate import clean_up, deploy, rollback
from rovertui.errors import OperatorError
from rovertui.jobs import JobBook
from rovertui.snapshot import JobView
from tests.daemon.rig import Rig
from tests.deployment.parts import agreement, place_in, put_model, saying
from tests.faults.conftest import PAGE, Disk
from tests.faults.promises import Accepted, half_files, wrong_models
from tests.waiting import until

_ROOM = [0, PAGE, 2 * PAGE, 4 * PAGE, 10 * PAGE]
_WORDS = "no space"
Act = Callable[[Rig], dict[str, Any]]

OPERATIONS: dict[str, Act] = {
    "park": lambda rig: rig.do("drive.park"),
    "go": lambda rig: rig.do("drive.go"),
    "capture on": lambda rig: rig.do("capture.on", session="full"),
    "label": lambda rig: rig.do("session.label", label="gravel", session="first"),
    "cannot here": lambda rig: rig.do("coverage.unreachable", marks=["pitch:0"]),
    "trash a session": lambda rig: rig.do("session.trash", session="first"),
    "restore a session": lambda rig: rig.do("session.restore", session="first"),
    "deploy": lambda rig: rig.do("deploy", model="b_int8", accept_motion=True, force=True),
    "deploy another": lambda rig: rig.do("deploy", model="a_int8", accept_motion=True, force=True),
    "roll back": lambda rig: rig.do("rollback", accept_motion=True),
    "pin": lambda rig: rig.do("pin", model="a_int8"),
    "capture off": lambda rig: rig.do("capture.off"),
}


@pytest.fixture
def rig(disk: Disk) -> Iterator[Rig]:
    """A workspace on the small disk, with samples, two models and something live."""
    root = disk.root / "workspace"
    made = Rig(
        root,
        Config(
            source=Source(kind="simulated", speed=20.0, rate=10.0),
            capture=Capture(rule="interval", interval=5.0, count=500),
            node=Node(reload_command=saying("success=True")),
        ),
    )
    for name in ("a", "b"):
        put_model(root / "models", name, simulated=True)
    made.start()
    made.do("capture.on", session="first")
    made.until(lambda s: s.capture.kept >= 3)
    made.do("capture.off")
    made.until(lambda s: s.capture.state == "off")
    for name in ("b_int8", "a_int8"):
        job = _end(made, made.do("deploy", model=name, accept_motion=True, force=True))
        assert job.state == "done", job.text
    yield made
    disk.empty()
    made.end()


def _end(rig: Rig, answer: dict[str, Any]) -> JobView:
    found: list[JobView] = []

    def ended() -> bool:
        found[:] = [rig.ask(lambda client: client.job(answer["job"]))]
        return found[0].state not in ("queued", "running", "waiting")

    until(ended)
    return found[0]


def _try(rig: Rig, act: Act) -> str:
    """What was said when it did not work; nothing when it did."""
    try:
        answer = act(rig)
    except OperatorError as error:
        assert error.code != "internal", error.message
        return error.sentence()
    if "job" in answer:
        job = _end(rig, answer)
        assert job.result.get("code") != "internal", job.text
        return "" if job.state == "done" else job.text
    return ""


def test_every_operation_on_a_full_disk_says_so_and_works_when_there_is_room(
    rig: Rig, disk: Disk
) -> None:
    accepted = Accepted(rig.workspace)
    accepted.look()
    said: list[str] = []
    for leave in _ROOM:
        for name, act in OPERATIONS.items():
            disk.fill(leave)
            said.append(f"{name}: {_try(rig, act)}")
            agreement(rig.workspace.root / "models")
            assert not wrong_models(rig.workspace), name
    assert any("deploy: " in text and "space" in text for text in said), said

    disk.empty()
    for name in ("park", "label", "cannot here", "deploy", "deploy another", "roll back", "pin"):
        assert _try(rig, OPERATIONS[name]) == "", name
    rig.do("capture.on", session="after")
    kept = rig.until(lambda s: s.capture.state == "on").capture.kept
    rig.until(lambda s: s.capture.kept > kept)
    rig.do("capture.off")
    rig.until(lambda s: s.capture.state == "off")
    until(lambda: not half_files(rig.workspace), 5)
    assert not accepted.lost()


def test_capture_can_be_switched_off_on_a_full_disk(rig: Rig, disk: Disk) -> None:
    rig.do("capture.on", session="full")
    rig.until(lambda s: s.capture.state == "on")
    disk.fill()
    rig.until(lambda s: s.capture.state == "stalled")
    assert "disk: 0 B free" in rig.snapshot().capture.text

    rig.do("capture.off")

    rig.until(lambda s: s.capture.state == "off")


def test_a_daemon_starts_on_a_full_disk_and_says_so(rig: Rig, disk: Disk) -> None:
    rig.kill()
    until(lambda: not rig.children())
    disk.fill()

    rig.start()

    snapshot = rig.until(lambda s: s.stream.state == "live")
    assert snapshot.live.name == "a_int8"
    rig.do("capture.on", session="full")
    rig.until(lambda s: s.capture.state == "stalled" and "disk" in s.capture.text)


@pytest.mark.parametrize("what", ["deploy", "rollback"])
def test_a_deployment_that_runs_out_of_room_at_any_page(what: str, disk: Disk) -> None:
    place = place_in(disk.root, reload_command=saying("success=True"))
    for name in ("one", "two", "three"):
        put_model(place.models, name)
    for name in ("one_int8", "two_int8"):
        deploy(place, name, motion="still")
    acts: dict[str, Callable[[], object]] = {
        "deploy": lambda: deploy(place, "three_int8", motion="still"),
        "rollback": lambda: rollback(place, motion="still"),
    }
    failures = 0
    for leave in range(0, 400 * PAGE, PAGE):
        disk.fill(leave)
        try:
            acts[what]()
        except OperatorError as error:
            failures += 1
            assert "space" in error.sentence(), error.sentence()
        else:
            break
        finally:
            disk.empty()
        model, named = agreement(place.models)
        assert model and model == named
        clean_up(place)
        assert agreement(place.models) == (model, named)
    assert failures > 0
    model, named = agreement(place.models)
    assert model == named


def test_a_job_that_cannot_be_recorded_still_ends(disk: Disk) -> None:
    book = JobBook(disk.root / "jobs")
    job = book.new("convert", "convert", {}, ["check"])
    job.record.state = "running"
    disk.fill()
    for number in range(200):
        job.emit({"kind": "log", "text": f"line {number} " + "x" * 200})
    job.emit({"kind": "stage", "stage": "check"})

    job.finish("failed", "The disk is full.")

    assert job.view().state == "failed"
    disk.empty()
    events, total = job.read(0, 1000)
    assert total == job.events == len(events)
    with pytest.raises(OperatorError, match=_WORDS):
        disk.fill()
        book.new("convert", "convert", {}, ["check"])
