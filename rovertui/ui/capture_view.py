"""How recording goes as rows: its state, how far the set is, the last sample and the next."""

from __future__ import annotations

from rovertui.snapshot import CaptureView, Snapshot
from rovertui.snapshot.words import CAPTURE, SET_COMPLETE
from rovertui.text import ago, clean
from rovertui.ui import coverage_view, words
from rovertui.ui.state import State
from widgets.big_text import big_text
from widgets.glyphs import Glyphs
from widgets.rows import Piece, Row, width_of, wrap
from widgets.stage_bar import bar, percent

_STYLE = {"off": "dim", "starting": "warn", "stalled": "bad"}


def capture_word(state: State, capture: CaptureView) -> Piece:
    """Whether it records, and the style of that: ``on`` is a block of colour."""
    if state.gone:
        return words.NOT_KNOWN, "bad"
    on = capture.state in ("on", "complete")
    return CAPTURE[capture.state], "on" if on else _STYLE[capture.state]


def capture_rows(snapshot: Snapshot, state: State, width: int) -> list[Row]:
    capture = snapshot.capture
    word, face = capture_word(state, capture)
    lines: list[Row] = []
    middle = word.center(15)
    if face == "on":
        block = [(" " * 15, "on"), (middle, "on"), (" " * 15, "on")]
    else:
        edge = state.glyphs.rule * 15
        block = [(edge, face), (middle, face), (edge, face)]
    if capture.complete and capture.state != "complete":
        block[2] = (SET_COMPLETE.center(15), "good")
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
        said = [of, [*checking, never], progress_row(snapshot, width - 34, state.glyphs)]
    for index in range(3):
        lines.append([(" ", ""), block[index], ("  ", ""), *digits[index], (" ", ""), *said[index]])
    return lines


def _first(snapshot: Snapshot) -> str:
    """What to do first where nothing is yet."""
    capture = snapshot.capture
    if capture.state == "off" and capture.kept + capture.checking == 0:
        if snapshot.stream.state in ("stale", "down") and snapshot.stream.age is None:
            return "No samples yet, and no frames to take them from."
        return words.no_source(snapshot) or "No samples yet: press c to record."
    return ""


def far(snapshot: Snapshot) -> Row:
    """How far the set is, by what completes it."""
    capture = snapshot.capture
    if capture.goal == 0:
        return [(f" {capture.kept:3d}", "strong"), (f"/{capture.target} kept", "")]
    covered = int(snapshot.coverage.score)
    return [(f" {covered:2d}%", "strong"), (f" covered, {capture.kept} kept", "")]


def progress_row(snapshot: Snapshot, width: int, glyphs: Glyphs) -> Row:
    share = coverage_view.progress(snapshot)
    # A covered share stands above: two percentages need to say of what each is one.
    goal = snapshot.capture.goal
    of = " complete" if goal == 0 else f" of the {goal:g}% goal"
    cells = max(4, min(width - 8 - len(of), 40))
    done = (f" {percent(share)}", "strong")
    return [(" ", ""), *bar(share, cells, glyphs), done, (of, "")]


def last_rows(capture: CaptureView, state: State, width: int, lines: int) -> list[Row]:
    """Why the last sample was kept, and when; two lines at most, broken between words."""
    if not capture.last and not capture.last_name:
        none = capture.counted and capture.kept + capture.checking == 0
        said = "nothing kept yet" if none else "nothing new yet"
        return [[(" LAST  ", "title"), (said, "dim")]]
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


def next_row(snapshot: Snapshot, state: State) -> Row:
    """When the next sample is due, and what is to be known about recording."""
    capture = snapshot.capture
    row: Row = [(" NEXT  ", "title")]
    if state.gone:
        return [*row, ("not known", "dim")]
    if capture.state == "stalled":
        # Nothing is due, and what it goes by tells nothing of why.
        row.append((f"{clean(capture.text) or CAPTURE['stalled']}  ", "strong"))
        return [*row, (clean(capture.unusable), "warn")]
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


def next_rows(snapshot: Snapshot, state: State, width: int, lines: int) -> list[Row]:
    """The same; what has no room beside when or what was decided is a second line, where there
    may be one."""
    row = next_row(snapshot, state)
    if lines < 2 or width_of(row) <= width:
        return [row]
    (text, style), rest = row[1], row[2:]
    first, *more = wrap(text, max(width - 8, 10))
    over: Row = [(f"{' '.join(more)}  " if more else "", style)]
    return [[row[0], (first, style)], [(" " * 7, ""), *over, *rest]]


def _skipped(capture: CaptureView) -> str:
    """The last minute's frames that were not kept, by reason, the commonest first."""
    reasons = sorted(capture.skipped.items(), key=lambda item: -item[1])
    told = " + ".join(f"{count} {clean(reason)}" for reason, count in reasons)
    return f"last minute {sum(capture.skipped.values())} skipped = {told}"
