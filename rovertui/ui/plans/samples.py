"""What is done with samples, their sessions, and what the set is told of the site."""

from __future__ import annotations

from typing import Any

from rovertui.catalogue import BY_ID
from rovertui.text import clean
from rovertui.ui.plans.plan import Ask, Confirm, Plan, Plans, Pressed, Refused, Request


def _not_here(now: Pressed) -> Plan:
    advice = now.state.selected_advice()
    if advice is None and now.snapshot.coverage.advice:
        return Refused("Select first what else is not here: j, k.")
    if advice is None:
        return Refused("There is no advice what to drive next, so nothing to take out of it.")
    text = clean(advice.text)
    return Request("coverage.unreachable", {"marks": advice.marks}, f"Not here: {text} ...")


def _here_again(now: Pressed) -> Plan:
    marks = [
        f"{axis.name}:{index}" for axis in now.snapshot.coverage.axes for index in axis.unreachable
    ]
    if not marks:
        return Refused("Nothing is marked as not to be met at this site.")
    ranges = f"{len(marks)} range{'s' * (len(marks) > 1)}"
    return Confirm(
        f"Take away all marks of i, {ranges}?",
        ("What was marked as not to be met at this site counts again.",),
        Request("coverage.reachable", {"marks": marks}, f"Take away the marks of {ranges} ..."),
    )


def _move_sample(now: Pressed) -> Plan:
    """The selected sample: out of the set, or back from the trash."""
    name = _selected(now)["name"]
    return Request(now.operation, {"name": name}, f"{BY_ID[now.operation].title} {clean(name)} ...")


def _selected(now: Pressed) -> dict[str, Any]:
    found = now.state.selected_sample()
    assert found is not None, "refused without one"
    return found


def _trash_session(now: Pressed) -> Plan:
    """The whole session of the selected sample."""
    session = _selected(now)["session"]
    if not session:
        return Refused("The selected sample is of no session: d moves it alone to the trash.")
    count = now.state.lists["set"].sessions.get(session, 1)
    samples = "its only sample" if count == 1 else f"its {count} samples"
    return Confirm(
        f"Trash session {clean(session)}, {samples}?",
        (BY_ID["session.trash"].asks,),
        Request("session.trash", {"session": session}, f"Trash session {clean(session)} ..."),
    )


def _label_session(now: Pressed) -> Plan:
    return Ask(
        "What is this session? Such as: gravel, dusk. Nothing typed takes the label away.",
        "label",
        Request("session.label", {}, "Label the session ..."),
    )


def _restore_session(now: Pressed) -> Plan:
    return Ask(
        "Which session comes back from the trash?",
        "session",
        Request("session.restore", {}, "Restore the session ..."),
        clean(now.snapshot.capture.session),
    )


def _import_set(now: Pressed) -> Plan:
    rovers = [clean(view.name) for view in now.snapshot.rovers]
    return Ask(
        f"Whose samples are fetched? NAME: or NAME:DIRECTORY, of the rovers: {', '.join(rovers)}.",
        "from",
        Request("dataset.import", {}, "Import a set ..."),
        f"{rovers[0]}:" if rovers else "",
    )


PLANS: Plans = {
    "coverage.unreachable": _not_here,
    "coverage.reachable": _here_again,
    "sample.trash": _move_sample,
    "sample.restore": _move_sample,
    "session.trash": _trash_session,
    "session.label": _label_session,
    "session.restore": _restore_session,
    "dataset.import": _import_set,
}
