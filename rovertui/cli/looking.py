"""Commands that only look: status, models, history, doctor."""

from __future__ import annotations

import time

import click
import msgspec

from rovertui.called import called
from rovertui.cli import workspace_of
from rovertui.cli.session import AS_JSON, print_json, with_client
from rovertui.client import Client
from rovertui.snapshot import (
    CompareView,
    LiveView,
    ModelView,
    ServerView,
    Snapshot,
    StreamView,
    with_build,
)
from rovertui.snapshot.words import CAPTURE, EARLIER_LIVE, LIVE, MOTION, SERVER, STREAM, limits
from rovertui.text import clean, since, size

_PATIENCE_S = 5.0
_LOOKING = ("waiting", "connecting")


@click.command()
@click.option("--start", is_flag=True, help="Start the daemon where none runs.")
@AS_JSON
@click.pass_context
def status(ctx: click.Context, start: bool, as_json: bool) -> None:
    """What runs, what is recorded, what is live. It starts nothing unless asked to."""
    snapshot = with_client(workspace_of(ctx), settled, start=start)
    if as_json:
        print_json(msgspec.to_builtins(snapshot))
        return
    capture, stream, live = snapshot.capture, snapshot.stream, snapshot.live
    simulated = "   SIMULATED" if snapshot.simulated else ""
    rows = [
        ("rover", f"{snapshot.rover}{simulated}"),
        ("sensors", _sensors(stream)),
        ("motion", MOTION[stream.motion].removeprefix("motion ")),
        (
            "capture",
            f"{CAPTURE[capture.state]}: {_recorded(snapshot)}",
        ),
        (
            "V620",
            f"{SERVER.get(snapshot.server.state, snapshot.server.state)}: "
            f"{snapshot.server.text}".removesuffix(": "),
        ),
        ("live", _live(live)),
        ("node", _node(snapshot.compare)),
        *([("drift", snapshot.drift.text)] if snapshot.drift.text else []),
        ("toolkit", snapshot.toolkit.text or snapshot.toolkit.state),
    ]
    for job in snapshot.jobs[-3:]:
        rows.append((f"job {job.id}", f"{job.title}: {job.state}. {job.text}"))
    for notice in snapshot.notices:
        rows.append(("note", notice))
    for name, text in rows:
        click.echo(f"{name:<9}{text}")


def _live(live: LiveView) -> str:
    if live.state == "none":
        return "nothing"
    return f"{live.name or 'a model'} {live.precision} ({LIVE[live.state]})".replace("  ", " ")


def _sensors(stream: StreamView) -> str:
    """State of the frames, where they come from, and what is to be known of them."""
    said = f"{stream.text} ({stream.source})" if stream.source else stream.text
    if stream.reasons and stream.state != "live":
        said += f": perhaps {clean(stream.reasons[0])}"
    return f"{STREAM[stream.state]}: {said}".removesuffix(": ")


def _node(compare: CompareView) -> str:
    """The node's command beside the float model's action, in wheel units."""

    def wheels(values: list[float]) -> str:
        return f"{values[0]:.3f} m/s {values[1]:.2f} rad/s" if len(values) > 1 else "nothing"

    if not compare.reference:
        return f"{compare.state}: {compare.text}".removesuffix(": ")
    both = f"commands {wheels(compare.command)}, float model {wheels(compare.reference)}"
    return f"{compare.state}: {both}; {compare.text}"


def _recorded(snapshot: Snapshot) -> str:
    """What is kept; where no recorder has counted it, why, and what to do first."""
    capture = snapshot.capture
    if not capture.counted:
        first = snapshot.refusals.get("capture.on", "") if not capture.wanted else ""
        return clean(first or capture.text or "the recorder has not counted the samples yet")
    return how_far(snapshot) + (f" ({clean(capture.text)})" if capture.text else "")


def how_far(snapshot: Snapshot) -> str:
    """What is kept, what the goal is, and what the set lacks of it."""
    capture = snapshot.capture
    if capture.goal == 0:
        kept = f"{capture.kept} of {capture.target} kept, {capture.checking} for checking"
    else:
        kept = (
            f"{snapshot.coverage.score:.0f} % covered (goal {capture.goal:g} %), {capture.kept} "
            f"kept (the rule keeps at most {capture.target}), {capture.checking} of "
            f"{capture.check_target} for checking"
        )
    if capture.complete:
        return f"{kept}: complete"
    return f"{kept}; lacking: {capture.lacking}" if capture.goal and capture.lacking else kept


