"""The Drive screen as rows: capture, why the last sample was kept, histograms, streams."""

from __future__ import annotations

from rovertui.snapshot import AxisView, CaptureView, Snapshot, StreamView
from rovertui.text import ago, clean
from rovertui.ui import compare_view, coverage_view, job_view, picture_view, words
from rovertui.ui.keys import BY_NAME, shown_key
from rovertui.ui.relay_view import relay_rows
from rovertui.ui.state import State
from widgets.big_text import big_text
from widgets.glyphs import Glyphs
from widgets.histogram import bars, position, scale_row
from widgets.rows import Row, beside, fit, wrap
from widgets.stage_bar import bar, percent
from widgets.trend import trend

_STATE = {
    "off": ("CAPTURE OFF", "dim"),
    "on": ("CAPTURE ON", "good"),
    "starting": ("STARTING", "warn"),
    "stalled": ("STALLED", "bad"),
    "complete": ("COMPLETE", "good"),
}
_STREAM = {
    "none": ("NO SOURCE", "warn"),
    "starting": ("STARTING", "warn"),
    "live": ("live", "good"),
    "stale": ("STALE", "warn"),
    "down": ("DOWN", "bad"),
}
_FEW = 8
"""Values that a small screen has room for."""

_PICTURE = 12
"""Rows that a picture is worth: the lines of values below it leave first."""

_MOTION = {"still": "standing still", "moving": "moving", "unknown": "motion unknown"}


def rows(state: State, width: int, height: int) -> list[Row]:
    """The whole screen in ``height`` rows; what matters least leaves first."""
    snapshot = state.snapshot
    if snapshot is None:
        return [
            [],
            [("  Connecting to the daemon of ", ""), (state.workspace, "strong"), (" ...", "")],
        ]
    if height < 15 or width < 60:
        return _small(snapshot, state, width, height)
    return _full(snapshot, state, width, height)


def _small(snapshot: Snapshot, state: State, width: int, height: int) -> list[Row]:
    capture = snapshot.capture
    word = _STATE[capture.state][0]
    picture: list[Row] = []
    if state.pictures.on and height > 4:
        picture = picture_view.rows(state.pictures, state, width, height - 3)
    out: list[Row] = [
        [
            (f" {word} ", "on"),
            *_far(snapshot),
            (f" {capture.checking} check", "dim"),
        ],
        _progress(snapshot, width, state.glyphs),
    ]
    if picture:
        return [*out, *picture, _stream(snapshot.stream, state, width)][:height]
    out += _last(capture, state, width, 3)
    advice = coverage_view.next_rows(state, width, 2 if height > 8 else 1) if height > 6 else []
    if height > 6:
        out += advice or [_next(snapshot, state)]
    for each in snapshot.axes[: max(0, height - len(out) - 2)]:
        out.append(_axis_line(each, width, state.glyphs))
    out.append(_stream(snapshot.stream, state, width))
    out += compare_view.rows(snapshot)[-1:]
    out += relay_rows(snapshot.relay, state, width)[:1]
    values = list(snapshot.stream.values)
    for name in values[: max(0, height - len(out))]:
        out.append(_value(snapshot.stream, name, width, state.glyphs))
    return out


