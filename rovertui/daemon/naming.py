"""Names in a request, made whole or refused before anything is started for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from rovertui.called import called
from rovertui.daemon.holder import Holder, Params, text_of
from rovertui.errors import OperatorError

_PATIENCE = 5.0


async def settled(holder: Holder, operation: str, params: Params) -> Params:
    """``params`` with the whole name of the model or checkpoint that is meant.

    Raises:
        OperatorError: nothing of that name or step is known, or several are.
    """
    if operation in ("pull", "export", "ship"):
        return await _on_server(holder, params)
    key = "to" if operation == "rollback" else "model"
    look, wanted = _HERE.get(operation), text_of(params, key)
    if look is None or not wanted:
        return params
    try:
        return {**params, key: await asyncio.to_thread(look, holder, wanted)}
    except OperatorError as error:
        if error.code == "missing" and operation in ("convert", "layers"):
            await _refuse_unpulled(holder, wanted)
        raise


async def _refuse_unpulled(holder: Holder, wanted: str) -> None:
    """Say so where the V620 has what is not here yet."""
    from rovertui.conversion import naming
    from rovertui.remote.checkpoints import pick

    if holder.watch.listing is None and holder.watch.state in ("waiting", "connecting"):
        await _looked(holder)
    if holder.watch.listing is None:
        return
    try:
        there = pick(holder.watch.listing, naming.split(wanted)[0])
    except OperatorError:
        return
    if not there.has_onnx:
        return
    raise OperatorError(
        f"{there.name} is not here yet; the V620 has it.",
        hint=f"`{called()} pull {there.name}`, or `{called()} ship {there.name}`, which pulls "
        "it first.",
        code="missing",
    )


def _onnx(holder: Holder, wanted: str) -> str:
    from rovertui.operations import names

    found = names.onnx(holder.workspace.models(holder.config), wanted)
    return wanted if "/" in wanted else found.stem


def _either(holder: Holder, wanted: str) -> str:
    """An ONNX, or a converted model of which the ONNX is here."""
    from rovertui.conversion import naming
    from rovertui.operations import names

    checkpoint, rung = naming.split(wanted)
    found = names.onnx(holder.workspace.models(holder.config), checkpoint).stem
    return f"{found}_{rung}" if rung else found


def _converted(holder: Holder, wanted: str) -> str:
    from rovertui.operations import names

    return names.one_converted(holder.workspace.models(holder.config), wanted)


def _kept(holder: Holder, wanted: str) -> str:
    from rovertui.operations.context import place_of

    place_of(holder.workspace, holder.config).switch.shelf.find(wanted)
    return wanted


_HERE: dict[str, Callable[[Holder, str], str]] = {
    "convert": _onnx,
    "layers": _either,
    "deploy": _converted,
    "npu": _converted,
    "rollback": _kept,
}


async def _on_server(holder: Holder, params: Params) -> Params:
    """By the last listing; one that has no such checkpoint may be old, so it is made again."""
    wanted, watch = text_of(params, "checkpoint"), holder.watch
    if not wanted or watch.state != "up" or watch.listing is None:
        return params
    from rovertui.remote.checkpoints import pick

    try:
        return {**params, "checkpoint": pick(watch.listing, wanted).name}
    except OperatorError:
        pass
    if not await _looked(holder) or watch.state != "up":
        # A job has the link; whether there is such a checkpoint is told by the job asked for.
        return params
    return {**params, "checkpoint": pick(watch.listing, wanted).name}


async def _looked(holder: Holder) -> bool:
    """Have the V620 listed, if it answers soon; whether it was."""
    looking = asyncio.ensure_future(holder.watch.look())
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(looking), _PATIENCE)
    return looking.done()
