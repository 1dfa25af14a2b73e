"""Every command once: its key, footer, help and palette entry, and the operations behind it.

The letters that move (hjkl, g, G, n, N, /, q, esc) mean the same everywhere and are never actions.
"""

from __future__ import annotations

from dataclasses import dataclass

from rovertui.catalogue import BY_ID
from rovertui.keys.command import MAIN, Command


def _does(operation: str) -> str:
    return BY_ID[operation].help


COMMANDS = (
    Command(
        "capture",
        "c",
        "capture",
        "Record calibration samples, or stop recording.",
        ("capture.on", "capture.off"),
        rank=1,
        quiet=("models",),
    ),
    Command(
        "capture.check",
        "",
        "Record to check",
        _does("capture.check"),
        ("capture.check",),
        ("drive",),
    ),
    Command("ship", "x", "ship", _does("ship"), ("ship",), rank=2),
    Command("pull", "p", "pull", _does("pull"), ("pull",), ("models",), rank=4),
    Command("convert", "C", "convert", _does("convert"), ("convert",), ("models",), rank=3),
    Command("deploy", "D", "deploy", _does("deploy"), ("deploy",), ("models",), rank=3),
    Command("export", "e", "export", _does("export"), ("export",), ("models",), rank=9),
    Command("rollback", "R", "roll back", _does("rollback"), ("rollback",), rank=7),
    Command(
        "rollback.to",
        "",
        "Roll back to",
        "Put the selected model, kept from an earlier service, into service again.",
        ("rollback",),
        ("models", "page"),
        params=(("to", "selected"),),
    ),
    Command("look", "r", "look", _does("server.list"), ("server.list",), ("models",), rank=8),
    Command("toolkit", "T", "toolkit", _does("toolkit.install"), ("toolkit.install",), rank=5),
    Command(
        "park",
        "P",
        "park",
        "Simulated rover: stand still, or drive on. Replay: pause, or go on.",
        ("drive.park", "drive.go"),
        rank=6,
        quiet=("set", "models", "machine"),
    ),
    Command("cancel", "escape", "cancel", _does("cancel"), ("cancel",), MAIN),
    Command("drive", "1", "Drive", "What the sensors see, and capture.", rank=6),
    Command("set", "2", "Set", "What the samples for calibration cover, axis by axis.", rank=8),
    Command("models", "3", "Models", "What the V620 has, what is here, and the job.", rank=5),
    Command(
        "machine", "4", "Machine", "Processor, heat, disk, Wi-Fi, NPU and our own share.", rank=9
    ),
    Command(
        "log",
        "L",
        "log",
        "The whole log of the job.",
        screens=(*MAIN, "page"),
        rank=7,
    ),
    Command(
        "rovers",
        "o",
        "rovers",
        "Which model runs on which rover; the other ones are asked now.",
        ("rovers",),
        rank=15,
    ),
    Command(
        "notices",
        "m",
        "messages",
        "What happened here, the newest first: ends of jobs, refusals, lost sensors, who did what.",
        rank=13,
    ),
    Command(
        "details",
        "enter",
        "details",
        "All that is known of the selected line: its inputs held against the samples, its errors.",
        screens=("models",),
        rank=10,
    ),
    Command(
        "feed",
        "f",
        "feed",
        "How the node must feed the selected model, or the live one, as code to copy.",
        screens=("models", "page"),
        rank=12,
    ),
    Command(
        "report",
        "a",
        "report",
        "All converted models with their errors as measured, and what the checks are worth.",
        rank=11,
        quiet=("drive", "set", "machine"),
    ),
    Command(
        "history",
        "H",
        "history",
        "What was live when, and by whom; R there rolls back to the chosen one.",
        rank=11,
        quiet=("drive", "set", "machine"),
    ),
    Command(
        "doctor",
        "w",
        "doctor",
        "What is wrong or missing on this machine, each finding with its remedy.",
        rank=8,
        quiet=("drive", "set", "models"),
    ),
    Command("copy", "y", "copy", "Copy this screen as text to the clipboard and a file.", rank=14),
    Command("palette", "colon", "more", "Every command by name.", rank=12),
    Command("help", "question_mark", "keys", "This screen's keys.", rank=1),
    Command("quit", "q", "leave", "Leave the screen; the daemon goes on.", rank=11),
    Command(
        "picture",
        "v",
        "picture",
        "The camera's picture and depth, or that of the selected sample; again: away.",
        screens=("drive", "set"),
        rank=6,
    ),
    Command("keep", "s", "keep", _does("sample.keep"), ("sample.keep",), ("drive",), rank=8),
    Command("undo", "u", "undo", _does("sample.undo"), ("sample.undo",), ("drive",), rank=9),
    Command("label", "t", "label", _does("session.label"), ("session.label",), ("drive",), rank=10),
    Command(
        "discard",
        "d",
        "trash",
        _does("sample.trash"),
        ("sample.trash",),
        ("set",),
        rank=2,
    ),
    Command(
        "return",
        "b",
        "restore",
        _does("sample.restore"),
        ("sample.restore",),
        ("set",),
        rank=3,
    ),
    Command(
        "trash",
        "",
        "Trash session",
        "Move all samples of the selected one's session to the trash.",
        ("session.trash",),
        ("set",),
    ),
    Command(
        "restore",
        "",
        "Restore session",
        _does("session.restore"),
        ("session.restore",),
        ("set",),
    ),
    Command(
        "unreachable",
        "i",
        "not here",
        "What is selected to be driven next cannot be met at this site: it counts no more.",
        ("coverage.unreachable",),
        ("drive",),
        rank=9,
    ),
    Command(
        "reachable",
        "",
        "Can here",
        _does("coverage.reachable"),
        ("coverage.reachable",),
        ("drive", "set"),
    ),
    Command(
        "guide",
        "",
        "Set up",
        "Step by step: the rover's packages, where frames come from, the V620.",
        ("config.set",),
    ),
    Command("start", "", "Start the daemon", "Start the daemon again after it was stopped."),
    Command("stop", "", "Stop the daemon", _does("daemon.stop"), ("daemon.stop",)),
    Command("seen", "", "Seen", _does("server.seen"), ("server.seen",)),
    Command("pin", "", "Pin", _does("pin"), ("pin",)),
    Command("import", "", "Import a set", _does("dataset.import"), ("dataset.import",), ("set",)),
    Command("decide", "", "Decide", _does("decide"), ("decide",)),
    Command("unpin", "", "Unpin", _does("unpin"), ("unpin",)),
    Command("relay.stop", "", "Stop the relay", _does("relay.stop"), ("relay.stop",)),
    Command("relay.start", "", "Start the relay", _does("relay.start"), ("relay.start",)),
    Command(
        "convert.int8",
        "",
        "Convert to int8",
        "Convert the selected model, all of it to 8 bits.",
        ("convert",),
        params=(("precision", "int8"),),
    ),
    Command(
        "convert.hybrid",
        "",
        "Convert to hybrid",
        "Convert the selected model, its vector path kept in float16.",
        ("convert",),
        params=(("precision", "hybrid"),),
    ),
    Command(
        "convert.int16",
        "",
        "Convert to int16",
        "Convert the selected model, all of it to 16 bits; not confirmed on an NPU.",
        ("convert",),
        params=(("precision", "int16"),),
    ),
    Command(
        "convert.all",
        "",
        "Convert to all",
        "Build and measure the selected model in every precision.",
        ("convert",),
        params=(("precision", "all"),),
    ),
    Command(
        "convert.fp16",
        "",
        "Convert to fp16",
        "Convert the selected model without quantization.",
        ("convert",),
        params=(("precision", "fp16"),),
    ),
    Command("layers", "", "Error by layer", _does("layers"), ("layers",)),
    Command("npu", "", "NPU check", _does("npu"), ("npu",)),
    Command("theme", "", "Next theme", "Dark, light, safe for the colour-blind, 16 colours."),
)

