"""What is done with the selected checkpoint or model, short of putting it into service."""

from __future__ import annotations

from rovertui.catalogue import BY_ID
from rovertui.snapshot import ModelView
from rovertui.text import clean
from rovertui.ui import words
from rovertui.ui.plans.plan import Confirm, Plan, Plans, Pressed, Refused, Request

NOT_THERE = "The V620 lists no such checkpoint: r looks again, tab goes to what it lists."
NO_ONNX = "{} has no ONNX on the V620 yet: e makes it there."


def _pull(now: Pressed) -> Plan:
    checkpoint = now.state.meant_checkpoint()
    if checkpoint is None:
        return Refused(NOT_THERE)
    name = clean(checkpoint.name)
    if checkpoint.state == "no onnx":
        return Refused(NO_ONNX.format(name))
    if checkpoint.state == "growing":
        return Refused(f"{name} is still being written on the V620. Try again in a moment.")
    return Request("pull", {"checkpoint": checkpoint.name}, f"Pull {name} ...")


def _export(now: Pressed) -> Plan:
    checkpoint = now.state.meant_checkpoint()
    if checkpoint is None:
        return Refused(NOT_THERE)
    if checkpoint.state != "no onnx":
        return Refused(f"{clean(checkpoint.name)} has its ONNX on the V620: p pulls it.")
    return Request(
        "export", {"checkpoint": checkpoint.name}, f"Export {clean(checkpoint.name)} ..."
    )


def _convert(now: Pressed) -> Plan:
    """The selected checkpoint when it is here, or the selected model's ONNX."""
    state, params = now.state, now.params
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
    few = words.few_samples(now.snapshot, params.get("precision", ""))
    saying = f"Convert {clean(name)} (samples: {few}) ..." if few else f"Convert {clean(name)} ..."
    request = Request("convert", {"model": name, **params}, saying)
    precision = params.get("precision") or now.snapshot.precision
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


def _layers(now: Pressed) -> Plan:
    """The selected model: an ONNX, or a converted one in its own precision."""
    model = now.state.selected_model()
    if model is None:
        return Refused("No model is selected: 3, then tab, j, k select one.")
    name = clean(model.name)
    return Request("layers", {"model": model.name}, f"Error by layer of {name} (in the log) ...")


def _npu(now: Pressed) -> Plan:
    """The selected model, which must be converted."""
    model = now.state.selected_model()
    if model is None or model.precision == "onnx":
        return Refused("The selected model is not converted: tab, j, k select one (screen 3).")
    return Request("npu", {"model": model.name}, f"Check {clean(model.name)} on the NPU ...")


def _pin(now: Pressed) -> Plan:
    """Pinned is a model that was in service; the selected one."""
    state = now.state
    model = state.selected_model()
    kept = state.chosen_entry() or next(
        (entry for entry in now.snapshot.history if model and entry.name == model.name), None
    )
    if kept is None:
        return Refused("The selected model was never in service, so it is not kept: tab, j, k.")
    saying = f"{BY_ID[now.operation].title} {clean(kept.name)} ..."
    named = kept.name if state.entry is None else str(kept.number)
    return Request(now.operation, {"model": named}, saying)


PLANS: Plans = {
    "pull": _pull,
    "export": _export,
    "convert": _convert,
    "layers": _layers,
    "npu": _npu,
    "pin": _pin,
    "unpin": _pin,
}
