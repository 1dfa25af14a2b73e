"""The whole chain: newest checkpoint, pull, convert, verify, deploy."""

from __future__ import annotations

import time
from typing import Any

from rovertui.conversion.naming import step_of
from rovertui.deployment.checks import insist
from rovertui.errors import OperatorError
from rovertui.operations import checking
from rovertui.operations.context import Context, place_of
from rovertui.operations.converting import STAGES as CONVERT_STAGES
from rovertui.operations.converting import convert_model
from rovertui.operations.deploying import STAGES as DEPLOY_STAGES
from rovertui.operations.deploying import deploy_model
from rovertui.operations.pulling import pull_checkpoint
from rovertui.operations.rovers import STAGES as AFAR_STAGES
from rovertui.operations.rovers import deploy_to

STAGES = ["pull", *CONVERT_STAGES, *DEPLOY_STAGES]
STAGES_TO = ["pull", *CONVERT_STAGES, *AFAR_STAGES]


def ship(
    context: Context,
    checkpoint: str = "",
    precision: str = "",
    *,
    to: str = "",
    force: bool = False,
    accept_motion: bool = False,
    live: str = "",
) -> dict[str, Any]:
    """Run the chain; the first stage that fails ends it, and what was live stays live.

    The model goes into service here, or on the rover ``to``. A rover that may be moving ends it
    as well, well: the model is ready and the operator decides when (``ready`` in the result).

    Args:
        live: the checkpoint in service; where that is what was pulled, nothing more is done.

    Returns:
        ``text``, ``pull``, ``convert``, ``deploy`` (None when only ready), ``ready``,
        ``seconds`` (of the three parts); ``rover``, where it is another one.
    """
    seconds: dict[str, float] = {}

    def timed(name: str, began: float) -> None:
        seconds[name] = round(time.monotonic() - began, 3)

    config = context.config
    checking.require_samples(context.workspace, config, precision or config.conversion.precision)
    began = time.monotonic()
    pulled = pull_checkpoint(context, checkpoint, used=True)
    timed("pull", began)
    if pulled["checkpoint"] == live and pulled["already_here"]:
        return {
            "text": f"{live} is the newest and live already; nothing was converted. Name it to "
            "ship it again.",
            "pull": pulled,
            "convert": None,
            "deploy": None,
            "ready": False,
            "already_live": True,
            "seconds": seconds,
        }
    began = time.monotonic()
    converted = convert_model(context, pulled["checkpoint"], precision)
    timed("convert", began)
    began = time.monotonic()
    text, deployed = _into_service(context, converted, force, accept_motion, to)
    timed("deploy", began)
    return {
        "text": text,
        "pull": pulled,
        "convert": converted,
        "deploy": deployed,
        "ready": deployed is None,
        **({"rover": to} if to else {}),
        "seconds": seconds,
    }


def convert_and_deploy(
    context: Context,
    model: str,
    precision: str = "",
    *,
    samples: str = "",
    link: bool = False,
    unattended: bool = False,
) -> dict[str, Any]:
    """Convert a model that is here, and put it into service when it is within the limits.

    Args:
        unattended: nobody asked for this model, so what only a person can judge ends it well
            before it goes into service: a check that is not GOOD, or a model that is no newer
            than the live one.

    Returns:
        The figures of the conversion, with ``deploy`` and ``ready`` as :func:`ship` has them.
    """
    converted = convert_model(context, model, precision, samples=samples, link=link)
    doubt = _doubt(context, converted) if unattended else ""
    if doubt:
        text, deployed = f"ready: press D. It does not go into service by itself: {doubt}.", None
    else:
        text, deployed = _into_service(context, converted, False, False)
    return {
        **converted,
        "text": f"{converted['text']} {text}",
        "deploy": deployed,
        "ready": deployed is None,
    }


def _doubt(context: Context, converted: dict[str, Any]) -> str:
    """Why only a person puts this model into service, where every check lets it pass."""
    if converted["within"] is None:
        return "its error was not measured"
    if converted["within"] is False:
        return ""
    if converted["grade"] != "GOOD":
        return f"its check is {converted['grade']} ({converted['strength']})"
    live = place_of(context.workspace, context.config).switch.standing()
    if live.state == "foreign":
        return "somebody else put another model into service"
    if live.entry is not None:
        own, there = step_of(converted["checkpoint"]), step_of(live.entry.checkpoint)
        if own is None or there is None or own <= there:
            return f"it is not newer than {live.entry.checkpoint}, which is live"
    return ""


def _into_service(
    context: Context,
    converted: dict[str, Any],
    force: bool,
    accept_motion: bool,
    to: str = "",
) -> tuple[str, dict[str, Any] | None]:
    """Deploy what was converted; a rover that may be moving is a good end without it."""
    model = converted["model"]
    if converted["within"] is False and not force:
        raise OperatorError(
            f"{converted['text']} Nothing was deployed.",
            hint=insist(model, to),
            code="limits",
        )
    try:
        if to:
            deployed = deploy_to(context, to, model, force=force, accept_motion=accept_motion)
        else:
            deployed = deploy_model(context, model, force=force, accept_motion=accept_motion)
    except OperatorError as error:
        if error.code != "motion":
            raise
        return error.sentence(), None
    return str(deployed["text"]), deployed
