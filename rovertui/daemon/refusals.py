"""Why operations cannot be done now: keys, palette and command line refuse alike."""

from __future__ import annotations

from rovertui.called import called
from rovertui.daemon import samples
from rovertui.daemon.holder import Holder, Params, text_of
from rovertui.operations import npu
from rovertui.snapshot import ToolkitView
from rovertui.text import clean

_RECORDS = ("capture.on", "capture.check")


def already(holder: Holder, name: str, params: Params) -> str:
    """That what ``name`` asks for is so already; asking for it again changes nothing."""
    wanted, kind = holder.wanted, holder.config.source.kind
    if name in _RECORDS and wanted.capture and kind != "none":
        session, checking = text_of(params, "session"), name == "capture.check"
        same = session in ("", wanted.session) and checking == wanted.checking
        return ("Capture is on, for checking." if checking else "Capture is on.") if same else ""
    if name == "capture.off" and not wanted.capture:
        return "Capture is off."
    if name in ("drive.park", "drive.go") and kind in ("simulated", "replay"):
        return _parked(holder) if wanted.parked == (name == "drive.park") else ""
    if name == "relay.start" and holder.relay.needed and wanted.relay:
        return "The relay is wanted already."
    if name == "relay.stop" and not holder.relay.runs and not wanted.relay:
        return "No relay is running."
    return ""


def _parked(holder: Holder) -> str:
    """Whether what parks stands, in words."""
    if holder.config.source.kind == "replay":
        return "The replay is paused." if holder.wanted.parked else "The replay runs."
    return f"The simulated rover is {'parked' if holder.wanted.parked else 'driving'}."


def refusals(holder: Holder, toolkit: ToolkitView, model: str = "") -> dict[str, str]:
    """Why operations cannot be done now; what can be done is missing or empty.

    Args:
        model: the one that is meant, where one is; `naming` has found it then.
    """
    said: dict[str, str] = {}
    config = holder.config
    if config.source.kind == "none":
        said["capture.on"] = holder.recorder.silence()
    elif holder.wanted.capture:
        said["capture.on"] = (
            f"Capture is on, as session {clean(holder.wanted.session)}: switch it off first."
        )
    if "capture.on" in said:
        said["capture.check"] = said["capture.on"]
    if not holder.wanted.capture:
        said["capture.off"] = "Capture is off."
    if config.source.kind in ("simulated", "replay"):
        said["drive.park" if holder.wanted.parked else "drive.go"] = _parked(holder)
    else:
        said["drive.park"] = said["drive.go"] = (
            "Only a simulated rover parks, and only a replay pauses."
        )
    said.update(samples.refusals(holder))
    _relay(holder, said)
    _server(holder, said)
    _model(holder, said, model)
    if config.conversion.where == "here":
        _toolkit(toolkit, said)
    else:
        said["toolkit.install"] = "Models are built on the V620 (conversion.where)."
        if away := said.get("pull"):
            for name in ("convert", "layers"):
                said.setdefault(name, away)
    if not config.rovers:
        said["rovers"] = "No other rover is set ([[rovers]] in config.toml)."
        said["dataset.import"] = said["rovers"]
    running = holder.runner.running()
    if running is None:
        said["cancel"] = "No job is running."
    else:
        said["config.set"] = f"Job {running.record.id} runs; the daemon begins anew after it."
    return said


def _relay(holder: Holder, said: dict[str, str]) -> None:
    relay = holder.relay
    if not relay.runs and not (relay.needed and holder.wanted.relay):
        said["relay.stop"] = "No relay is running."
    if not relay.needed:
        said["relay.start"] = "The configured source needs no relay (source.kind)."
    elif holder.wanted.relay:
        said["relay.start"] = "The relay is wanted already."


def _server(holder: Holder, said: dict[str, str]) -> None:
    state, text = holder.watch.state, holder.watch.text
    if state == "unset":
        said["server.list"] = said["pull"] = said["ship"] = said["export"] = text
    elif state == "down":
        away = f"The V620 cannot be reached: {text}"
        said["pull"] = said["ship"] = said["export"] = away
    listing = holder.watch.listing
    if listing and all(c.has_onnx or c.pt is None for c in listing.checkpoints):
        said.setdefault("export", "Every checkpoint on the V620 has its ONNX.")


def _model(holder: Holder, said: dict[str, str], model: str) -> None:
    views = holder.models.views
    if not model and not any(view.precision != "onnx" for view in views):
        said["deploy"] = said["npu"] = "There is no converted model here."
    elif reason := npu.refusal(holder.config):
        said["npu"] = reason
    history = holder.models.history
    if not holder.models.live.previous and not any(not past.live for past in history):
        said["rollback"] = "No model was live before."
    if not any(not past.pinned for past in history):
        said["pin"] = "No kept model is left to pin."
    if not any(past.pinned for past in history):
        said["unpin"] = "No model is pinned."
    if not holder.seen.count:
        said["server.seen"] = "Nothing is new on the V620."
    if not model and not any(view.precision == "onnx" for view in views):
        said["convert"] = said["layers"] = "There is no ONNX model here."
    running = holder.runner.running("ship")
    if running:
        said["ship"] = f"Job {running.record.id} is shipping already."


def _toolkit(view: ToolkitView, said: dict[str, str]) -> None:
    if view.state == "ready":
        said["toolkit.install"] = "rknn-toolkit2 is installed."
        return
    if view.state == "installing":
        said["toolkit.install"] = "rknn-toolkit2 is being installed."
        reason = "rknn-toolkit2 is still being installed."
    else:
        reason = f"rknn-toolkit2 is not installed (T, or `{called()} toolkit install`)."
    for name in ("convert", "layers", "ship"):
        said.setdefault(name, reason)
