"""What commands share: options, a connection, a job followed to its end, JSON or words."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from rovertui.called import PROGRAM, called
from rovertui.catalogue import BY_ID
from rovertui.client import Client
from rovertui.daemon.launch import connected, not_found_here
from rovertui.errors import OperatorError
from rovertui.snapshot import JobView, QuestionView
from rovertui.text import clean
from rovertui.workspace import Workspace

T = TypeVar("T")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask first.")
_STATUS = {"done": 0, "failed": 1, "cancelled": 3, "interrupted": 3}


def with_client(
    workspace: Workspace, work: Callable[[Client], Awaitable[T]], *, start: bool = True
) -> T:
    """Connect, do ``work``, disconnect.

    Args:
        start: whether a daemon is started where none runs; otherwise it is said that none does.
    """

    async def session() -> T:
        client = await (connected(workspace, "command line") if start else _running(workspace))
        try:
            return await work(client)
        finally:
            await client.close()

    return asyncio.run(session())


async def _running(workspace: Workspace) -> Client:
    """A connected client, where a daemon runs."""
    client = Client(workspace, "command line")
    try:
        await client.connect()
    except ConnectionError:
        if not workspace.config_path.exists():
            raise OperatorError(
                f"{clean(str(workspace.root))} is no workspace: it has no config.toml.",
                hint=f"`{PROGRAM} init DIRECTORY` makes one.",
            ) from None
        raise not_found_here(workspace) or OperatorError(
            f"No daemon runs in {clean(str(workspace.root))}: nothing is recorded there now.",
            hint=f"`{called()}` opens the screen and starts it; "
            f"so does `{called()} status --start`, and `{called()} daemon run` "
            "keeps it in the foreground.",
            code="no-daemon",
        ) from None
    return client


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def confirmed(operation: str, yes: bool, detail: str = "") -> None:
    """Ask once for what an operation's consequence is; ``--yes`` answers."""
    asks = BY_ID[operation].asks
    if yes or not asks:
        return
    question = f"{detail} {asks} Go on?".strip()
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Nobody can answer here: give --yes.")
    click.confirm(question, abort=True, err=True)


def run_job(workspace: Workspace, operation: str, quiet: bool = False, **params: Any) -> JobView:
    """Have an operation done as a job and follow it; returns it when it has ended."""
    begun: list[int] = []
    try:
        return with_client(
            workspace, lambda client: followed(client, operation, quiet, begun, **params)
        )
    except KeyboardInterrupt:
        for number in begun:
            click.echo(f"Job {number} goes on; `{called()} cancel {number}` stops it.", err=True)
            raise click.exceptions.Exit(_STATUS["interrupted"]) from None
        raise


async def followed(
    client: Client,
    operation: str,
    quiet: bool = False,
    begun: list[int] | None = None,
    **params: Any,
) -> JobView:
    """Start a job, show its stages on standard error, return it when it has ended.

    Args:
        begun: gets the job's number once there is one.
    """
    number = int((await client.do(operation, **params))["job"])
    if begun is not None:
        begun.append(number)
    asking = asyncio.create_task(_answer_questions(client))
    try:
        async for event in client.follow(number):
            if not quiet:
                _show(event)
    finally:
        asking.cancel()
    return await client.job(number)


def end(job: JobView, as_json: bool, words: str = "", *, done: bool = True) -> None:
    """Print how a job ended and leave with its status: not 0 where it is not ``done`` after all."""
    if as_json and job.state == "done":
        print_json(job.result)
    elif job.state == "done":
        click.echo(words or job.text or "Done.")
    else:
        click.echo(job.text, err=True)
    if job.state != "done" or not done:
        raise click.exceptions.Exit(_STATUS.get(job.state, 1) or 1)


def _show(event: dict[str, Any]) -> None:
    kind = event.get("kind")
    if kind == "stage":
        click.echo(f"  {event['stage']:<10} {event.get('text', '')}".rstrip(), err=True)
    elif kind == "pause":
        click.echo(f"  {event.get('text', '')}", err=True)
    elif kind == "warning":
        click.echo(f"  warning: {event.get('text', '')}", err=True)


async def _answer_questions(client: Client) -> None:
    """Put the daemon's questions to whoever sits at the terminal; nobody: no answer."""
    done: set[int] = set()
    while True:
        snapshot = client.snapshot
        for question in snapshot.questions if snapshot else ():
            if question.id not in done:
                done.add(question.id)
                value = await asyncio.to_thread(_put, question)
                await client.answer(question.id, value)
        await asyncio.sleep(0.2)


def _put(question: QuestionView) -> str | None:
    if not sys.stdin.isatty():
        return None
    try:
        if question.kind == "fingerprint":
            return "yes" if click.confirm(question.text, err=True) else None
        if question.choices:
            return _chosen(question)
        answer: str = click.prompt(question.text, hide_input=question.secret, err=True)
    except click.Abort:
        return None
    return answer


def _chosen(question: QuestionView) -> str:
    """One of the choices, by its number."""
    click.echo(question.text, err=True)
    for number, words in enumerate(question.choices, 1):
        click.echo(f"  {number}  {words}", err=True)
    number = click.prompt("Which", type=click.IntRange(1, len(question.choices)), err=True)
    return question.choices[int(number) - 1]
