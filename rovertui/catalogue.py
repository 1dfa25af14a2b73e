"""Everything an operator can have done, once: the screen, the palette and the CLI read it here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing the daemon does on request.

    Attributes:
        id: its name in the protocol.
        title: what footer and palette call it.
        help: one sentence.
        asks: the consequence to be confirmed first; empty where nothing needs confirming.
    """

    id: str
    title: str
    help: str
    asks: str = ""


OPERATIONS = (
    Operation("capture.on", "Capture", "Record calibration samples from now on."),
    Operation("capture.off", "Stop capture", "Record no more samples."),
    Operation(
        "capture.check",
        "Record to check",
        "Record a drive only to check on: a check is GOOD then.",
    ),
    Operation("sample.keep", "Keep one", "Keep the next frame, whatever it is like."),
    Operation(
        "sample.undo",
        "Undo",
        "Move the last sample to the trash, first one kept by hand; what it replaced returns.",
    ),
    Operation("sample.trash", "Trash sample", "Move the selected sample to the trash."),
    Operation("sample.restore", "Restore sample", "Bring the selected sample back."),
    Operation("session.label", "Label", "Name a session, the present one by default."),
    Operation(
        "session.trash",
        "Trash session",
        "Move all samples of a session to the trash.",
        asks="No conversion uses these samples until they are restored.",
    ),
    Operation("session.restore", "Restore session", "Bring a session back from the trash."),
    Operation(
        "coverage.unreachable",
        "Not here",
        "Mark ranges that this site has not: they count no more in the score.",
    ),
    Operation("coverage.reachable", "Can here", "Take all such marks away."),
    Operation("drive.park", "Park", "The simulated rover stands still, or the replay pauses."),
    Operation("drive.go", "Drive on", "The simulated rover drives on, or the replay goes on."),
    Operation("server.list", "Look again", "Ask the V620 which checkpoints it has."),
    Operation("server.seen", "Seen", "What is new on the V620 has been looked at."),
    Operation("pull", "Pull", "Fetch a checkpoint from the V620, verified by hash."),
    Operation(
        "export",
        "Export",
        "Have the V620 make the ONNX of a checkpoint that has only .pt.",
    ),
    Operation("convert", "Convert", "Make an RKNN model and measure it against the float model."),
    Operation(
        "layers",
        "Error by layer",
        "Show which layers of a model lose most to quantization; nothing is put in place.",
    ),
    Operation(
        "npu",
        "NPU check",
        "Run a converted model's golden frames on this rover's NPU: outputs and milliseconds.",
    ),
    Operation(
        "decide",
        "Decide",
        "Answer what only a person can, such as depth.net_scale 1/6; recorded, who and when.",
    ),
    Operation(
        "deploy",
        "Deploy",
        "Put a converted model into service.",
        asks="The rover's wheel commands will come from this model.",
    ),
    Operation(
        "rollback",
        "Roll back",
        "Put the model that was live before into service again, or any kept one.",
        asks="The rover's wheel commands will come from the previous model.",
    ),
    Operation("pin", "Pin", "Keep a model that was live for good, for rolling back to."),
    Operation("unpin", "Unpin", "Let a pinned model go when newer ones take its place."),
    Operation(
        "ship",
        "Ship",
        "Newest checkpoint: pull, convert, verify and deploy.",
        asks="When every check passes, the rover's wheel commands will come from the new model.",
    ),
    Operation(
        "dataset.import",
        "Import a set",
        "Fetch the samples of another rover over SSH and add those that are fit.",
    ),
    Operation("rovers", "Other rovers", "Ask the other rovers which model runs there."),
    Operation("cancel", "Cancel", "Stop the running job; what it made so far is removed."),
    Operation(
        "toolkit.install",
        "Install toolkit",
        "Make the environment with rknn-toolkit2 that conversion needs.",
        asks="This downloads several gigabytes on x86_64, about one on aarch64.",
    ),
    Operation("relay.start", "Start the relay", "Take the collector's packets again."),
    Operation(
        "relay.stop",
        "Stop the relay",
        "Take no more packets from the collector and send none to the V620.",
        asks="The collector ends about a second after nobody takes its packets any more.",
    ),
    Operation(
        "config.set",
        "Set up",
        "Write settings into config.toml, its comments kept, and take them into use.",
    ),
    Operation(
        "daemon.stop",
        "Stop the daemon",
        "End capture and jobs; only a relay goes on, because the collector needs it.",
        asks="Capture and running jobs end, and this screen closes.",
    ),
)

BY_ID = {operation.id: operation for operation in OPERATIONS}
