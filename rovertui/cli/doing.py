"""Commands that change something: capture, pull, deploy, roll back, ship."""

from __future__ import annotations

import sys
import time

import click
import msgspec

from rovertui.cli import offered, workspace_of
from rovertui.cli.looking import how_far, settled
from rovertui.cli.session import (
    AS_JSON,
    YES,
    confirmed,
    end,
    followed,
    print_json,
    run_job,
    with_client,
)
from rovertui.client import Client
from rovertui.config import PRECISIONS
from rovertui.snapshot import RoverView, Snapshot
from rovertui.snapshot.words import LIVE
from rovertui.text import clean

_PATIENCE_S = 10.0
_FORCE = click.option(
    "--force", is_flag=True, help="Deploy although the check is over its limits; recorded."
)
_TO = click.option(
    "--to",
    default="",
    shell_complete=offered.rovers,
    help="Another rover of [[rovers]] instead of this one.",
)
_MOVING = click.option(
    "--moving", is_flag=True, help="Deploy although the rover may be moving; recorded."
)


@click.command()
@click.argument("what", type=click.Choice(["on", "off", "check"]))
@click.option("--session", default="", help="A label for the samples to come.")
@AS_JSON
@click.pass_context
def capture(ctx: click.Context, what: str, session: str, as_json: bool) -> None:
    """Switch the recording of samples on or off; `check` records a drive for checking only.

    Checked on a drive that calibrated nothing, a model's error is GOOD and not WEAK.
    """

    async def work(client: Client) -> None:
        await client.do(f"capture.{what}", **({"session": session} if session else {}))
        snapshot = await _counted(client)
        view = snapshot.capture
        word = "on, for checking" if what == "check" else what
        if as_json:
            facts = ("kept", "target", "goal", "complete", "lacking")
            known = {name: getattr(view, name) for name in facts} if view.counted else {}
            print_json({"capture": what, "counted": view.counted, **known})
        elif view.counted:
            click.echo(f"Capture {word}: {how_far(snapshot)}.")
        else:
            why = f" ({clean(view.text)})" if view.text else ""
            click.echo(f"Capture {word}; the samples are not counted yet{why}.")

    with_client(workspace_of(ctx), work)


@click.command()
@click.argument("what", type=click.Choice(["park", "go"]))
@click.pass_context
def drive(ctx: click.Context, what: str) -> None:
    """Park the simulated rover or pause a replay; let it go on."""

    async def work(client: Client) -> None:
        await client.do(f"drive.{what}")

    with_client(workspace_of(ctx), work)
    click.echo("It stands still." if what == "park" else "It goes on.")


async def _counted(client: Client) -> Snapshot:
    """A snapshot of a recorder that has looked at the disk and judged it, or cannot."""
    until = time.monotonic() + _PATIENCE_S

    def known(snapshot: Snapshot) -> bool:
        capture = snapshot.capture
        looked = capture.counted and (not capture.kept or snapshot.coverage.count > 0)
        looked = looked or snapshot.stream.state in ("down", "none")
        return looked or time.monotonic() > until

    return await client.until(known)


@click.command()
@click.argument("checkpoint", default="", shell_complete=offered.checkpoints)
@AS_JSON
@click.pass_context
def pull(ctx: click.Context, checkpoint: str, as_json: bool) -> None:
    """Fetch CHECKPOINT (name or step; the newest without one) from the V620."""

    end(run_job(workspace_of(ctx), "pull", quiet=as_json, checkpoint=checkpoint), as_json)


@click.command()
@click.argument("checkpoint", shell_complete=offered.checkpoints)
@AS_JSON
@click.pass_context
def export(ctx: click.Context, checkpoint: str, as_json: bool) -> None:
    """Have the V620 make the ONNX of CHECKPOINT (name or step) from its .pt."""

    end(run_job(workspace_of(ctx), "export", quiet=as_json, checkpoint=checkpoint), as_json)


def _converted(ctx: click.Context, model: str) -> str:
    """The whole name of the model that is meant, before anybody is asked about it."""
    from rovertui.operations import names

    workspace = workspace_of(ctx)
    return names.one_converted(workspace.models(workspace.load()), model)


def _kept(ctx: click.Context, wanted: str) -> str:
    """The kept model that a rollback to ``wanted``, or to the one before, leads to."""
    from rovertui.deployment.activate import before_live
    from rovertui.operations.context import place_of

    workspace = workspace_of(ctx)
    switch = place_of(workspace, workspace.load()).switch
    number = switch.shelf.find(wanted) if wanted else before_live(switch)
    return switch.shelf.verify(number).label


def _rover(ctx: click.Context, name: str) -> str:
    """The other rover that is meant, before anything is done for it."""
    from rovertui.operations import rovers

    return rovers.peer_of(workspace_of(ctx).load(), name).name


def to_be_deployed(snapshot: Snapshot, model: str, to: str) -> str:
    """What the screen says before it deploys; of another rover's motion nothing is known here."""
    from rovertui.operations.deploying import newest_passing
    from rovertui.ui.plans.service import motion_words, what_it_is

    model = model or newest_passing(snapshot.models)
    said = [f"Deploy {model} to {to or snapshot.rover}."]
    view = next((each for each in snapshot.models if each.name == model), None)
    said += what_it_is(view, snapshot) if view else []
    said += [] if to else [motion_words(snapshot)]
    return "\n".join(clean(line, 400) for line in said if line)


