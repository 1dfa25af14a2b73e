"""What a command means now: a request to the daemon, a question first, or why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rovertui.called import called
from rovertui.catalogue import BY_ID
from rovertui.snapshot import CheckpointView, ModelView, Snapshot
from rovertui.snapshot.words import limits
from rovertui.text import clean
from rovertui.ui import words
from rovertui.ui.command import Command
from rovertui.ui.state import State


@dataclass(frozen=True)
class Request:
    """An operation with its parameters, and what the status line says while it starts."""

    operation: str
    params: dict[str, Any] = field(default_factory=dict)
    saying: str = ""


@dataclass(frozen=True)
class Confirm:
    """A request that changes something dangerous: asked once, its consequence named."""

    title: str
    lines: tuple[str, ...]
    request: Request
    job: int | None = None
    """The job it is about: when that cannot be cancelled any more, nothing is asked any more."""


@dataclass(frozen=True)
class Ask:
    """A request that needs a word: what is typed becomes its parameter ``name``."""

    title: str
    name: str
    request: Request
    value: str = ""


@dataclass(frozen=True)
class Refused:
    reason: str


Plan = Request | Confirm | Ask | Refused


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
    if operation == "pull":
        return _pull(state)
    if operation == "convert":
        return _convert(state, params)
    if operation == "layers":
        return _layers(state)
    if operation == "npu":
        return _npu(state)
    if operation == "deploy":
        return _deploy(state, snapshot)
    if operation == "rollback":
        return _rollback(state, snapshot, selected="to" in params)
    if operation == "ship":
        return _ship(state, snapshot, screen)
    if operation == "cancel":
        return _cancel(snapshot)
    if operation == "coverage.unreachable":
        return _not_here(state)
    if operation == "coverage.reachable":
        return _here_again(snapshot)
    if operation in ("sample.trash", "sample.restore", "session.trash"):
        return _sample(state, operation)
    if operation in ("session.label", "session.restore"):
        return _session(operation, snapshot)
    if operation == "export":
        return _export(state)
    if operation == "dataset.import":
        known = ", ".join(clean(view.name) for view in snapshot.rovers)
        return Ask(
            f"Whose samples are fetched? NAME: or NAME:DIRECTORY, of the rovers: {known}.",
            "from",
            Request(operation, {}, "Import a set ..."),
            f"{clean(snapshot.rovers[0].name)}:" if snapshot.rovers else "",
        )
    if operation == "decide":
        return Ask(
            "Which question, and which answer? Such as: depth.net_scale 1/6. Open questions are "
            f"listed by: {called()} convert MODEL --check",
            "answer",
            Request(operation, {}, "Decide ..."),
        )
    if operation in ("pin", "unpin"):
        return _pin(state, snapshot, operation)
    request = Request(operation, params, f"{BY_ID[operation].title} ...")
    asks = BY_ID[operation].asks
    return Confirm(f"{BY_ID[operation].title}?", (asks,), request) if asks else request


def _pull(state: State) -> Plan:
    checkpoint = state.selected_checkpoint()
    if checkpoint is None:
        return Refused("There is no checkpoint to pull. r looks again at the V620.")
    name = clean(checkpoint.name)
    if checkpoint.state == "no onnx":
        return Refused(_NO_ONNX.format(name))
    if checkpoint.state == "growing":
        return Refused(f"{name} is still being written on the V620. Try again in a moment.")
    return Request("pull", {"checkpoint": checkpoint.name}, f"Pull {name} ...")


_NO_ONNX = "{} has no ONNX on the V620 yet: e makes it there."


def _not_here(state: State) -> Plan:
    advice = state.selected_advice()
    if advice is None:
        return Refused("There is no advice what to drive next, so nothing to take out of it.")
    text = clean(advice.text)
    return Request("coverage.unreachable", {"marks": advice.marks}, f"Not here: {text} ...")


def _here_again(snapshot: Snapshot) -> Plan:
    marks = [
        f"{axis.name}:{index}" for axis in snapshot.coverage.axes for index in axis.unreachable
    ]
    if not marks:
        return Refused("Nothing is marked as not to be met at this site.")
    return Request("coverage.reachable", {"marks": marks}, f"Take away {len(marks)} marks ...")


def _sample(state: State, operation: str) -> Plan:
    """The selected sample, or its whole session: out of the set, or back from the trash."""
    found = state.selected_sample()
    assert found is not None, "refused without one"
    if operation == "session.trash":
        return _trash_session(state, found["session"])
    return Request(
        operation, {"name": found["name"]}, f"{BY_ID[operation].title} {clean(found['name'])} ..."
    )


def _trash_session(state: State, session: str) -> Plan:
    if not session:
        return Refused("The selected sample is of no session: d moves it alone to the trash.")
    count = state.lists["set"].sessions.get(session, 1)
    samples = "its only sample" if count == 1 else f"its {count} samples"
    return Confirm(
        f"Trash session {clean(session)}, {samples}?",
        (BY_ID["session.trash"].asks,),
        Request("session.trash", {"session": session}, f"Trash session {clean(session)} ..."),
    )


def _session(operation: str, snapshot: Snapshot) -> Plan:
    if operation == "session.label":
        return Ask(
            "What is this session? Such as: gravel, dusk. Nothing typed takes the label away.",
            "label",
            Request(operation, {}, "Label the session ..."),
        )
    return Ask(
        "Which session comes back from the trash?",
        "session",
        Request(operation, {}, "Restore the session ..."),
        clean(snapshot.capture.session),
    )


def _export(state: State) -> Plan:
    checkpoint = state.selected_checkpoint()
    if checkpoint is None:
        return Refused("There is no checkpoint to export. r looks again at the V620.")
    if checkpoint.state != "no onnx":
        return Refused(f"{clean(checkpoint.name)} has its ONNX on the V620: p pulls it.")
    return Request(
        "export", {"checkpoint": checkpoint.name}, f"Export {clean(checkpoint.name)} ..."
    )


def _pin(state: State, snapshot: Snapshot, operation: str) -> Plan:
    """Pinned is a model that was in service; the selected one."""
    model = state.selected_model()
    kept = state.chosen_entry() or next(
        (entry for entry in snapshot.history if model and entry.name == model.name), None
    )
    if kept is None:
        return Refused("The selected model was never in service, so it is not kept: tab, j, k.")
    saying = f"{BY_ID[operation].title} {clean(kept.name)} ..."
    named = kept.name if state.entry is None else str(kept.number)
    return Request(operation, {"model": named}, saying)


def _convert(state: State, params: dict[str, Any]) -> Plan:
    """The selected checkpoint when it is here, or the selected model's ONNX."""
    if state.side == "server":
        checkpoint = state.selected_checkpoint()
        if checkpoint is None:
            return Refused("There is no checkpoint to convert. tab goes to what is here.")
        if checkpoint.state != "here":
            return Refused(f"{clean(checkpoint.name)} is not here yet: press p to pull it.")
        name = checkpoint.name
    else:
        model = state.selected_model()
        if model is None:
            return Refused("There is no model here to convert. p pulls one from the V620.")
        name = model.checkpoint or model.name
    few = words.few_samples(state.snapshot, params.get("precision", "")) if state.snapshot else ""
    saying = f"Convert {clean(name)} (samples: {few}) ..." if few else f"Convert {clean(name)} ..."
    request = Request("convert", {"model": name, **params}, saying)
    precision = params.get("precision") or (state.snapshot.precision if state.snapshot else "auto")
    built = [model for model in state.models() if _may_be_replaced(model, name, precision)]
    if not built:
        return request
    listed = ", ".join(f"{clean(model.precision)}{' LIVE' * model.live}" for model in built)
    return Confirm(
        f"Convert {words.short(name)} again?",
        (
            f"{clean(name)} is here as {listed}: what is built again replaces that file.",
            "What is in service stays in service until D deploys another.",
        ),
        request,
    )


