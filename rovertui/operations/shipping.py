"""The whole chain: newest checkpoint, pull, convert, verify, deploy."""

from __future__ import annotations

import time
from typing import Any

from rovertui.errors import OperatorError
from rovertui.operations.context import Context
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
        ``seconds`` (of the three parts).
    """
    seconds: dict[str, float] = {}

    def timed(name: str, began: float) -> None:
        seconds[name] = round(time.monotonic() - began, 3)

    began = time.monotonic()
    pulled = pull_checkpoint(context, checkpoint)
    timed("pull", began)
    if pulled["checkpoint"] == live and pulled["already_here"]:
        return {
            "text": f"{live} is the newest and live already; nothing was converted. Name it to "
            "ship it again.",
            "pull": pulled,
            "convert": None,
            "deploy": None,
            "ready": False,
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
        "seconds": seconds,
    }


def convert_and_deploy(
    context: Context, model: str, precision: str = "", *, samples: str = "", link: bool = False
) -> dict[str, Any]:
    """Convert a model that is here, and put it into service when it is within the limits.

    Returns:
        The figures of the conversion, with ``deploy`` and ``ready`` as :func:`ship` has them.
    """
    converted = convert_model(context, model, precision, samples=samples, link=link)
    text, deployed = _into_service(context, converted, False, False)
    return {
        **converted,
        "text": f"{converted['text']} {text}",
        "deploy": deployed,
        "ready": deployed is None,
    }


def _into_service(
    context: Context,
    converted: dict[str, Any],
    force: bool,
    accept_motion: bool,
    to: str = "",
) -> tuple[str, dict[str, Any] | None]:
    """Deploy what was converted; a rover that may be moving is a good end without it."""
    if converted["within"] is False and not force:
        raise OperatorError(
            f"{converted['text']} Nothing was deployed.",
            hint="Insist with --force: the record will say so.",
            code="limits",
        )
    try:
        model = converted["model"]
        if to:
            deployed = deploy_to(context, to, model, force=force, accept_motion=accept_motion)
        else:
            deployed = deploy_model(context, model, force=force, accept_motion=accept_motion)
    except OperatorError as error:
        if error.code != "motion":
            raise
        return error.message, None
    return str(deployed["text"]), deployed