BY_NAME = {command.name: command for command in COMMANDS}


@dataclass(frozen=True, slots=True)
class Move:
    """A key that moves and never acts. It has the same meaning on every screen."""

    name: str
    keys: tuple[str, ...]
    shown: str
    help: str
    label: str = ""


MOVES = (
    Move("down", ("j", "down"), "j", "down"),
    Move("up", ("k", "up"), "k", "up"),
    Move("left", ("h", "left"), "h", "left: the other list, or a long line's start"),
    Move("right", ("l", "right"), "l", "right"),
    Move("other", ("tab", "shift+tab"), "tab", "the other list; on Set: axes, samples, trash"),
    Move("page_down", ("pagedown", "space"), "space", "a page down"),
    Move("page_up", ("pageup",), "pgup", "a page up"),
    Move("first", ("g", "home"), "g", "to the first line", "first"),
    Move("last", ("G", "end"), "G", "to the last line; a log is followed from there", "follow"),
    Move("search", ("slash",), "/", "search in the log, or among samples", "search"),
    Move("next", ("n",), "n", "next match", "next"),
    Move("previous", ("N",), "N", "previous match", "previous"),
    Move("older", ("less_than_sign",), "<", "log of the job before", "older"),
    Move("newer", ("greater_than_sign",), ">", "log of the job after", "newer"),
)

SHOWN = {"colon": ":", "question_mark": "?", "escape": "esc", "enter": "enter"}
"""Keys whose name is not what stands on them."""


def shown_key(key: str) -> str:
    """A key as it stands on the keyboard."""
    return SHOWN.get(key, key)
