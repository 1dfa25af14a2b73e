"""``rovertui dataset``: what a set of samples is worth, moving sets, and single samples."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from rovertui.cli import workspace_of
from rovertui.cli.session import AS_JSON, YES, confirmed, end, print_json, run_job, with_client
from rovertui.client import Client
from rovertui.config import Config
from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from rovertui.text import clean
from rovertui.workspace import Workspace

_DIRECTORY = click.argument("directory", required=False, type=click.Path(path_type=Path))
_PATIENCE_S = 5.0
_SESSION = click.argument("session", required=False, default="")

_SAMPLE = click.option(
    "--sample",
    default="",
    help="One sample, as `dataset list` names it, or its number: 0049, check/0050.",
)


@click.group()
def dataset() -> None:
    """Sets of calibration samples."""


@dataset.command("report")
@_DIRECTORY
@AS_JSON
@click.pass_context
def dataset_report(ctx: click.Context, directory: Path | None, as_json: bool) -> None:
    """Count, worth, what to drive next, sessions and every bad file of DIRECTORY, ours or not."""
    from rovertui.calibration.spread import spread

    found = _report(ctx, directory)
    if as_json:
        print_json(found)
        return
    click.echo(f"{found['directory']}: {found['text']}")
    click.echo(f"  schema {found['schema']}")
    click.echo(f"  {found['verdict']}")
    click.echo(f"  {'complete' if found['complete'] else 'lacking: ' + found['lacking']}")
    if found["trash"]["text"]:
        click.echo(f"  {found['trash']['text']}")
    for change in found["changed"]:
        click.echo(f"  {change['text']}")
    for line in found["advice"]:
        have = f"{line['have']} of {line['want']}"
        click.echo(f"  next: {line['text']}: {line['where']}, {have}")
    for words in found["dead"]:
        click.echo(f"  not connected: {words}")
    for session in found["sessions"]:
        label = f' "{session["label"]}"' if session["label"] else ""
        click.echo(
            f"  session {session['session']}{label}: {session['count']} for calibration, "
            f"{session['checking']} for checking"
        )
        for words in session["dead"]:
            click.echo(f"    NOT CONNECTED in it: {clean(words)}")
    for words in found["unconnected"]:
        click.echo(f"  conversion: {words}")
    for axis in found["axes"]:
        share = f"{100 * axis['share']:3.0f} % covered " if "share" in axis else " " * 14
        click.echo(f"  {axis['name']:<11}{share}{spread(axis)}")
    _bad(found)


@dataset.command()
@_DIRECTORY
@AS_JSON
@click.pass_context
def verify(ctx: click.Context, directory: Path | None, as_json: bool) -> None:
    """Name every file of DIRECTORY that cannot be used, and why; status 1 when there is one."""
    found = _report(ctx, directory)
    if as_json:
        print_json(found)
    else:
        _bad(found)
        click.echo(f"{found['directory']}: {found['text']}")
    if found["bad"] or found["other"]:
        raise click.exceptions.Exit(1)


def _report(ctx: click.Context, directory: Path | None) -> dict[str, Any]:
    from rovertui.calibration.report import report
    from rovertui.calibration.simulated import simulated

    workspace = workspace_of(ctx)
    config = workspace.load()
    return report(
        directory or workspace.samples(config),
        config,
        workspace.kept,
        simulated=simulated(workspace, config),
    )


def _bad(found: dict[str, Any]) -> None:
    for bad in found["bad"] + found["other"]:
        click.echo(f"  {bad['file']}: {bad['problem']}")


@dataset.command("export")
@click.argument("archive", type=click.Path(path_type=Path))
@_DIRECTORY
@click.pass_context
def dataset_export(ctx: click.Context, archive: Path, directory: Path | None) -> None:
    """Pack the samples of DIRECTORY into ARCHIVE, a tar.gz that plain tar unpacks."""
    from rovertui.calibration.archive import export

    workspace = workspace_of(ctx)
    config = workspace.load()
    count = export(directory or workspace.samples(config), archive, config, workspace.kept)
    click.echo(f"{count} samples in {archive}")


@dataset.command("import")
@click.argument("source", metavar="ARCHIVE|ROVER:[DIRECTORY]")
@AS_JSON
@click.pass_context
def dataset_import(ctx: click.Context, source: str, as_json: bool) -> None:
    """Add the samples of an ARCHIVE, or of another rover, to the set, under new numbers.

    An ARCHIVE is a tar.gz of a directory. ROVER: is one of [[rovers]] in config.toml, asked over
    SSH; what has come stays here when it breaks, and the next one goes on with it.
    """
    workspace = workspace_of(ctx)
    config = workspace.load()
    rover, colon, _ = source.partition(":")
    if colon and (rover in {peer.name for peer in config.rovers} or not Path(source).exists()):
        _fetch(workspace, source, as_json)
        return
    from rovertui.calibration.archive import take_in

    done = take_in(Path(source), workspace.samples(config), config, workspace.kept)
    if done.added:
        _until_counted(workspace, config)
    if as_json:
        print_json({"added": done.added, "duplicates": done.duplicates, "left_out": done.left_out})
        return
    click.echo(done.text)
    for name, why in done.left_out.items():
        click.echo(f"  {name}: {why}")


def _until_counted(workspace: Workspace, config: Config) -> None:
    """Where a daemon runs, let it see what has come: what is asked next then holds."""
    from rovertui.calibration.report import load_entries
    from rovertui.calibration.simulated import simulated
    from rovertui.calibration.store import tally

    entries = load_entries(workspace.samples(config), config, workspace.kept)
    there = tally(entries, config.capture.schema, simulated=simulated(workspace, config)).usable
    end_of_patience = time.monotonic() + _PATIENCE_S

    def counted(snapshot: Snapshot) -> bool:
        seen = min(snapshot.capture.kept, snapshot.coverage.count) >= there
        nobody = snapshot.stream.state in ("none", "down")
        return seen or nobody or time.monotonic() > end_of_patience

    try:
        with_client(workspace, lambda client: client.until(counted), start=False)
    except OperatorError as error:
        if error.code != "no-daemon":
            raise


def _fetch(workspace: Workspace, source: str, as_json: bool) -> None:
    end(run_job(workspace, "dataset.import", quiet=as_json, **{"from": source}), as_json)


@dataset.command()
@click.pass_context
def keep(ctx: click.Context) -> None:
    """Keep the next frame, whatever it is like."""
    _do(ctx, "sample.keep")


@dataset.command()
@click.pass_context
def undo(ctx: click.Context) -> None:
    """Move the last sample to the trash, first one kept by hand; what it replaced returns."""
    _do(ctx, "sample.undo")


@dataset.command("list")
@click.argument("words", nargs=-1)
@click.option("--trash", "trashed", is_flag=True, help="Those in the trash instead.")
@AS_JSON
@click.pass_context
def dataset_list(ctx: click.Context, words: tuple[str, ...], trashed: bool, as_json: bool) -> None:
    """Samples one by one, newest first: those whose name, session, label or why hold WORDS."""
    from rovertui.calibration.listing import MOST, Listing

    workspace = workspace_of(ctx)
    config = workspace.load()
    listing = Listing(workspace.samples(config), config, workspace.kept)
    found: list[dict[str, Any]] = []
    while True:
        page = listing.page(
            "trash" if trashed else "set", " ".join(words), start=len(found), count=MOST
        )
        found += page["rows"] if len(found) < page["total"] else []
        if len(found) >= page["total"]:
            break
    if as_json:
        print_json(found)
        return
    for row in found:
        said = row["problem"] or row["gone"] or row["why"]
        click.echo(f"{row['name']:<30} {row['role']:<12} {row['session']:<16} {said}")
    if not found:
        click.echo("There is none.")


@dataset.command()
@click.argument("words")
@_SESSION
@click.pass_context
def label(ctx: click.Context, words: str, session: str) -> None:
    """Name SESSION (the present one without) in WORDS; empty words take the name away."""
    _do(ctx, "session.label", label=words, session=session)


@dataset.command()
@_SESSION
@_SAMPLE
@YES
@click.pass_context
def trash(ctx: click.Context, session: str, sample: str, yes: bool) -> None:
    """Move all samples of SESSION (the present one without) to the trash, or one."""
    if sample:
        _do(ctx, "sample.trash", name=sample)
        return
    if not yes:
        confirmed("session.trash", yes, _trashed(ctx, session))
    _do(ctx, "session.trash", session=session)


def _trashed(ctx: click.Context, session: str) -> str:
    """What trashing ``session`` moves, in words."""
    if not session:
        return "Trash the present session."
    sessions = _report(ctx, None)["sessions"]
    count = sum(s["count"] + s["checking"] for s in sessions if s["session"] == session)
    return f"Trash session {clean(session)}, {count} samples."


@dataset.command()
@_SESSION
@_SAMPLE
@click.pass_context
def restore(ctx: click.Context, session: str, sample: str) -> None:
    """Bring the samples of SESSION back from the trash, or one."""
    if sample:
        _do(ctx, "sample.restore", name=sample)
    else:
        _do(ctx, "session.restore", session=session)


@dataset.command("not-here")
@click.argument("ranges", nargs=-1, required=True)
@click.option("--undo", "undone", is_flag=True, help="It can be met there after all.")
@click.pass_context
def not_here(ctx: click.Context, ranges: tuple[str, ...], undone: bool) -> None:
    """Mark RANGES that this site has not: AXIS or AXIS:BIN, as `dataset report --json` has them."""
    _do(ctx, "coverage.reachable" if undone else "coverage.unreachable", marks=list(ranges))


def _do(ctx: click.Context, operation: str, **params: Any) -> None:
    async def work(client: Client) -> dict[str, Any]:
        await client.now()
        return await client.do(operation, **params)

    told = with_client(workspace_of(ctx), work)
    click.echo(told.get("text") or "Done.")
