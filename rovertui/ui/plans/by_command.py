"""The plan of each command."""

from __future__ import annotations

from rovertui.called import called
from rovertui.catalogue import BY_ID
from rovertui.keys.command import Command
from rovertui.text import clean
from rovertui.ui import words
from rovertui.ui.plans import models, samples, service
from rovertui.ui.plans.plan import Ask, Confirm, Plan, Plans, Pressed, Refused, Request
from rovertui.ui.state import State


def plan(command: Command, state: State, screen: str = "") -> Plan:
    """What pressing the key of ``command`` on ``screen`` leads to, by what is shown now."""
    snapshot = state.snapshot
    if state.gone or snapshot is None:
        return Refused(f"Not possible now: {state.gone or 'no daemon'}. {state.remedy}".rstrip())
    reason = state.refusal(command)
    if reason:
        return Refused(clean(reason))
    operation = command.operation(snapshot)
    params = dict(command.params)
    if operation in _PLANS:
        return _PLANS[operation](Pressed(operation, params, screen, state, snapshot))
    request = Request(operation, params, f"{BY_ID[operation].title} ...")
    asks = BY_ID[operation].asks
    return Confirm(f"{BY_ID[operation].title}?", (asks,), request) if asks else request


def _cancel(now: Pressed) -> Plan:
    job = words.running_job(now.snapshot)
    if job is None:
        return Refused("Nothing is running.")
    if not words.cancellable(job):
        return Refused("The model is switched already, that is not cancelled: R rolls back.")
    return Confirm(
        f"Cancel {job.kind}?",
        (f"Job {job.id}: {clean(job.title)}.", BY_ID["cancel"].help),
        Request("cancel", {"job": job.id}, f"Cancel {job.kind} ..."),
        job.id,
    )


def _decide(now: Pressed) -> Plan:
    return Ask(
        "Which question, and which answer? Such as: depth.net_scale 1/6. Open questions are "
        f"listed by: {called()} convert MODEL --check",
        "answer",
        Request("decide", {}, "Decide ..."),
    )


_PLANS: Plans = {
    **models.PLANS,
    **service.PLANS,
    **samples.PLANS,
    "cancel": _cancel,
    "decide": _decide,
}
