"""The guide's steps as rows: what is asked, and what is seen once it was answered."""

from __future__ import annotations

from rovertui.errors import OperatorError
from rovertui.snapshot import Snapshot
from rovertui.snapshot.words import SERVER
from rovertui.text import clean
from rovertui.ui.guide import CHOICES, STEPS, TITLES, Guide, command
from rovertui.ui.state import State
from widgets.rows import Row, fit, wrap

_ASKED = {
    "checkout": "Which directory is the ros2-rover checkout? From it come ROS's set-up files and "
    "the commands that reload a model. Where one was found, it stands below.",
    "source": "What is to be watched and recorded?",
    "v620": "How is the V620 reached over SSH, and where do its checkpoints lie? It is tried at "
    "once; a host key that is not known is asked about.",
}


def rows(guide: Guide, state: State, width: int, height: int) -> list[Row]:
    """The step as it stands."""
    out: list[Row] = [
        [
            (f"SET UP {guide.number()}/{len(STEPS)} ", "dim"),
            (TITLES[guide.step], "title"),
        ]
    ]
    out += _wrapped(guide.said, "warn", width)
    try:
        out += _watched(guide, state, width) if guide.watching else _asked(guide, state, width)
    except OperatorError as error:
        out += _wrapped(error.sentence(), "bad", width)
    return out[:height]


def footer(guide: Guide) -> list[Row]:
    """The keys of this step, the way on first."""
    keys = [("enter", "next" if guide.watching else "take it")]
    if guide.step == "done":
        keys = [("enter", "close")]
    elif guide.watching and guide.step == "source":
        keys.append(("y", "copy"))
    elif guide.watching and guide.step == "v620":
        keys.append(("r", "try again"))
    elif guide.step == "source":
        keys.append(("j k", "choose"))
    if guide.watching or guide.step != STEPS[0]:
        keys.append(("f2", "change" if guide.watching else "back"))
    if guide.step != "done":
        keys += [] if guide.watching else [("f3", "skip")]
        keys.append(("esc", "later"))
    row: Row = []
    for key, label in keys:
        row += [(key, "title"), (f" {label}  ", "")]
    return [row]


def _wrapped(text: str, style: str, width: int) -> list[Row]:
    return [[(line, style)] for line in wrap(clean(text), width)] if text else []


def _asked(guide: Guide, state: State, width: int) -> list[Row]:
    if guide.step == "done":
        return _done(guide, state, width)
    out = _wrapped(_ASKED[guide.step], "", width)
    if guide.step == "source":
        for index, (kind, meaning) in enumerate(CHOICES):
            chosen = index == guide.choice
            if kind == "directory" and not guide.knows_directory():
                meaning += "; f2 first: name the checkout"
            mark = state.glyphs.cursor if chosen else " "
            row: Row = [
                (f"{mark} ", "on" if chosen else ""),
                (f"{index + 1} ", "title"),
                (fit(kind, 10), "strong"),
                (meaning, "strong" if chosen else ""),
            ]
            out.append(row)
    return out


def _watched(guide: Guide, state: State, width: int) -> list[Row]:
    if guide.step == "checkout":
        return _seen_checkout(guide, width)
    if state.gone or state.snapshot is None:
        text = state.gone_text or "config.toml is written; the daemon begins anew ..."
        return _wrapped(f"{text} {state.remedy}".rstrip(), "warn", width)
    if guide.step == "source":
        return _seen_source(guide, state.snapshot, width)
    return _seen_server(guide, state.snapshot, width)


def _seen_checkout(guide: Guide, width: int) -> list[Row]:
    found = guide.checkout
    if found is None:
        return []
    out = _wrapped(f"ok: {found.root}", "good", width)
    for file in found.setup_files:
        out += _wrapped(f"sourced before ros2 programs: {file}", "", width)
    for warning in found.warnings:
        out += _wrapped(f"! {warning}", "warn", width)
    config = guide.config
    if config.capture.directory != "calibration_data":
        out += _wrapped(
            f"Our samples go to {config.capture.directory}: the collector empties its own "
            "calibration_data when it starts.",
            "",
            width,
        )
    return out


