"""What the set for calibration is worth, and what to drive next, as rows."""

from __future__ import annotations

from rovertui.snapshot import CaptureView, CoverageView, Snapshot
from rovertui.text import ago, clean
from rovertui.ui.state import State
from widgets.glyphs import Glyphs
from widgets.rows import Row, fit, width_of
from widgets.stage_bar import bar, percent


def known(snapshot: Snapshot) -> bool:
    """Whether there is anything that a score could be of."""
    coverage = snapshot.coverage
    return coverage.count > 0 or bool(coverage.advice)


def worth(coverage: CoverageView, width: int, glyphs: Glyphs) -> list[Row]:
    """Two rows: how many are really different, and the score with its change."""
    share = min(1.0, max(0.0, coverage.score / 100))
    cells = max(4, min(width - 32, 40))
    score: Row = [(" ", ""), *bar(share, cells, glyphs), (f" {percent(share)}", "strong")]
    score += [(" covered", ""), *gained(coverage)]
    return [
        [(f"{coverage.vendi:.0f}", "strong"), (" really different", "")],
        score,
    ]


def gained(coverage: CoverageView) -> Row:
    """The change of the last minutes, where there is one."""
    if abs(coverage.gained) < 0.5:
        return []
    change = f"  {coverage.gained:+.0f} % in {ago(max(1, coverage.gained_over))}"
    return [(change, "good" if coverage.gained > 0 else "")]


def goal_rows(snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Row]:
    """Three rows beside the % covered in large figures: the goal, the samples, and how far."""
    capture, coverage = snapshot.capture, snapshot.coverage
    reached = coverage.score >= capture.goal
    goal: Row = [("% covered, ", ""), (f"goal {capture.goal:g} %", "strong")]
    goal += [(" REACHED", "good")] if reached else []
    goal += gained(coverage)
    for over in (at_most(capture), at_most(capture, short=True)):
        samples: Row = [(f"{capture.kept}", "strong"), (f" kept{over}, ", "")]
        samples += [(f"{coverage.vendi:.0f}", "strong"), (" really different", "")]
        if width_of(samples) <= width:
            break
    here = capture.check_apart if capture.for_checking else capture.checking
    enough = here >= capture.check_target
    what = "of other drives" if capture.for_checking else "for checking"
    checking = f" {here} of {capture.check_target} {what}"
    cells = max(4, min(width - len(checking) - 2, 30))
    far: Row = [*bar(progress(snapshot), cells, glyphs), (checking, "good" if enough else "")]
    return [goal, samples, far]


def at_most(capture: CaptureView, *, short: bool = False) -> str:
    """What the number of kept samples has to do with the places of the rule."""
    over = capture.kept - capture.target
    if over <= 0:
        return f" of {capture.target}"
    rule = "" if short else "the rule's "
    return f" ({over} over {rule}{capture.target})"


def progress(snapshot: Snapshot) -> float:
    """How far the set is, 0..1: 1 where it is complete; what is farthest from its goal counts."""
    capture = snapshot.capture
    if capture.goal == 0:
        return min(1.0, capture.kept / capture.target) if capture.target else 0.0
    shares = [snapshot.coverage.score / capture.goal]
    if capture.check_target:
        shares.append(capture.checking / capture.check_target)
    return max(0.0, min(1.0, *shares))


def next_rows(state: State, width: int, lines: int) -> list[Row]:
    """DRIVE NEXT: what to do in capitals, which values, how many there are; one is selected."""
    snapshot = state.snapshot
    if snapshot is None or lines < 1 or not snapshot.coverage.advice:
        return []
    advice = snapshot.coverage.advice[:lines]
    chosen = state.advice_place()
    longest = max(len(clean(each.text)) for each in advice)
    label = " DRIVE NEXT " if width >= 60 else " NEXT "
    room = max(12, min(longest, width - (38 if width >= 60 else 18), 44))
    out: list[Row] = []
    for index, each in enumerate(advice):
        sign = state.glyphs.cursor if index == chosen else " "
        out.append(
            [
                (label if index == 0 else " " * len(label), "title"),
                (f"{sign}{index + 1} ", "title"),
                (fit(clean(each.text).upper(), room), "strong"),
                (f" {each.have} of {each.want}  ", "info"),
                (clean(each.where), ""),
            ]
        )
    return out


def group_row(coverage: CoverageView) -> Row:
    """How far each group of axes is; they weigh the same."""
    row: Row = [(" COVERED ", "title")]
    for name, share in coverage.groups.items():
        row += [(f" {clean(name)}", ""), (f" {share * 100:.0f}%", "strong")]
    if coverage.dead:
        names = ", ".join(clean(name) for name in coverage.dead)
        row.append((f"  never changes: {names}", "warn"))
    return row