async def settled(client: Client) -> Snapshot:
    """A snapshot of a daemon that has had a moment to look around."""
    until = time.monotonic() + _PATIENCE_S

    def looked(snapshot: Snapshot) -> bool:
        looking = snapshot.server.state in _LOOKING
        starting = snapshot.stream.state == "starting"
        return not (looking or starting) or time.monotonic() > until

    return await client.until(looked)


@click.command()
@click.option("--seen", is_flag=True, help="Count nothing of it as new any more.")
@AS_JSON
@click.pass_context
def models(ctx: click.Context, seen: bool, as_json: bool) -> None:
    """What the V620 has, what is here, what is live."""

    async def work(client: Client) -> Snapshot:
        found = await settled(client)
        if seen and found.server.fresh:
            await client.do("server.seen")
        return found

    snapshot = with_client(workspace_of(ctx), work)
    if as_json:
        print_json(
            {
                "server": msgspec.to_builtins(snapshot.server),
                "models": msgspec.to_builtins(snapshot.models),
                "live": msgspec.to_builtins(snapshot.live),
            }
        )
        return
    click.echo(_listed(snapshot.server))
    for found in snapshot.server.checkpoints:
        age = since(snapshot.clock - found.modified)
        click.echo(f"  {found.name:<28} {age:>11}  {size(found.bytes):>8}  {found.word}")
    click.echo("Here")
    for model in with_build(snapshot.models, snapshot.live):
        click.echo(f"  {_model_line(model)}")
    if not snapshot.models:
        click.echo("  nothing yet")
    click.echo(f"Live: {_live(snapshot.live)}")


def _listed(server: ServerView) -> str:
    """What the list of the V620's checkpoints is worth."""
    state = SERVER.get(server.state, server.state)
    if server.listed is None and server.state in _LOOKING:
        return f"On the V620: not known yet ({state}); `{called()} models` again shows it."
    return f"On the V620 ({state}) {server.text}".rstrip()


def _model_line(model: ModelView) -> str:
    words = [f"{model.name:<36} {model.precision:<7} {size(model.bytes):>8}"]
    if model.mean is not None and model.largest is not None:
        words.append(f"off by {model.mean:.4f} (largest {model.largest:.3f}), {model.strength}")
    elif model.precision != "onnx":
        words.append("not measured")
    if model.within is False:
        words.append(limits(False))
    if model.live:
        words.append("LIVE")
    if model.earlier_live:
        words.append(EARLIER_LIVE)
    if model.problem:
        words.append(model.problem)
    return "  ".join(words)


@click.command()
@AS_JSON
@click.pass_context
def history(ctx: click.Context, as_json: bool) -> None:
    """Which models were live, and are kept for rolling back to."""
    kept = with_client(workspace_of(ctx), settled).history
    if as_json:
        print_json(msgspec.to_builtins(kept))
        return
    for past in kept:
        moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(past.since))
        marks = [
            word
            for word, holds in (
                ("LIVE", past.live),
                ("again", past.again is not None),
                ("pinned", past.pinned),
                ("not ours", not past.ours),
                ("INSISTED", bool(past.forced)),
                ("simulated", past.simulated),
            )
            if holds
        ]
        who = f"  by {past.since_by}" if past.since_by else ""
        words = f"{past.number:>5}  {past.name:<36} {moment}{who}  {LIVE[past.state]}: {past.text}"
        click.echo("  ".join([words, *marks]))
    if not kept:
        click.echo("Nothing was put into service here yet.")


@click.command()
@AS_JSON
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """What is missing on this machine, each with its remedy."""
    from rovertui.operations.doctor import examine, lines

    findings = examine(workspace_of(ctx))
    if as_json:
        print_json([msgspec.to_builtins(finding) for finding in findings])
    else:
        for line in lines(findings):
            click.echo(line)
    if any(finding.state == "missing" for finding in findings):
        raise click.exceptions.Exit(1)