def _seen_source(guide: Guide, snapshot: Snapshot, width: int) -> list[Row]:
    config = guide.config
    kind = config.source.kind
    if kind == "none":
        return _wrapped("No source: samples can be imported, models converted.", "", width)
    out: list[Row] = []
    if kind in ("tap", "auto"):
        out += _wrapped("Start the collector here with one word changed, the address:", "", width)
        if guide.checkout:
            place = f"cd {clean(str(guide.checkout.root))}"
            out += [[(f"  {line}", "strong")] for line in wrap(place, width - 2)]
        out += [[(f"  {line}", "strong")] for line in wrap(command(config), width - 2)]
        out += _wrapped(
            "It sends nothing before a first command on cmd_vel_ai: let the rover drive.",
            "dim",
            width,
        )
        out += [[], *_packets(snapshot, width)]
        return out
    stream = snapshot.stream
    if stream.state == "live":
        return [*out, *_wrapped(f"FRAMES COME: {stream.rate:.1f} a second.", "good", width)]
    out += _wrapped(f"waiting for frames: {stream.text or stream.state} ...", "warn", width)
    for reason in stream.reasons[:3]:
        out += _wrapped(f"  likely: {reason}", "", width)
    return out


def _packets(snapshot: Snapshot, width: int) -> list[Row]:
    relay = snapshot.relay
    if relay.received and relay.rate > 0:
        text = f"PACKETS COME: {relay.rate:.1f} a second, {relay.received} so far."
        return _wrapped(text, "good", width)
    if relay.received:
        return _wrapped(f"{relay.received} packets came, none lately.", "warn", width)
    if relay.state == "up":
        return _wrapped(f"waiting for packets at {relay.listen} ...", "info", width)
    if relay.state == "down":
        return _wrapped(f"The relay does not run: {relay.text}", "bad", width)
    return _wrapped("the relay starts ...", "info", width)


def _seen_server(guide: Guide, snapshot: Snapshot, width: int) -> list[Row]:
    server, relay = snapshot.server, snapshot.relay
    name = clean(server.name or guide.config.v620.host)
    if server.state == "up":
        count = len(server.checkpoints)
        newest = f", the newest {server.checkpoints[0].name}" if count else ""
        style = "good" if count else "warn"
        out = _wrapped(f"{name} answers: {count} checkpoints{newest}.", style, width)
    elif server.state == "down":
        out = _wrapped(f"{name}: {server.text}", "bad", width)
        out += _wrapped("r tries again, f2 changes what was typed.", "", width)
    else:
        out = _wrapped(f"connecting to {name} ...", "info", width)
    if relay.state != "none":
        said = f": {relay.upstream_text}" if relay.upstream_text else ""
        style = "good" if relay.upstream_state == "up" else "warn"
        out += _wrapped(
            f"frames to {relay.upstream or 'nowhere'}: {relay.upstream_state}{said}", style, width
        )
    return out


def _done(guide: Guide, state: State, width: int) -> list[Row]:
    config = guide.config
    out: list[Row] = []
    for label, value in (
        ("source", config.source.kind),
        ("V620", config.v620.host or SERVER["unset"]),
        ("node", "reload command set" if config.node.reload_command else "no reload command"),
    ):
        out.append([(fit(label, 10), "dim"), (fit(clean(value), max(width - 10, 1)), "strong")])
    toolkit = state.snapshot.toolkit.state if state.snapshot else ""
    out.append([])
    if toolkit == "missing":
        out += _wrapped("T installs rknn-toolkit2, which conversion needs (asks first).", "", width)
    out += _wrapped(
        "c records, 2 shows what is covered, 3 the models, x ships, ? all keys.", "", width
    )
    out += _wrapped(
        "One decision is yours: what training fed as depth (docs/rover.md). A conversion asks. "
        "The rest of config.toml is explained there; : Set up comes back here.",
        "",
        width,
    )
    return out
