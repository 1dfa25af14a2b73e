"""What changes the model in service: each asks first, and says what will come of it."""

from __future__ import annotations

from typing import Any

from rovertui.catalogue import BY_ID
from rovertui.snapshot import ModelView, Snapshot
from rovertui.snapshot.words import EARLIER_LIVE, limits
from rovertui.text import clean
from rovertui.ui import words
from rovertui.ui.plans.models import NO_ONNX, NOT_THERE
from rovertui.ui.plans.plan import Confirm, Plan, Plans, Pressed, Refused, Request


def _deploy(now: Pressed) -> Plan:
    snapshot, model = now.snapshot, now.state.selected_model()
    if model is None:
        return Refused("There is no model here to deploy. x makes one from the newest checkpoint.")
    name = clean(model.name)
    if model.problem:
        return Refused(f"{name}: {clean(model.problem)}")
    motion = motion_words(snapshot)
    params: dict[str, Any] = {"model": model.name}
    if motion:
        params["accept_motion"] = True
    if model.within is not True:
        params["force"] = True
    lines = [
        f"{name}, {model.precision}, on {clean(snapshot.rover)}.",
        *what_it_is(model, snapshot),
        motion,
        BY_ID["deploy"].asks,
    ]
    over = f", {limits(False)}," if model.within is False else ""
    return Confirm(
        f"Deploy {words.short(model.checkpoint)} {model.precision}{over} to "
        f"{clean(snapshot.rover)}?",
        tuple(line for line in lines if line),
        Request("deploy", params, f"Deploy {name} ..."),
    )


def _rollback(now: Pressed) -> Plan:
    """To the model before, or to the one selected on the Models screen."""
    state, snapshot, selected = now.state, now.snapshot, "to" in now.params
    live, precision, _ = words.live_words(snapshot)
    motion = motion_words(snapshot)
    entry = state.chosen_entry()
    model = state.selected_model() if selected and entry is None else None
    if entry is not None and entry.live:
        return Refused(f"{clean(entry.name)} is live: j, k choose another.")
    if selected and entry is None and (model is None or model.live or not model.kept):
        return Refused("The selected model is not kept for rolling back: tab, j, k select one.")
    chosen = entry.name if entry else model.name if model else snapshot.live.previous
    previous = clean(chosen) or "the model before"
    lines = [
        f"From {live} {precision} back to {previous}, on {clean(snapshot.rover)}.",
        motion,
        f"The rover's wheel commands will come from {previous}.",
    ]
    params: dict[str, Any] = {"accept_motion": True} if motion else {}
    if entry is not None:
        params["to"] = str(entry.number)
    elif model is not None:
        params["to"] = model.name
    return Confirm(
        f"Roll back to {previous}?",
        tuple(line for line in lines if line),
        Request("rollback", params, f"Roll back to {previous} ..."),
    )


def _ship(now: Pressed) -> Plan:
    """The newest checkpoint; on the Models screen the one that the cursor was put on."""
    state, snapshot = now.state, now.snapshot
    first = next((c for c in state.checkpoints() if c.state in ("new", "here")), None)
    checkpoint = first
    if now.screen == "models" and state.put_on == state.side:
        checkpoint = state.meant_checkpoint()
        if checkpoint is None:
            return Refused(NOT_THERE)
    if checkpoint is None:
        return Refused("The V620 lists no checkpoint with an ONNX. r looks again, on screen 3.")
    if checkpoint.state == "no onnx":
        return Refused(NO_ONNX.format(clean(checkpoint.name)))
    if checkpoint.state == "growing":
        return Refused(f"{clean(checkpoint.name)} is still being written on the V620.")
    if snapshot.capture.counted and not snapshot.capture.kept and snapshot.precision != "fp16":
        return Refused("There are no calibration samples, and conversion needs them: c records.")
    rover = clean(snapshot.rover)
    if snapshot.stream.motion == "still":
        end = f'Should {rover} move by then, it ends in "ready: press D" instead.'
    else:
        moves = "is moving" if snapshot.stream.motion == "moving" else "may be moving"
        end = f'{rover} {moves}: unless it stands still by then, the end is "ready: press D".'
    name = clean(checkpoint.name)
    few = words.few_samples(snapshot, snapshot.precision)
    weak = words.weak_check(snapshot)
    age = "the newest" if checkpoint is first else "the selected one"
    lines = [
        "IT IS LIVE ALREADY: it would be converted and deployed again." if checkpoint.live else "",
        f"{name}, {age}, as {_precision_words(snapshot.precision)}.",
        f"NOT THE NEWEST: that is {clean(first.name)}." if first and checkpoint != first else "",
        f"FEW SAMPLES: {few}." if few else "",
        f"{weak[0].upper()}{weak[1:]}." if weak else "",
        BY_ID["ship"].asks,
        end,
        "If a stage fails, what is live stays live.",
    ]
    return Confirm(
        f"Ship {words.short(checkpoint.name)} to {rover}{' again' * checkpoint.live}?",
        tuple(line for line in lines if line),
        Request("ship", {"checkpoint": checkpoint.name}, f"Ship {name} ..."),
    )


def motion_words(snapshot: Snapshot) -> str:
    """What a switch means for a rover that does not surely stand still; empty where it does."""
    motion = snapshot.stream.motion
    if motion == "moving":
        return "THE ROVER IS MOVING: its wheels follow another model while it drives."
    if motion == "unknown":
        return "ITS MOTION IS NOT KNOWN: it may be driving."
    return ""


def what_it_is(model: ModelView, snapshot: Snapshot) -> list[str]:
    """What is known of a model before it goes into service: its error, and what that is worth."""
    live = ["IT IS LIVE ALREADY."] if model.live else []
    live = [f"{EARLIER_LIVE[0].upper()}{EARLIER_LIVE[1:]}."] if model.earlier_live else live
    if model.mean is None:
        return [
            *live,
            "IT WAS NOT MEASURED against the float model. That it was deployed all the same is "
            "recorded.",
        ]
    lines = [
        *live,
        f"Off by {words.small(model.mean)} mean, {words.small(model.largest)} at most, over "
        f"{words.plain(snapshot.limits.get('over', 0.05))} in {words.share_text(model.over_limit)} "
        f"of {model.frames} frames. {clean(model.strength)}".rstrip(),
    ]
    if model.within is False:
        lines.append(
            f"IT IS {limits(False)} of config.toml: it does not act like the original. That it was "
            "deployed all the same is recorded: when, by whom, and its error."
        )
    return lines


def _precision_words(precision: str) -> str:
    if precision in ("", "auto"):
        return "hybrid or int8, then int16, then fp16"
    return clean(precision)


PLANS: Plans = {
    "deploy": _deploy,
    "rollback": _rollback,
    "ship": _ship,
}