@click.command()
@click.argument("model", default="", shell_complete=offered.converted)
@_TO
@_FORCE
@_MOVING
@YES
@AS_JSON
@click.pass_context
def deploy(
    ctx: click.Context, model: str, to: str, force: bool, moving: bool, yes: bool, as_json: bool
) -> None:
    """Put MODEL (NAME_hybrid, or a step; the newest that passed without one) into service."""
    where = f" to {_rover(ctx, to)}" if to else ""
    if model:
        model = _converted(ctx, model)
    detail = f"Deploy {model or 'the newest checked model'}{where}."
    if not yes and sys.stdin.isatty():
        detail = to_be_deployed(with_client(workspace_of(ctx), settled), model, to)
    confirmed("deploy", yes, detail)

    job = run_job(
        workspace_of(ctx),
        "deploy",
        quiet=as_json,
        model=model,
        to=to,
        force=force,
        accept_motion=moving,
    )
    end(job, as_json, done=not job.result.get("ready"))


@click.command()
@click.option(
    "--to",
    default="",
    shell_complete=offered.kept,
    help="A kept model (its number, name or step) instead of the one live before.",
)
@_MOVING
@YES
@AS_JSON
@click.pass_context
def rollback(ctx: click.Context, to: str, moving: bool, yes: bool, as_json: bool) -> None:
    """Put the model that was live before, or any kept one, into service again."""
    confirmed("rollback", yes, f"Roll back to {_kept(ctx, to)}.")

    job = run_job(workspace_of(ctx), "rollback", quiet=as_json, to=to, accept_motion=moving)
    end(job, as_json, done=not job.result.get("ready"))


@click.command()
@click.argument("checkpoint", default="", shell_complete=offered.checkpoints)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    help="Instead of config.toml's [conversion] precision.",
)
@_TO
@_FORCE
@_MOVING
@YES
@AS_JSON
@click.pass_context
def ship(
    ctx: click.Context,
    checkpoint: str,
    precision: str | None,
    to: str,
    force: bool,
    moving: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Pull, convert, verify and deploy CHECKPOINT.

    Without one the newest, unless it is live here already.
    """
    where = f" to {_rover(ctx, to)}" if to else ""
    detail = f"Ship {checkpoint or 'the newest checkpoint'}{where}."
    if not yes and sys.stdin.isatty():
        from rovertui.ui.words import weak_check

        weak = weak_check(with_client(workspace_of(ctx), lambda client: client.now()))
        detail = f"{detail} {weak[0].upper()}{weak[1:]}." if weak else detail
    confirmed("ship", yes, detail)

    job = run_job(
        workspace_of(ctx),
        "ship",
        quiet=as_json,
        checkpoint=checkpoint,
        precision=precision or "",
        to=to,
        force=force,
        accept_motion=moving,
        unless_live=True,
    )
    end(job, as_json)


@click.command()
@AS_JSON
@click.pass_context
def rovers(ctx: click.Context, as_json: bool) -> None:
    """Which model runs on which rover; the other ones are asked now."""

    async def work(client: Client) -> tuple[Snapshot, list[RoverView]]:
        here = await client.now()
        if "rovers" in here.refusals:
            return here, []
        found = (await followed(client, "rovers", quiet=True)).result
        return here, msgspec.convert(found.get("rovers", []), list[RoverView])

    here, others = with_client(workspace_of(ctx), work)
    if as_json:
        print_json({"here": msgspec.to_builtins(here.live), "rovers": msgspec.to_builtins(others)})
        return
    live = here.live
    click.echo(f"{here.rover:<16} {live.name or 'nothing':<36} {LIVE[live.state]}  (this one)")
    for view in others:
        state = LIVE[view.live] if view.state == "up" else "NOT REACHED"
        words = f"{view.name:<16} {view.model or '-':<36} {state}"
        click.echo(clean(f"{words}  {view.text}"))


@click.command()
@click.argument("model", shell_complete=offered.kept)
@click.pass_context
def pin(ctx: click.Context, model: str) -> None:
    """Keep MODEL (number or name of a kept one) for good."""
    _pin(ctx, "pin", model)


@click.command()
@click.argument("model", shell_complete=offered.pinned)
@click.pass_context
def unpin(ctx: click.Context, model: str) -> None:
    """Let the pinned MODEL go when newer ones take its place."""
    _pin(ctx, "unpin", model)


def _pin(ctx: click.Context, operation: str, model: str) -> None:
    async def work(client: Client) -> str:
        return str((await client.do(operation, model=model)).get("text", ""))

    click.echo(with_client(workspace_of(ctx), work))


@click.command()
@click.argument("job", type=int, shell_complete=offered.running)
@click.pass_context
def cancel(ctx: click.Context, job: int) -> None:
    """Stop JOB; what it made so far is removed."""

    async def work(client: Client) -> None:
        await client.do("cancel", job=job)

    with_client(workspace_of(ctx), work)
    click.echo(f"Job {job} was told to stop.")
