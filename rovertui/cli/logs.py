"""The command log: of a job, of the daemon, of what was decided, of what happened here."""

from __future__ import annotations

import time
from typing import Any

import click
import msgspec

from rovertui.cli import offered, workspace_of
from rovertui.cli.session import AS_JSON, print_json, with_client
from rovertui.client import Client
from rovertui.errors import OperatorError
from rovertui.text import clean
from rovertui.workspace import Workspace

_AUDIT = (("when", 20), ("user", 8), ("client", 12), ("what", 15), ("event", 9))
"""Columns of the record of decisions, and how wide they are."""


@click.command()
@click.argument("job", type=int, required=False, shell_complete=offered.logged)
@click.option("--daemon", is_flag=True, help="The daemon's own log instead of a job's.")
@click.option("--audit", is_flag=True, help="Who decided what, and when, instead of a job's log.")
@click.option("--messages", is_flag=True, help="What happened here, the newest last (key m).")
@AS_JSON
@click.pass_context
def log(
    ctx: click.Context, job: int | None, daemon: bool, audit: bool, messages: bool, as_json: bool
) -> None:
    """The whole log of JOB (the newest without a number)."""
    workspace = workspace_of(ctx)
    if messages:
        _messages(workspace, as_json)
        return
    if audit:
        _audit_log(workspace, as_json)
        return
    if daemon:
        _daemon_log(workspace, as_json)
        return

    async def work(client: Client) -> list[dict[str, Any]]:
        number = job
        if number is None:
            shown = (await client.now()).jobs
            if not shown:
                raise OperatorError("There is no job yet.")
            number = shown[-1].id
        found: list[dict[str, Any]] = []
        while True:
            events, total = await client.events(number, len(found))
            found += events
            if len(found) >= total or not events:
                return found

    events = with_client(workspace, work)
    if as_json:
        print_json(events)
        return
    for event in events:
        if event.get("kind") != "progress":
            moment = time.strftime("%H:%M:%S", time.localtime(event.get("time", 0)))
            words = event.get("stage", "")
            click.echo(f"{moment} {event.get('kind', ''):<8} {words} {event.get('text', '')}")


def _audit_log(workspace: Workspace, as_json: bool) -> None:
    from rovertui.audit import Audit

    lines = Audit(workspace.audit).read()
    if as_json:
        print_json(lines)
        return
    hidden = {*dict(_AUDIT), "time", "uid", "pid", "text"}
    for line in lines:
        words = " ".join(f"{clean(str(line.get(key, '?'))):<{width}}" for key, width in _AUDIT)
        more = "  ".join(f"{key}={line[key]}" for key in line if key not in hidden)
        click.echo(clean(f"{words} {more}  {line.get('text', '')}".rstrip()))
    if not lines:
        click.echo("Nothing has been decided here yet.")


def _messages(workspace: Workspace, as_json: bool) -> None:
    found = with_client(workspace, lambda client: client.messages())
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    for message in reversed(found):
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(message.when))
        mark = {"warn": "WARN", "bad": "BAD"}.get(message.level, "")
        again = f"  ({message.count} times)" if message.count > 1 else ""
        click.echo(f"{moment}  {mark:<5}{clean(message.text)}{again}")
    if not found:
        click.echo("Nothing has happened here yet.")


def _daemon_log(workspace: Workspace, as_json: bool) -> None:
    lines: list[dict[str, str]] = []
    for name in ("daemon.log", "rovertui.log"):
        path = workspace.logs / name
        if path.exists():
            newest = path.read_text(errors="replace").splitlines()[-400:]
            lines += [{"file": name, "text": clean(line)} for line in newest]
    if as_json:
        print_json(lines)
        return
    for line in lines:
        click.echo(line["text"])
