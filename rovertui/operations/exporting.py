"""Having the V620 export a checkpoint that has no ONNX yet."""

from __future__ import annotations

from typing import Any

from rovertui.errors import OperatorError
from rovertui.operations.context import Context
from rovertui.remote.checkpoints import Checkpoint, list_checkpoints, pick
from rovertui.remote.export import export
from rovertui.remote.ssh import Link
from rovertui.text import clean, duration

STAGES = ["export"]


def export_checkpoint(context: Context, checkpoint: str) -> dict[str, Any]:
    """Export ``checkpoint`` (name or step) on the server.

    Returns:
        ``text``, ``checkpoint``, ``seconds``, ``bytes`` of the ONNX.
    """
    context.reporter.stage("export", clean(checkpoint, 80))
    server = context.config.v620

    def work(link: Link) -> tuple[Checkpoint, float]:
        chosen = pick(list_checkpoints(link, server.directory, server.pattern), checkpoint)
        seconds = export(
            link,
            server.directory,
            chosen,
            server.export_command,
            server.export_directory,
            server.export_timeout,
            context.reporter,
        )
        made = pick(list_checkpoints(link, server.directory, server.pattern), chosen.name)
        return made, seconds

    made, seconds = context.with_link(work)
    if made.onnx is None or not made.onnx.size:
        raise OperatorError(
            f"{made.name}: the exporter said success, but there is no ONNX beside the .pt.",
            hint="Correct v620.export_command: it must write the file that {onnx} names.",
            code="export",
        )
    return {
        "text": f"{made.name}: exported on the V620 in {duration(seconds)}.",
        "checkpoint": made.name,
        "seconds": round(seconds, 3),
        "bytes": made.onnx.size,
    }
