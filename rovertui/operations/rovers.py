"""Models on the other rovers of ``[[rovers]]``: what runs where, and putting one there."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import msgspec

from rovertui.called import called
from rovertui.config import Config, Peer
from rovertui.conversion import header
from rovertui.deployment import afar, checks, fitting
from rovertui.deployment.entry import Entry
from rovertui.deployment.golden import golden_of
from rovertui.errors import OperatorError
from rovertui.operations.context import Context
from rovertui.snapshot import RoverView
from rovertui.snapshot.words import LIVE
from rovertui.text import clean

STAGES = ["check", "send", "switch"]
LOOK_STAGES = ["look"]


def peer_of(config: Config, name: str) -> Peer:
    """The rover called ``name``.

    Raises:
        OperatorError: there is none.
    """
    for peer in config.rovers:
        if peer.name == name:
            return peer
    known = ", ".join(peer.name for peer in config.rovers) or "none"
    raise OperatorError(
        f"There is no rover {clean(name, 60)!r} in config.toml (known: {known}).",
        hint="Name it in a table [[rovers]].",
    )


def look_at(context: Context) -> dict[str, Any]:
    """Ask every other rover what runs there; ``rovers`` is a list of `RoverView` as tables."""
    context.reporter.stage("look", f"{len(context.config.rovers)} rovers")
    views = [view_of(context, peer) for peer in context.config.rovers]
    up = sum(view.state == "up" for view in views)
    return {
        "text": f"{up} of {len(views)} rovers answered.",
        "rovers": msgspec.to_builtins(views),
    }


def view_of(context: Context, peer: Peer) -> RoverView:
    """What runs on one rover, or why that cannot be told."""
    view = RoverView(name=peer.name, host=peer.host, looked=time.time())
    try:
        with context.link_to(peer) as link:
            seen = afar.Afar(peer, link, context.reporter).look()
            for note in link.notes:
                context.reporter.warning(f"{peer.name}: {note}.")
    except OperatorError as error:
        context.reporter.warning(f"{peer.name}: {error.sentence()}")
        view.state, view.text = "down", error.sentence()
        return view
    view.state, view.text = "up", seen.text
    view.model, view.precision, view.checkpoint = seen.name, seen.precision, seen.checkpoint
    view.live = seen.state  # type: ignore[assignment]
    view.runtime, view.sha256 = seen.runtime, seen.sha256
    context.reporter.log(f"{peer.name}: {seen.name or 'nothing'} ({seen.state})")
    return view


def deploy_to(
    context: Context, rover: str, model: str, *, force: bool = False, accept_motion: bool = False
) -> dict[str, Any]:
    """Put ``model`` (NAME_PRECISION) into service on another rover, whole or not at all.

    Its sheet goes with it, and the frames for a test of the node where there are some.

    Raises:
        OperatorError: it does not fit there, its motion (never known here) was not accepted, or
            that rover's node refused it; what was live there is live.
    """
    config, reporter = context.config, context.reporter
    peer = peer_of(config, rover)
    stem = model.removesuffix(".rknn")
    if not stem or "/" in stem or "\0" in stem or stem.startswith("."):
        raise OperatorError(f"{clean(model, 80)!r}: expected the name of a model here.")
    rknn = context.workspace.models(config) / f"{stem}.rknn"
    reporter.stage("check", f"{clean(stem)} for {peer.name}")
    candidate = checks.check(
        rknn,
        rknn.with_suffix(".json"),
        target=peer.target,
        simulated_workspace=config.simulated,
        forced=force,
        rover=peer.name,
    )
    assert candidate.sheet is not None and candidate.sheet_bytes is not None
    with context.link_to(peer) as link:
        far = afar.Afar(peer, link, reporter)
        seen = far.look()
        read = header.read(rknn)
        fitting.refuse_simulated(candidate, peer, seen)
        found = fitting.differences(candidate, peer, seen, read.version if read else "")
        fitting.refuse_unless(force, candidate.name, peer, found)
        golden, missing = golden_of(candidate)
        bulk = sum(path.stat().st_size for path in (rknn, golden) if path)
        fitting.require_space(seen, peer, bulk)
        if not accept_motion:
            raise OperatorError(
                f"ready: {candidate.name} fits {peer.name}, but whether that rover moves is not "
                "known here, and its wheel commands would change.",
                hint=f"When it may: `{called()} deploy {candidate.name} --to {peer.name} "
                f"{'--force ' * force}--moving`.",
                code="motion",
            )
        forced = [*candidate.forced, *found]
        warnings = [*candidate.warnings, *_labels(config, peer)]
        if missing:
            warnings.append(f"No frames for a test of the node are sent: {missing}.")
        for sentence in [*(f"Insisted: {text}" for text in forced), *warnings]:
            reporter.warning(sentence)
        reporter.stage("send", f"to {peer.name}")
        token = far.send(candidate, golden)
        entry = Entry(
            number=0,
            name=candidate.name,
            checkpoint=candidate.sheet.checkpoint,
            precision=candidate.sheet.precision,
            sha256=candidate.sha256,
            when=time.time(),
            job=f"{context.job} of {config.rover.name}",
            forced=forced,
            motion_accepted=True,
            simulated=candidate.sheet.simulated,
        )
        reporter.stage("switch", f"on {peer.name}")
        sheet_sha256 = hashlib.sha256(candidate.sheet_bytes).hexdigest()
        golden_sha256 = candidate.sheet.golden.sha256 if golden and candidate.sheet.golden else ""
        done = far.deploy(token, entry, sheet_sha256, golden_sha256)
    return {
        "text": f"{candidate.name} on {peer.name}: {LIVE[done.state]} ({done.text}).",
        "rover": peer.name,
        "state": done.state,
        "model": candidate.name,
        "precision": candidate.sheet.precision,
        "previous": done.previous,
        "entry": done.entry,
        "golden": golden is not None,
        "forced": forced,
        "stopped": done.stopped,
        "warnings": warnings,
    }


def _labels(config: Config, peer: Peer) -> list[str]:
    """What this rover's figures are not worth on another one."""
    labels = [f"Its error was measured with frames of {config.rover.name}, not of {peer.name}."]
    if (peer.max_linear, peer.max_angular) != (config.rover.max_linear, config.rover.max_angular):
        labels.append(
            f"{peer.name} drives with other limits ({peer.max_linear:g} m/s, "
            f"{peer.max_angular:g} rad/s): the same action is another speed there."
        )
    return labels
