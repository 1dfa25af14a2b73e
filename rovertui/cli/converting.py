"""Commands about conversion: convert and its check, npu, report, feed, decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rovertui.cli import offered, workspace_of
from rovertui.cli.session import AS_JSON, end, print_json, run_job, with_client
from rovertui.client import Client
from rovertui.config import PRECISIONS
from rovertui.text import clean


@click.command()
@click.argument("model", shell_complete=offered.onnx)
@click.option(
    "--output", type=click.Path(path_type=Path), help="The RKNN to make, its sheet beside it."
)
@click.option(
    "--precision",
    type=click.Choice([*PRECISIONS, "all"]),
    help="Instead of config.toml's; auto climbs when over the limits, all builds and measures "
    "every one, fp16 needs no calibration samples.",
)
@click.option(
    "--calibration-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Samples from another directory than the workspace's.",
)
@click.option("--check", is_flag=True, help="Only look, in seconds: would it work, and why not.")
@click.option("--link", is_flag=True, help="Make models/NAME.rknn a link to what was built.")
@click.option("--deploy", is_flag=True, help="Put it into service when it is within the limits.")
@AS_JSON
@click.pass_context
def convert(
    ctx: click.Context,
    model: str,
    output: Path | None,
    precision: str | None,
    calibration_dir: Path | None,
    check: bool,
    link: bool,
    deploy: bool,
    as_json: bool,
) -> None:
    """Make an RKNN of MODEL (a name in models/ or an ONNX file) and measure it.

    With --check the status is 0 only when the verdict is ok.
    """
    params: dict[str, Any] = {
        "model": str(Path(model).absolute()) if "/" in model or Path(model).is_file() else model,
        "precision": precision or "",
        "calibration_dir": str(calibration_dir.absolute()) if calibration_dir else "",
    }
    if check:
        _check(ctx, params, as_json)
        return
    if output and deploy:
        raise click.UsageError("--deploy takes the model's own name: leave --output out.")
    params |= {
        "output": str(output.absolute()) if output else "",
        "link": link,
        "deploy": deploy,
    }

    job = run_job(workspace_of(ctx), "convert", quiet=as_json, **params)
    # Where no precision is good enough: the worst frames, when they were, and what to drive.
    worst = [f"  {clean(line)}" for line in job.result.get("worst", [])]
    end(job, as_json, "\n".join([job.text, *worst]))


def _check(ctx: click.Context, params: dict[str, Any], as_json: bool) -> None:
    from rovertui.operations.checking import check_report

    workspace = workspace_of(ctx)
    found, lines = check_report(
        workspace,
        workspace.load(),
        params["model"],
        params["precision"],
        params["calibration_dir"],
    )
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(lines))
    if found["verdict"] != "ok":
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("model", shell_complete=offered.any_model)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    help="Instead of the one in MODEL's name, or else config.toml's.",
)
@AS_JSON
@click.pass_context
def layers(ctx: click.Context, model: str, precision: str | None, as_json: bool) -> None:
    """Which layers of MODEL (an ONNX of models/, or NAME_PRECISION) lose most to quantization.

    Built again in the simulator, on a few frames; nothing is put in place.
    """

    job = run_job(
        workspace_of(ctx), "layers", quiet=as_json, model=model, precision=precision or ""
    )
    end(job, as_json, "\n".join(job.result.get("lines", [])))


@click.command()
@click.argument("model", default="", shell_complete=offered.converted)
@AS_JSON
@click.pass_context
def npu(ctx: click.Context, model: str, as_json: bool) -> None:
    """Run MODEL's golden frames on this rover's NPU (the live one's without it)."""

    end(run_job(workspace_of(ctx), "npu", quiet=as_json, model=model), as_json)


@click.command()
@click.argument("models", nargs=-1, shell_complete=offered.converted)
@AS_JSON
@click.pass_context
def report(ctx: click.Context, models: tuple[str, ...], as_json: bool) -> None:
    """What each of MODELS (all converted ones without) is worth, against the one before it.

    Errors of the action in mm/s and mrad/s, as measured in the simulator; milliseconds where an
    NPU ran it.
    """
    from rovertui.operations import reporting

    workspace = workspace_of(ctx)
    found = reporting.report(workspace, workspace.load(), models)
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(reporting.lines(found)))


@click.command()
@click.argument("model", default="", shell_complete=offered.converted)
@click.option("--python", "as_python", is_flag=True, help="Print feed() as about thirty lines.")
@click.option(
    "--check",
    "dump",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare an .npz of what a node really fed.",
)
@AS_JSON
@click.pass_context
def feed(ctx: click.Context, model: str, as_python: bool, dump: Path | None, as_json: bool) -> None:
    """What a node must feed MODEL (NAME_PRECISION; the live one without it)."""
    import msgspec

    from rovertui.operations import reporting

    workspace = workspace_of(ctx)
    name, found = reporting.model_sheet(workspace, workspace.load(), model)
    if dump is not None:
        _compare(name, dump, found, as_json)
    elif as_python:
        from rovertui.conversion import feeding

        click.echo(feeding.python(found, name), nl=False)
    elif as_json:
        print_json({"model": name, "inputs": msgspec.to_builtins(found.inputs)})
    else:
        click.echo(f"{name} is fed, in this order:")
        for given in found.inputs:
            scale = f" x {given.feed_scale:.6g}" if given.feed_scale != 1.0 else ""
            click.echo(
                f"  {given.name}: {given.array}{scale} as {given.dtype} {tuple(given.shape)}, "
                f"data_format {given.data_format}"
            )


def _compare(name: str, dump: Path, found: Any, as_json: bool) -> None:
    from rovertui.conversion import dumps

    rows = dumps.compare(dump, found)
    if as_json:
        print_json(
            {
                "model": name,
                "ok": all(row.ok for row in rows),
                "inputs": [
                    {
                        "name": row.name,
                        "ok": row.ok,
                        "yours": row.yours,
                        "ours": row.ours,
                        "text": row.text,
                    }
                    for row in rows
                ],
            }
        )
    else:
        for row in rows:
            mark = "ok  " if row.ok else "DIFF"
            click.echo(f"{mark} {row.name}: yours {row.yours}, ours {row.ours}: {row.text}")
    if not all(row.ok for row in rows):
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("key", default="", shell_complete=offered.decided)
@click.argument("value", default="", shell_complete=offered.decided)
@AS_JSON
@click.pass_context
def decide(ctx: click.Context, key: str, value: str, as_json: bool) -> None:
    """Answer what only a person can decide: KEY such as depth.net_scale, VALUE such as 1/6.

    Without a key: what was decided so far, by whom and when.
    """
    from rovertui.operations import checking

    workspace = workspace_of(ctx)
    config = workspace.load()
    if key:
        if not value:
            raise click.UsageError("Which VALUE?")

        async def work(client: Client) -> None:
            await client.do("decide", key=key, value=value)

        with_client(workspace, work)
    decided = checking.decided(workspace, config)
    if as_json:
        print_json(
            {
                name: {"value": made.value, "who": made.who, "when": made.when}
                for name, made in decided.items()
            }
        )
        return
    for name, made in decided.items():
        click.echo(f"{config.capture.schema}: {name} = {made.text}")
    if not decided:
        click.echo("Nothing was decided here yet.")
