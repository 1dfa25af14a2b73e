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

STAGES = ["pull", *CONVERT_STAGES, *DEPLOY_STAGES]


def ship(
    context: Context,
    checkpoint: str = "",
    precision: str = "",
    *,
    force: bool = False,
    accept_motion: bool = False,
) -> dict[str, Any]:
    """Run the chain; the first stage that fails ends it, and what was live stays live.

    A rover that may be moving ends it as well, well: the model is ready and the operator
    decides when (``ready`` in the result).

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
    began = time.monotonic()
    converted = convert_model(context, pulled["checkpoint"], precision)
    timed("convert", began)
    began = time.monotonic()
    deployed: dict[str, Any] | None = None
    try:
        deployed = deploy_model(
            context, converted["model"], force=force, accept_motion=accept_motion
        )
    except OperatorError as error:
        if error.code != "motion":
            raise
        text = error.message
    if deployed is not None:
        text = str(deployed["text"])
    timed("deploy", began)
    return {
        "text": text,
        "pull": pulled,
        "convert": converted,
        "deploy": deployed,
        "ready": deployed is None,
        "seconds": seconds,
    }
