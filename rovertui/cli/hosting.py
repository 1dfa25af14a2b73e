"""Commands around the program itself: init, toolkit, daemon, demo."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import click

from rovertui import config_edit, config_file
from rovertui.called import called, called_in
from rovertui.cli import workspace_of
from rovertui.cli.session import YES, print_json, with_client
from rovertui.client import Client
from rovertui.errors import OperatorError
from rovertui.reporter import Event, Reporter

_ANEW_S = 20.0


@click.command()
@click.argument("directory", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--no-guide", is_flag=True, help="Only write; open nothing.")
@click.pass_context
def init(ctx: click.Context, directory: Path, no_guide: bool) -> None:
    """Make DIRECTORY a workspace: a documented config.toml, calibration_data/ and models/.

    In a terminal the screen opens on it with the guide, also where a config.toml is already.
    """
    root: Path | None = ctx.find_root().params.get("workspace")
    if root is not None and directory == Path():
        directory = root
    path = directory / config_file.NAME
    called_in(directory)
    guided = not no_guide and sys.stdin.isatty() and sys.stdout.isatty()
    if not (guided and path.exists()):
        config_file.create(path)
        for name in ("calibration_data", "models"):
            (directory / name).mkdir(exist_ok=True)
        click.echo(f"{path} written; read it, then open it: {called()}")
    if guided:
        from rovertui.cli.screen import open_screen
        from rovertui.workspace import Workspace

        given = ctx.find_root().params
        plain, sparing = bool(given.get("plain")), bool(given.get("sparing"))
        raise click.exceptions.Exit(
            open_screen(Workspace(directory), plain, sparing=sparing, guided=True)
        )


@click.command()
@click.argument("settings", nargs=-1, required=True, metavar="SECTION.KEY=VALUE...")
@click.pass_context
def configure(ctx: click.Context, settings: tuple[str, ...]) -> None:
    """Write settings into config.toml, its comments kept; the daemon takes them into use.

    VALUE is a word, or written as in TOML: true, 4.0, '["a", "b"]', '"4"'. An empty one gives a
    key of the screen back: keys.copy= is as if it had never been set.
    """
    wanted: dict[str, config_edit.Setting] = {}
    for given in settings:
        name, equals, value = given.partition("=")
        if not equals:
            raise click.UsageError(f"{given}: expected SECTION.KEY=VALUE.")
        wanted[name.strip()] = config_edit.read_value(value.strip())

    async def work(client: Client) -> str:
        text = str((await client.do("config.set", settings=wanted)).get("text", ""))
        while client.connected:
            await asyncio.sleep(0.05)
        return text

    workspace = workspace_of(ctx)
    text = with_client(workspace, work)
    # Until it serves again a `daemon stop` would find none to stop.
    asyncio.run(_serving_again(Client(workspace, "command line")))
    click.echo(text)


async def _serving_again(client: Client) -> None:
    """Wait for a daemon that begins anew by itself; none is started besides."""
    until = time.monotonic() + _ANEW_S
    while True:
        try:
            await client.connect()
        except ConnectionError:
            if time.monotonic() > until:
                raise OperatorError(
                    f"The settings are written, but no daemon serves after {_ANEW_S:g} s.",
                    hint=f"`{called()} log --daemon` has its last words.",
                ) from None
            await asyncio.sleep(0.05)
        else:
            await client.close()
            return


@click.group()
def toolkit() -> None:
    """The environment with rknn-toolkit2 that conversion needs."""


@toolkit.command("install")
@click.option(
    "--from",
    "wheels",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Install from this directory of wheels, without a network.",
)
@YES
def toolkit_install(wheels: Path | None, yes: bool) -> None:
    """Make it, once for all workspaces; about 5.6 GB on x86_64, 1 GB on aarch64."""
    from rovertui.operations import toolkit as environment

    found = environment.python()
    if found is not None:
        click.echo(f"rknn-toolkit2 is there: {found}")
        return
    home = environment.home()
    if not yes:
        click.confirm(
            f"Install rknn-toolkit2 and what it needs in {home} (5.6 GB on x86_64, "
            "about 1 GB on aarch64)?",
            abort=True,
            err=True,
        )

    def show(event: Event) -> None:
        if event["kind"] == "stage":
            click.echo(f"{event['stage']} {event['text']}".rstrip(), err=True)
        elif event["kind"] == "progress" and event["text"]:
            click.echo(f"  {event['done']:.0f}/{event['total']:.0f} {event['text']}", err=True)

    click.echo(f"Ready: {environment.install(Reporter(show), wheels)}")


@toolkit.command("where")
def toolkit_where() -> None:
    """Print the Python that has the toolkit."""
    from rovertui.operations import toolkit as environment

    click.echo(environment.require())


@click.group()
def daemon() -> None:
    """The process that does the work and outlives your login."""


@daemon.command("run")
@click.pass_context
def daemon_run(ctx: click.Context) -> None:
    """Serve this workspace in the foreground, as a systemd unit calls it."""
    from rovertui.daemon.launch import become

    become(workspace_of(ctx))


@daemon.command("stop")
@click.pass_context
def daemon_stop(ctx: click.Context) -> None:
    """End capture and jobs; only a relay goes on, because the collector needs it."""
    from rovertui.daemon.launch import end_other_version, not_found_here

    workspace = workspace_of(ctx)

    async def work() -> str:
        client = Client(workspace, "command line")
        try:
            await client.connect()
        except ConnectionError:
            if elsewhere := not_found_here(workspace):
                raise elsewhere from None
            return "No daemon runs here."
        except OperatorError as error:
            if error.code != "protocol":
                raise
            await asyncio.to_thread(end_other_version, workspace)
            return "Stopped."
        return f"Stopped. {await client.stop()}".rstrip()

    click.echo(asyncio.run(work()))


@click.command()
@click.option("--headless", is_flag=True, help="The whole chain without a screen.")
@click.option("--json", "as_json", is_flag=True, help="With --headless: print one JSON object.")
@click.option("--fresh", is_flag=True, help="Forget what an earlier demo recorded and made.")
@click.pass_context
def demo(ctx: click.Context, headless: bool, as_json: bool, fresh: bool) -> None:
    """Try everything on a simulated rover and a simulated V620, in a workspace of its own."""
    from rovertui.demo import workspace as demo_workspace

    given: Path | None = ctx.find_root().params.get("workspace")
    if as_json and not headless:
        raise click.UsageError("--json goes with --headless.")
    if headless:
        from rovertui.cli import headless as chain

        figures = chain.headless(given, lambda line: click.echo(line, err=True))
        if as_json:
            print_json(figures)
        else:
            click.echo(chain.words(figures))
        return
    from rovertui.cli.screen import open_screen

    place = given or demo_workspace.default_place("demo")
    called_in(place)
    if fresh:
        from rovertui.cli.headless import end_daemon
        from rovertui.workspace import Workspace

        asyncio.run(end_daemon(Workspace(place)))
        demo_workspace.forget(place)
    workspace = demo_workspace.prepare(place)
    given_options = ctx.find_root().params
    plain, sparing = bool(given_options.get("plain")), bool(given_options.get("sparing"))
    raise click.exceptions.Exit(
        open_screen(workspace, plain, sparing=sparing, install_toolkit=True)
    )
