"""Putting a model into service, and taking it back.

The order is: check, prepare, switch, tell the node, listen. The good ends:

``seen``
    the node answered, and its commands arrived, finite and not constant; where the node can be
    asked which file it loads, it named ours.
``believed``
    the node answered success, and that is all. When its commands should have been heard and were
    not, or never changed, or it loads another file, this is said as a warning and the model
    stays: the camera may be off, the autonomy paused, the first inference slow, and a second
    switch would cure none of these. Whoever stands beside the rover decides; rolling back is one
    key away.
``next start``
    no node answered: none runs, or it hangs; one that starts loads the model. No failure.

A node that refuses, does not answer, or commands what is no number gets the previous model back
and is told again: a node that frees its model before it loads the next is otherwise left
without any.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rovertui.called import called
from rovertui.deployment import checks
from rovertui.deployment.entry import MODEL, SHEET
from rovertui.deployment.place import Deployed, Motion, Place, Proof
from rovertui.deployment.sequence import Sequence
from rovertui.deployment.switch import Switch
from rovertui.errors import OperatorError
from rovertui.reporter import Reporter
from rovertui.text import clean

STAGES = ("check", "switch", "reload", "confirm")


def deploy(
    place: Place,
    name: str,
    *,
    motion: Motion,
    accept_motion: bool = False,
    forced: bool = False,
    job: str = "",
    reporter: Reporter | None = None,
    proof: Proof | None = None,
) -> Deployed:
    """Put the converted model ``name`` (``CHECKPOINT_PRECISION``) into service.

    Args:
        motion: of the rover; only ``still`` goes on without ``accept_motion``.
        forced: insist past what :func:`checks.check` allows to be insisted past; recorded.
        job: who asks, for the record.
        proof: tries the model out on the NPU; it may write into the model's sheet.

    Raises:
        OperatorError: code ``refused`` when a check failed, ``npu`` when the NPU check did,
            ``motion`` when the model is ready
            and the rover's motion must be accepted first, ``busy`` when another deployment
            runs, ``node`` when the node did not take the model; what was live is live again.
        Cancelled: before the switch, when the operator asked for it.
    """
    reporter = reporter or Reporter()
    with _alone(place):
        sequence = Sequence(place, reporter, job, motion, accept_motion)
        sequence.settle()
        rknn = _file(place.models, name)
        reporter.stage("check", clean(rknn.stem))

        def checked() -> checks.Candidate:
            return checks.check(
                rknn,
                rknn.with_suffix(".json"),
                target=place.target,
                simulated_workspace=place.simulated,
                forced=forced,
            )

        candidate = checked()
        if proof is not None:
            problem = proof(rknn, reporter)
            candidate = checked()
            if problem and not forced:
                raise OperatorError(f"{problem}.", hint=checks.insist(candidate.name), code="npu")
            candidate.forced.extend([problem] if problem else [])
        _guard("D", candidate.name, motion, accept_motion)
        return sequence.deploy(candidate)


def rollback(
    place: Place,
    *,
    to: str = "",
    motion: Motion,
    accept_motion: bool = False,
    job: str = "",
    reporter: Reporter | None = None,
) -> Deployed:
    """Put the model that was live before into service again, or the kept entry ``to``.

    Args:
        to: number, name or checkpoint of a kept entry; empty for the one before.

    Raises:
        OperatorError: as for :func:`deploy`; also when nothing was live before.
        Cancelled: before the switch, when the operator asked for it.
    """
    reporter = reporter or Reporter()
    with _alone(place):
        sequence = Sequence(place, reporter, job, motion, accept_motion)
        sequence.settle()
        switch = place.switch
        entry = switch.shelf.verify(switch.shelf.find(to) if to else before_live(switch))
        reporter.stage("check", entry.label)
        directory = switch.shelf.directory(entry.number)
        candidate = checks.check_again(
            directory / MODEL,
            directory / SHEET,
            name=entry.name,
            target=place.target,
            simulated_workspace=place.simulated,
        )
        _guard("R", entry.label, motion, accept_motion)
        return sequence.rollback(entry, candidate)


def pin(place: Place, wanted: str, pinned: bool) -> str:
    """Keep an entry (number, name or checkpoint) for good, or no longer; what was done, in words.

    Raises:
        OperatorError: no such entry is kept, or a deployment is running.
    """
    with _alone(place):
        shelf = place.switch.shelf
        entry = shelf.pin(shelf.find(wanted), pinned)
    kept = "is kept for good" if pinned else "is kept like any other"
    return f"{entry.label} (number {entry.number}) {kept}."


def clean_up(place: Place) -> str:
    """Finish or undo what an earlier start left half done; what was done, in words, or nothing.

    Raises:
        OperatorError: the journal or the models directory cannot be used.
    """
    with _alone(place):
        sequence = Sequence(place, Reporter(), "", "unknown", False)
        sequence.settle()
    return " ".join(sequence.warnings)


def before_live(switch: Switch) -> int:
    """The number of the entry that a rollback leads to.

    Raises:
        OperatorError: nothing is live, or nothing was before, or it is no longer kept.
    """
    number = switch.current()
    live = next((entry for entry in switch.shelf.entries() if entry.number == number), None)
    if live is None:
        raise OperatorError("Nothing to roll back: rovertui has put no model into service here.")
    if switch.standing().state == "foreign":
        return live.number
    if live.before is None:
        others = len(switch.shelf.entries()) > 1
        raise OperatorError(
            f"Nothing to roll back: {live.label} is the first model here.",
            hint=f"`{called()} history` lists the others that are kept; `{called()} rollback --to "
            "NUMBER` puts one of them into service."
            if others
            else "",
        )
    if not switch.shelf.directory(live.before).is_dir():
        raise OperatorError(
            f"The model that was live before {live.label} is no longer kept.",
            hint="Deploy it again from the list of models.",
        )
    return live.before


def _guard(key: str, name: str, motion: Motion, accepted: bool) -> None:
    if motion == "still" or accepted:
        return
    known = "is moving" if motion == "moving" else "may be moving (its motion is not known)"
    raise OperatorError(
        f"ready: press {key} (on the command line: --moving). {name} passed its checks, but the "
        f"rover {known} and its wheel commands would change. Stop it first, or accept that.",
        code="motion",
    )


def _file(models: Path, name: str) -> Path:
    """The model of that name, directly in the models directory."""
    stem = name[: -len(".rknn")] if name.endswith(".rknn") else name
    if not stem or "/" in stem or "\0" in stem or stem.startswith("."):
        raise OperatorError(
            f"{clean(name)!r}: expected the name of a model in {models}, such as "
            "ppo_v620_update_100_hybrid."
        )
    return models / f"{stem}.rknn"


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """One deployment at a time, whoever asks for it."""
    place.models.mkdir(parents=True, exist_ok=True)
    place.journal.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(place.models, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise OperatorError("Another deployment is running here.", code="busy") from None
    finally:
        os.close(handle)
