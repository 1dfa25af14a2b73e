"""Putting models into service and taking them back, as a workspace's jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rovertui.called import called
from rovertui.deployment import activate
from rovertui.deployment.place import Deployed
from rovertui.errors import OperatorError
from rovertui.operations import npu
from rovertui.operations.context import Context, place_of
from rovertui.snapshot import ModelView
from rovertui.snapshot.words import LIVE

STAGES = list(activate.STAGES)


def deploy_model(
    context: Context,
    model: str,
    *,
    force: bool = False,
    accept_motion: bool = False,
) -> dict[str, Any]:
    """Put ``model`` (NAME_PRECISION) into service.

    Returns:
        What was seen of it, with ``previous``, ``active``, ``forced``, ``stopped``, ``warnings``.

    Raises:
        OperatorError: see :func:`rovertui.deployment.activate.deploy`.
    """
    done = activate.deploy(
        place_of(context.workspace, context.config),
        model,
        motion=context.motion(),
        accept_motion=accept_motion,
        forced=force,
        job=context.job,
        reporter=context.reporter,
        proof=npu.proof(context),
    )
    return _result(context, done)


def roll_back(context: Context, to: str = "", *, accept_motion: bool = False) -> dict[str, Any]:
    """Put the model that was live before, or the kept one ``to``, into service again."""
    done = activate.rollback(
        place_of(context.workspace, context.config),
        to=to,
        motion=context.motion(),
        accept_motion=accept_motion,
        job=context.job,
        reporter=context.reporter,
    )
    return _result(context, done)


def ready_at_worst(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ``work`` returns; a rover that may be moving is a good end of it, ``ready``."""
    try:
        return {**work(), "ready": False}
    except OperatorError as error:
        if error.code != "motion":
            raise
        return {"text": error.sentence(), "ready": True, "not_begun": True}


def newest_passing(models: list[ModelView]) -> str:
    """The newest model here that was measured and is within the limits."""
    passing = [m for m in models if m.precision != "onnx" and m.within]
    if not passing:
        raise OperatorError(
            "There is no converted model within the limits here.",
            hint=f"Convert one first (C, or `{called()} convert MODEL`).",
        )
    return max(passing, key=lambda model: model.modified).name


def _result(context: Context, done: Deployed) -> dict[str, Any]:
    link = context.workspace.models(context.config) / context.config.node.link
    return {
        "text": f"{done.name}: {LIVE[done.state]} ({done.text}).",
        "state": done.state,
        "model": done.name,
        "precision": done.precision,
        "previous": done.previous,
        "active": str(link.resolve()),
        "forced": done.forced,
        "stopped": done.stopped,
        "warnings": done.warnings,
    }
