"""Whether a model fits another rover: its runtime, chip and feed, its data, its disk."""

from __future__ import annotations

from typing import Any

import msgspec

from rovertui.config import Peer
from rovertui.conversion.sheet import Feed, Sheet
from rovertui.deployment.afar import VERSION, Seen
from rovertui.deployment.checks import Candidate, insist
from rovertui.errors import OperatorError
from rovertui.schema import number
from rovertui.text import clean, size

_SPARE = 16 << 20
"""Bytes that are left free on its disk."""


def differences(candidate: Candidate, peer: Peer, seen: Seen, built_by: str) -> list[str]:
    """Why the model does not fit that rover, one sentence each; all can be insisted past.

    Args:
        built_by: version of the toolkit that built the model; empty where it is not known.
    """
    assert candidate.sheet is not None
    found = []
    ours, theirs = VERSION.search(built_by), VERSION.search(seen.runtime)
    if not theirs:
        found.append(f"the runtime of {peer.name} could not be asked")
    elif ours and tuple(map(int, theirs.groups())) < tuple(map(int, ours.groups())):
        found.append(
            f"the runtime of {peer.name} is {theirs[0]}, the model was built for {ours[0]}"
        )
    if seen.target and candidate.sheet.target not in seen.target:
        found.append(f"the chip of {peer.name} is {seen.target.strip()}")
    if peer.feed != "same":
        found += _feed(candidate.sheet, peer, seen)
    return found


def _feed(sheet: Sheet, peer: Peer, seen: Seen) -> list[str]:
    schema = sheet.calibration.schema
    if seen.config is not None:
        there = seen.config.schemas.get(schema)
        if there is None:
            known = ", ".join(sorted(seen.config.schemas))
            return [f"{peer.name} has no schema {clean(schema, 60)} (it has {clean(known, 200)})"]
        found = []
        for feed in sheet.inputs:
            given = there.inputs.get(feed.name)
            if given is None:
                found.append(f"{peer.name} feeds no input {clean(feed.name, 60)}")
                continue
            array = there.arrays[given.array]
            pairs = {
                "layout": (feed.layout, given.layout),
                "type": (feed.dtype, given.dtype),
                "scale": (feed.feed_scale, number(given.feed_scale)),
                "shape": (feed.sample_shape, array.shape),
            }
            found += _unlike(feed.name, pairs, peer.name)
        return found
    try:
        live = msgspec.convert(seen.sheet.get("inputs"), list[Feed])
    except msgspec.ValidationError:
        return [f"nothing says what the node of {peer.name} feeds (rovers: config, or feed)"]
    names = [feed.name for feed in sheet.inputs], [feed.name for feed in live]
    if names[0] != names[1]:
        return [f"{peer.name} feeds {clean(', '.join(names[1]), 200)}"]
    found = []
    for ours, theirs in zip(sheet.inputs, live, strict=True):
        pairs = {
            "layout": (ours.layout, theirs.layout),
            "type": (ours.dtype, theirs.dtype),
            "scale": (ours.feed_scale, theirs.feed_scale),
            "shape": (ours.shape, theirs.shape),
        }
        found += _unlike(ours.name, pairs, peer.name)
    return found


def _unlike(name: str, pairs: dict[str, tuple[Any, Any]], where: str) -> list[str]:
    return [
        f"{clean(name, 60)}: {what} is {_plain(ours)} for the model, {_plain(theirs)} on {where}"
        for what, (ours, theirs) in pairs.items()
        if ours != theirs and not _close(ours, theirs)
    ]


def _close(ours: Any, theirs: Any) -> bool:
    both = isinstance(ours, float) and isinstance(theirs, float)
    return both and abs(ours - theirs) <= 1e-9 * abs(ours)


def _plain(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else clean(str(value), 60)


def refuse_simulated(candidate: Candidate, peer: Peer, seen: Seen) -> None:
    """Refuse a model of simulated data, whatever is insisted on, unless that rover is simulated."""
    assert candidate.sheet is not None
    if candidate.sheet.simulated and not (seen.config and seen.config.simulated):
        raise OperatorError(
            f"{candidate.name}: was calibrated on simulated data, and nothing says that "
            f"{peer.name} is simulated.",
            hint="Convert it again with samples of a real rover.",
        )


def refuse_unless(forced: bool, name: str, peer: Peer, found: list[str]) -> None:
    """Refuse a model that does not fit, unless it is insisted on."""
    if found and not forced:
        hint = insist(name, peer.name)
        raise OperatorError(f"{name}: does not fit: {'; '.join(found)}.", hint=hint)


def require_space(seen: Seen, peer: Peer, needed: int) -> None:
    if needed + _SPARE > seen.free:
        raise OperatorError(
            f"{peer.name}: its disk is full ({size(seen.free)} free, {size(needed + _SPARE)} "
            "needed).",
            hint="Free some space there.",
            code="disk-full",
        )