def _full(snapshot: Snapshot, state: State, width: int, height: int) -> list[Row]:
    glyphs = state.glyphs
    airy = height >= 24 and not state.pictures.on
    top = _capture(snapshot, state, width)
    last = _last(snapshot.capture, state, width, 2)
    # Always two rows, so that nothing below jumps when a reason is long.
    top += [*last, []][:2]
    top.append(_next(snapshot, state))
    top += coverage_view.next_rows(state, width, 3)
    gap: list[Row] = [[]] if airy else []
    seen = {axis.name for axis in snapshot.axes} if height < 30 else set()
    streams = _streams(snapshot.stream, state, width, seen, _FEW if height < 30 else 99)
    streams += _drift(snapshot, width)
    notices = _notices(snapshot, state)
    if state.pictures.on:
        told = 1 + len(compare_view.rows(snapshot))
        streams = streams[: max(told, height - len(top) - _PICTURE)]
    room = height - len(top) - len(streams) - 2 * len(gap)
    across = 1 if width < 60 else 2 if width < 150 else 4
    if state.pictures.on:
        middle = picture_view.rows(state.pictures, state, width, min(room, 2 + width // 6))
    else:
        middle = _histograms(snapshot, width, room, across, glyphs)
    out = [*top, *gap, *middle, *gap, *streams]
    left = height - len(out)
    if left > 1 and snapshot.coverage.groups:
        out.append(coverage_view.group_row(snapshot.coverage))
        left -= 1
    if left > 1 and notices:
        out += [[], *notices[: left - 1]]
    job = words.present_job(snapshot)
    left = height - len(out)
    if job is not None and left >= 5:
        out += [[], *job_view.rows(job, snapshot, (), width, left - 1, glyphs)]
    return out


def _drift(snapshot: Snapshot, width: int) -> list[Row]:
    """What the live model meets that it was not calibrated for, and what to do about it."""
    if not snapshot.drift.text:
        return []
    lines = wrap(clean(snapshot.drift.text), max(width - 9, 20))[:2]
    heads = (" DRIFT  ", " " * 8)
    return [[(head, "title"), (line, "warn")] for head, line in zip(heads, lines, strict=False)]


def _notices(snapshot: Snapshot, state: State) -> list[Row]:
    """The newest message of the daemon; where the older ones are."""
    if not snapshot.notices:
        return []
    row: Row = [(" ! ", "warn"), (clean(snapshot.notices[-1]), "")]
    older = len(snapshot.notices) - 1
    if older:
        key = shown_key(state.key(BY_NAME["notices"]))
        row.append((f"   ({older} older: {key})", "dim"))
    return [row]


def _capture(snapshot: Snapshot, state: State, width: int) -> list[Row]:
    capture = snapshot.capture
    word, style = _STATE[capture.state]
    face = "on" if capture.state in ("on", "complete") else style
    lines: list[Row] = []
    middle = word.center(15)
    if face == "on":
        block = [(" " * 15, "on"), (middle, "on"), (" " * 15, "on")]
    else:
        edge = state.glyphs.rule * 15
        block = [(edge, style), (middle, style), (edge, style)]
    if capture.complete and capture.state != "complete":
        block[2] = ("SET COMPLETE".center(15), "good")
    covered = capture.goal > 0 and coverage_view.known(snapshot)
    figure = snapshot.coverage.score if covered else capture.kept
    digits = big_text(f"{int(figure):3d}", "strong", state.glyphs)
    checking: Row = [(f"{capture.checking}", "strong"), (" for checking", "")]
    of: Row = [("of ", ""), (str(capture.target), "strong"), (" kept for calibration", "")]
    if covered:
        said: list[Row] = coverage_view.goal_rows(snapshot, width - 34, state.glyphs)
    elif coverage_view.known(snapshot):
        different, score = coverage_view.worth(snapshot.coverage, width - 34, state.glyphs)
        said = [of, [*different, ("   ", ""), *checking], score]
    elif capture.target == 0 and capture.kept + capture.checking == 0:
        # No recorder has said yet what lies on the disk: a 0 would deny it.
        digits = big_text("   ", "strong", state.glyphs)
        said = [[("the samples are counted once a recorder runs", "dim")], [], []]
    else:
        never = (", never calibrated on", "")
        said = [of, [*checking, never], _progress(snapshot, width - 34, state.glyphs)]
    for index in range(3):
        lines.append([(" ", ""), block[index], ("  ", ""), *digits[index], (" ", ""), *said[index]])
    return lines


def _first(snapshot: Snapshot) -> str:
    """What to do first where nothing is yet."""
    capture = snapshot.capture
    if capture.state == "off" and capture.kept + capture.checking == 0:
        if snapshot.stream.state == "none":
            return "No source of frames is set: press : and type set up."
        return "No samples yet: press c to record."
    return ""


def _far(snapshot: Snapshot) -> Row:
    """How far the set is, by what completes it."""
    capture = snapshot.capture
    if capture.goal == 0:
        return [(f" {capture.kept:3d}", "strong"), (f"/{capture.target} kept", "")]
    covered = int(snapshot.coverage.score)
    return [(f" {covered:2d}", "strong"), (f"% of {capture.goal:g}, {capture.kept} kept", "")]


def _progress(snapshot: Snapshot, width: int, glyphs: Glyphs) -> Row:
    share = coverage_view.progress(snapshot)
    cells = max(4, min(width - 8, 40))
    return [(" ", ""), *bar(share, cells, glyphs), (f" {percent(share)}", "strong")]


def _last(capture: CaptureView, state: State, width: int, lines: int) -> list[Row]:
    """Why the last sample was kept, and when; two lines at most, broken between words."""
    if not capture.last and not capture.last_name:
        return [[(" LAST  ", "title"), ("nothing kept in this session yet", "dim")]]
    age = _when(capture, state)
    name = capture.last_name.removesuffix(".npz")
    text = clean(" ".join(part for part in (name, capture.last) if part))
    indent = 7 + len(age)
    if width < 60:
        folded = wrap(f"{age.strip()} {text}", width - 7)
        return [
            [(" LAST  " if index == 0 else " " * 7, "title"), (line, "")]
            for index, line in enumerate(folded[:lines])
        ]
    folded = wrap(text, max(width - indent - 1, 20))
    out: list[Row] = [[(" LAST  ", "title"), (age, ""), (folded[0] if folded else "", "strong")]]
    out += [[(" " * indent, ""), (line, "")] for line in folded[1:lines]]
    return out


def _when(capture: CaptureView, state: State) -> str:
    if capture.last_age is None:
        return ""
    age = ago(capture.last_age + state.late)
    return f"{age if age == 'now' else age + ' ago':>10}  "


def _next(snapshot: Snapshot, state: State) -> Row:
    """When the next sample is due, and what is to be known about recording."""
    capture = snapshot.capture
    row: Row = [(" NEXT  ", "title")]
    if not capture.wanted:
        row.append(("not recording  ", "dim"))
    elif capture.next_in is None and capture.decided:
        row = [(" NOW   ", "title"), (f"{clean(capture.decided)}  ", "")]
    elif capture.next_in is None:
        row.append(("    -     ", "strong"))
    else:
        row.append((f"{max(0.0, capture.next_in - state.late):6.1f} s  ", "strong"))
    if capture.unusable:
        row.append((clean(capture.unusable) + "  ", "warn"))
    if capture.wanted and capture.skipped:
        return [*row, (_skipped(capture), "dim")]
    text = clean(capture.text) or _first(snapshot)
    row.append((f"{text}  " if text else "", "strong" if capture.state != "on" else ""))
    session = f"  session {clean(capture.session)}" if capture.session else ""
    return [*row, (clean(capture.rule) + session if capture.wanted else "", "dim")]


def _skipped(capture: CaptureView) -> str:
    """The last minute's frames that were not kept, by reason, the commonest first."""
    reasons = sorted(capture.skipped.items(), key=lambda item: -item[1])
    told = " + ".join(f"{count} {clean(reason)}" for reason, count in reasons)
    return f"last minute {sum(capture.skipped.values())} skipped = {told}"


def _ends(axis: AxisView) -> tuple[str, str]:
    return f"{axis.low:g}", f"{axis.high:g}"


def _place(axis: AxisView) -> float | None:
    return None if axis.now is None else position(axis.now, axis.low, axis.high, axis.scale)


def _axis_title(axis: AxisView, width: int) -> Row:
    unit = clean(axis.unit)
    row: Row = [
        (fit(clean(axis.name), 11), "title"),
        (words.figure(axis.now, 8, 0 if axis.high - axis.low > 100 else 2), "strong"),
        (f" {unit}".ljust(5), ""),
    ]
    outside = f"  {axis.outside} outside" if axis.outside else ""
    return [*row, (outside, "dim")] if width >= 38 else row


def _axis_line(axis: AxisView, width: int, glyphs: Glyphs) -> Row:
    """A histogram on a line of its own, where there is little room."""
    drawn = bars(axis.counts, max(8, min(width - 24, 32)), 1, _place(axis), glyphs)
    return [
        (" ", ""),
        (fit(clean(axis.name), 10), "title"),
        (words.figure(axis.now, 7, 0 if axis.high - axis.low > 100 else 2), "strong"),
        (f" {clean(axis.unit)}".ljust(5), ""),
        *(drawn[0] if drawn else []),
    ]


def _histograms(
    snapshot: Snapshot, width: int, room: int, across: int, glyphs: Glyphs
) -> list[Row]:
    """All axes, ``across`` of them side by side, as high as ``room`` rows allow."""
    axes = snapshot.axes
    if not axes:
        return [[(" No histograms: the schema in config.toml names no axes.", "dim")]]
    lines = -(-len(axes) // across)
    most = max(sum(axis.counts) for axis in axes)
    title: list[Row] = [
        [
            (" SAMPLES HERE ", "title"),
            (f"{most}", "strong"),
            (f", by what they show;  {glyphs.marker} this frame", "dim"),
        ]
    ]
    each = (room - 1) // lines
    if each < 3:
        return title + [_axis_line(axis, width, glyphs) for axis in axes][: max(room - 1, 0)]
    spaced = each >= 6
    tall = min(each - 2 - spaced, 6 if lines > 1 else 10)
    column = (width - 2) // across - 2
    out = title
    for start in range(0, len(axes), across):
        block: list[Row] = []
        for axis in reversed(axes[start : start + across]):
            place = _place(axis)
            low, high = _ends(axis)
            cells = min(column, 64)
            one: list[Row] = [
                _axis_title(axis, column),
                *bars(axis.counts, cells, tall, place, glyphs),
                scale_row(low, high, axis.counts, cells, place, glyphs),
            ]
            block = beside(one, block, column) if block else one
        out = out + [[(" ", ""), *row] for row in block] + ([[]] if spaced else [])
    return out


def _stream(stream: StreamView, state: State, width: int) -> Row:
    word, style = _STREAM[stream.state]
    row: Row = [(" STREAM ", "title"), (word, style)]
    if stream.state in ("live", "stale"):
        row.append((f" {stream.rate:5.1f}/s", ""))
        if stream.age is not None:
            row.append((f"  {_age(stream.age + state.late)} old", ""))
    row.append((f"  {_MOTION[stream.motion]}", "warn" if stream.motion == "unknown" else "strong"))
    if stream.parked:
        row.append((" PAUSED" if stream.kind == "replay" else " PARKED", "warn"))
    if stream.restarts:
        row.append((f"  restarted {stream.restarts}x", "warn"))
    said = ", ".join(part for part in (clean(stream.source), clean(stream.text)) if part)
    row.append((f"  {said}", "dim" if stream.state == "live" else ""))
    return row


def _fitness(stream: StreamView) -> Row:
    """Sensors that are not connected, what holds samples back, and how old each stream is."""
    row: Row = [("         ", "")]
    if stream.dead:
        names = ", ".join(clean(name) for name in stream.dead)
        row.append((f"NOT CONNECTED: {names}  ", "warn"))
    if stream.held:
        row.append((f"{clean(stream.held)}  ", "warn"))
    row += [
        (f"{clean(name)} {seconds * 1000:4.0f} ms  ", "dim")
        for name, seconds in stream.ages.items()
    ]
    if stream.skew is not None:
        row.append((f"skew {stream.skew * 1000:3.0f} ms", "dim"))
    return row


def _age(seconds: float) -> str:
    return f"{seconds * 1000:4.0f} ms" if seconds < 1 else f"{ago(seconds):>7}"


def _value(stream: StreamView, name: str, width: int, glyphs: Glyphs) -> Row:
    value = stream.values.get(name)
    unit = clean(stream.units.get(name, ""))
    history = stream.trends.get(name, [])
    cells = max(0, min(width - 29, 48))
    return [
        (" ", ""),
        (fit(clean(name), 11), ""),
        (words.figure(value, 8), "strong"),
        (" " + fit(unit, 6) + " ", ""),
        (trend(history, cells, glyphs, abs(value or 0.0) * 0.02), "bar"),
    ]


def _streams(stream: StreamView, state: State, width: int, seen: set[str], most: int) -> list[Row]:
    """State of the stream and ``most`` of its values, without those ``seen`` above already."""
    out: list[Row] = [_stream(stream, state, width)]
    if stream.held or stream.dead or stream.skew is not None:
        out.append(_fitness(stream))
    if stream.state not in ("live", "none"):
        out += [[("         ", ""), (clean(reason), "warn")] for reason in stream.reasons[:2]]
    if state.snapshot is not None:
        # Right under the stream: what is there is what a picture leaves of these rows.
        out[1:1] = compare_view.rows(state.snapshot)
        out += relay_rows(state.snapshot.relay, state, width)
    listed = [*(n for n in stream.units if n in stream.values), *stream.values]
    names = [name for name in dict.fromkeys(listed) if name not in seen][:most]
    across = 1 if width < 76 else 2 if width < 150 else 3
    column = width // across - 2
    for start in range(0, len(names), across):
        row: Row = []
        for name in names[start : start + across]:
            cell = _value(stream, name, 29 if state.sparing else column, state.glyphs)
            row = beside([row], [cell], column)[0] if row else cell
        out.append(row)
    return out