def _may_be_replaced(model: ModelView, checkpoint: str, precision: str) -> bool:
    """Whether a conversion of ``checkpoint`` may end in the file of ``model``."""
    if model.precision == "onnx" or model.checkpoint != checkpoint:
        return False
    return precision in (model.precision, "auto", "all")


def _layers(state: State) -> Plan:
    """The selected model: an ONNX, or a converted one in its own precision."""
    model = state.selected_model()
    if model is None:
        return Refused("No model is selected: 3, then tab, j, k select one.")
    name = clean(model.name)
    return Request("layers", {"model": model.name}, f"Error by layer of {name} (in the log) ...")


def _npu(state: State) -> Plan:
    """The selected model, which must be converted."""
    model = state.selected_model()
    if model is None or model.precision == "onnx":
        return Refused("The selected model is not converted: tab, j, k select one (screen 3).")
    return Request("npu", {"model": model.name}, f"Check {clean(model.name)} on the NPU ...")


def _motion(snapshot: Snapshot) -> str:
    motion = snapshot.stream.motion
    if motion == "moving":
        return "THE ROVER IS MOVING: its wheels follow another model while it drives."
    if motion == "unknown":
        return "ITS MOTION IS NOT KNOWN: it may be driving."
    return ""


def _checked(model: ModelView, snapshot: Snapshot) -> list[str]:
    if model.mean is None:
        return [
            "IT WAS NOT MEASURED against the float model. That it was deployed all the same is "
            "recorded."
        ]
    lines = [
        f"Off by {words.small(model.mean)} mean, {words.small(model.largest)} at most, over "
        f"{words.plain(snapshot.limits.get('over', 0.05))} in {words.share_text(model.over_limit)} "
        f"of {model.frames} frames. {clean(model.strength)}".rstrip()
    ]
    if model.within is False:
        lines.append(
            f"IT IS {limits(False)} of config.toml: it does not act like the original. That it was "
            "deployed all the same is recorded: when, by whom, and its error."
        )
    return lines


