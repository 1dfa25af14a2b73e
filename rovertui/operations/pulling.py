"""Fetching a checkpoint from the V620."""

from __future__ import annotations

from typing import Any

from rovertui.operations.context import Context
from rovertui.remote.checkpoints import list_checkpoints, pick
from rovertui.remote.pull import Pulled, pull
from rovertui.remote.ssh import Link
from rovertui.text import duration, size

STAGES = ["pull"]


def pull_checkpoint(
    context: Context, checkpoint: str = "", *, used: bool = False
) -> dict[str, Any]:
    """Pull ``checkpoint`` (name or step; the newest finished one when empty).

    Args:
        used: whether the same job goes on with it.

    Returns:
        ``text``, ``checkpoint``, ``path``, ``bytes``, ``sha256``, ``seconds``, ``already_here``,
        ``resumed_from`` (bytes that were here from a broken pull).
    """
    config = context.config
    context.reporter.stage("pull", checkpoint or "the newest checkpoint")

    def work(link: Link) -> tuple[str, Pulled]:
        server = config.v620
        listing = list_checkpoints(link, server.directory, server.pattern)
        chosen = pick(listing, checkpoint)
        context.reporter.log(f"checkpoint {chosen.name}")
        done = pull(
            link,
            server.directory,
            chosen,
            context.workspace.models(config),
            context.workspace.trash,
            context.reporter,
        )
        return chosen.name, done

    name, pulled = context.with_link(work)
    if pulled.already_here:
        text = f"{name} was here already, the same bytes."
    else:
        context.took(name, used)
        text = f"{name}: {size(pulled.bytes)} in {duration(pulled.seconds)}, hash verified."
    if pulled.verified != "sha256":
        text += " The server cannot hash: only the size was compared."
    context.reporter.log(text)
    return {
        "text": text,
        "checkpoint": name,
        "path": str(pulled.path),
        "bytes": pulled.bytes,
        "sha256": pulled.sha256,
        "seconds": round(pulled.seconds, 3),
        "already_here": pulled.already_here,
        "resumed_from": pulled.resumed_from,
    }
