"""The relay between collector and V620: looked at, stopped on purpose, started again."""

from __future__ import annotations

import click
import msgspec

from rovertui.cli import workspace_of
from rovertui.cli.session import AS_JSON, YES, confirmed, print_json, with_client
from rovertui.client import Client
from rovertui.errors import OperatorError
from rovertui.snapshot import RelayView

_ENDS = {"start": ("up", "down"), "stop": ("stopped", "none")}


@click.command()
@click.argument("what", type=click.Choice(["status", "start", "stop"]), default="status")
@YES
@AS_JSON
@click.pass_context
def relay(ctx: click.Context, what: str, yes: bool, as_json: bool) -> None:
    """What passes between collector and V620; stop it, or start it again."""
    if what == "stop":
        confirmed("relay.stop", yes, "Stop the relay.")

    async def work(client: Client) -> RelayView:
        if what != "status":
            await client.do(f"relay.{what}")
        done = await client.until(lambda s: what == "status" or s.relay.state in _ENDS[what])
        return done.relay

    view = with_client(workspace_of(ctx), work)
    if what == "start" and view.state == "down":
        raise OperatorError(f"The relay did not start: {view.text}")
    if as_json:
        print_json(msgspec.to_builtins(view))
        return
    click.echo(f"{view.state}: {view.text}" if view.text else view.state)
    for warning in view.warnings:
        click.echo(f"note: {warning}")