def _deploy(state: State, snapshot: Snapshot) -> Plan:
    model = state.selected_model()
    if model is None:
        return Refused("There is no model here to deploy. x makes one from the newest checkpoint.")
    name = clean(model.name)
    if model.precision == "onnx":
        return Refused(f"{name} is not converted yet: press C, then deploy what comes out of it.")
    if model.problem:
        return Refused(f"{name}: {clean(model.problem)}")
    motion = _motion(snapshot)
    params: dict[str, Any] = {"model": model.name}
    if motion:
        params["accept_motion"] = True
    if model.within is not True:
        params["force"] = True
    lines = [
        f"{name}, {model.precision}, on {clean(snapshot.rover)}.",
        *_checked(model, snapshot),
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


def _rollback(state: State, snapshot: Snapshot, selected: bool) -> Plan:
    """To the model before, or to the one selected on the Models screen."""
    live, precision, _ = words.live_words(snapshot)
    motion = _motion(snapshot)
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
        BY_ID["rollback"].asks,
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


def newest(state: State) -> CheckpointView | None:
    """The newest checkpoint that can be shipped."""
    return next((c for c in state.checkpoints() if c.state in ("new", "here")), None)


def precision_words(precision: str) -> str:
    if precision in ("", "auto"):
        return "hybrid or int8, then int16, then fp16"
    return clean(precision)


def _ship(state: State, snapshot: Snapshot, screen: str) -> Plan:
    """The newest checkpoint; on the Models screen the one that the cursor was put on."""
    first = newest(state)
    checkpoint = first
    if screen == "models" and state.side == "server" and state.checkpoint is not None:
        checkpoint = state.selected_checkpoint()
    if checkpoint is None:
        return Refused("The V620 lists no checkpoint with an ONNX. r looks again, on screen 3.")
    if checkpoint.state == "no onnx":
        return Refused(_NO_ONNX.format(clean(checkpoint.name)))
    if checkpoint.state == "growing":
        return Refused(f"{clean(checkpoint.name)} is still being written on the V620.")
    rover = clean(snapshot.rover)
    if snapshot.stream.motion == "still":
        end = f'Should {rover} move by then, it ends in "ready: press D" instead.'
    else:
        moves = "is moving" if snapshot.stream.motion == "moving" else "may be moving"
        end = f'{rover} {moves}: unless it stands still by then, the end is "ready: press D".'
    name = clean(checkpoint.name)
    few = words.few_samples(snapshot, snapshot.precision)
    weak = words.weak_check(snapshot)
    older = "" if first is None else f"NOT THE NEWEST: that is {clean(first.name)}."
    age = "the newest" if checkpoint is first else "the selected one"
    again = " again" if checkpoint.live else ""
    return Confirm(
        f"Ship {words.short(checkpoint.name)} to {rover}{again}?",
        (
            *(["IT IS LIVE ALREADY: it would be converted and deployed again."] if again else []),
            f"{name}, {age}, as {precision_words(snapshot.precision)}.",
            *([older] if older and checkpoint is not first else []),
            *([f"FEW SAMPLES: {few}."] if few else []),
            *([f"{weak[0].upper()}{weak[1:]}."] if weak else []),
            BY_ID["ship"].asks,
            end,
            "If a stage fails, what is live stays live.",
        ),
        Request("ship", {"checkpoint": checkpoint.name}, f"Ship {name} ..."),
    )


def _cancel(snapshot: Snapshot) -> Plan:
    job = words.running_job(snapshot)
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
