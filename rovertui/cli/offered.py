"""Names that a shell completes: models, checkpoints, kept models, rovers. Quick, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from rovertui.cli import workspace_of
from rovertui.client import Client
from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from rovertui.text import clean
from rovertui.workspace import Workspace

_PATIENCE_S = 1.0
Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _from_files(*endings: str) -> Offer:
    """Names of the files in ``models/`` with one of these endings.

    A link to an RKNN, such as the one the node loads, is a second name that no command takes.
    """

    def offer(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
        if "/" in begun:
            return [CompletionItem(begun, type="file")]
        try:
            workspace = workspace_of(ctx)
            there = [
                path
                for path in workspace.models(workspace.load()).iterdir()
                if not (path.suffix == ".rknn" and path.is_symlink())
            ]
        except (OperatorError, OSError):
            return []
        return _items({path.stem for path in there if path.suffix in endings}, begun)

    return offer


def _from_snapshot(names: Callable[[Snapshot], Iterable[str]]) -> Offer:
    """Names that a running daemon knows; none is started for a tab."""

    def offer(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
        try:
            snapshot = asyncio.run(asyncio.wait_for(_now(workspace_of(ctx)), _PATIENCE_S))
        except (OperatorError, ConnectionError, asyncio.TimeoutError):
            return []
        return _items(names(snapshot), begun)

    return offer


async def _now(workspace: Workspace) -> Snapshot:
    client = Client(workspace, "command line")
    await client.connect()
    try:
        return await client.now()
    finally:
        await client.close()


def _rovers(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    try:
        return _items((peer.name for peer in workspace_of(ctx).load().rovers), begun)
    except OperatorError:
        return []


def _logged(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Every job that has a log, also those that no snapshot carries any more."""
    try:
        found = [path.name for path in workspace_of(ctx).jobs.iterdir()]
    except (OperatorError, OSError):
        return []
    return _items((str(int(name)) for name in found if name.isdecimal()), begun)


def _decided(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    """What may be decided: the keys of every input, or the answers that one of them takes."""
    from rovertui.operations import checking

    try:
        keys = checking.decidable(workspace_of(ctx).load())
    except OperatorError:
        return []
    key = ctx.params.get("key")
    return _items(keys if param.name == "key" else keys.get(str(key), ()), begun)


def _items(names: Iterable[str], begun: str) -> list[CompletionItem]:
    """Those that begin so, each once; what is not plain text stays out of a shell."""
    fit = {name for name in names if name.startswith(begun) and clean(name) == name}
    return [CompletionItem(name) for name in sorted(fit, key=_in_order)]


def _in_order(name: str) -> tuple[int, str]:
    """Numbers by their size, everything else by its letters."""
    return (int(name), "") if name.isdecimal() else (0, name)


onnx = _from_files(".onnx")
converted = _from_files(".rknn")
any_model = _from_files(".onnx", ".rknn")
checkpoints = _from_snapshot(lambda now: (found.name for found in now.server.checkpoints))
kept = _from_snapshot(lambda now: (past.name for past in now.history))
pinned = _from_snapshot(lambda now: (past.name for past in now.history if past.pinned))
running = _from_snapshot(
    lambda now: (str(job.id) for job in now.jobs if job.state in ("running", "waiting", "queued"))
)
logged: Offer = _logged
decided: Offer = _decided
rovers: Offer = _rovers
