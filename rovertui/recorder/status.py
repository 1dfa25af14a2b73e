"""What the recorder says of itself ten times a second: stream, capture, histograms, coverage."""

from __future__ import annotations

from pathlib import Path

from rovertui.recorder.keeping import Keeper
from rovertui.recorder.messages import Numbers
from rovertui.recorder.sight import Sight
from rovertui.recorder.view import tidy
from rovertui.sensors.frame import Source
from rovertui.snapshot import CaptureView, CoverageView


class Status:
    """Args:
    directory: of the samples.
    """

    def __init__(self, source: Source, sight: Sight, keeper: Keeper, directory: Path) -> None:
        self._source, self._sight, self._keeper = source, sight, keeper
        self._directory = directory
        self._covered = CoverageView()

    def numbers(self, now: float, *, on: bool, session: str, parked: bool) -> Numbers:
        """The message; of histograms and coverage what changed since the one before."""
        histograms = self._keeper.writer.state.histograms
        return Numbers(
            simulated=self._source.facts.simulated,
            stream=self._sight.view(now, parked),
            capture=self._capture(now, on, session),
            axes=self._sight.axes.views(histograms),
            coverage=self._coverage(),
            now=self._sight.axes.now(self._sight.numbers()),
        )

    def _coverage(self) -> CoverageView | None:
        """What the set is worth, when that changed."""
        latest = self._keeper.writer.coverage
        if latest is self._covered:
            return None
        self._covered = latest
        return latest

    def _capture(self, now: float, on: bool, session: str) -> CaptureView:
        keeper, rule, writer = self._keeper, self._keeper.rule, self._keeper.writer
        state = writer.state
        view = CaptureView(
            wanted=on,
            rule=rule.text,
            kept=state.tally.usable,
            target=rule.target,
            checking=state.tally.checking,
            check_apart=state.tally.apart,
            for_checking=on and rule.checking,
            unusable=state.tally.named(self._directory),
            counted=state.ready,
            session=session,
            decided=keeper.decisions.last,
            skipped=keeper.decisions.minute(now),
            can_undo=writer.can_undo,
            goal=keeper.goal.covered,
            check_target=keeper.goal.checking,
            lacking=keeper.lacking() if state.ready else "",
            complete=state.ready and not keeper.lacking(),
        )
        keeper.progress.describe(
            view,
            now,
            state,
            no_frames="no frames arrive" if self._sight.stale(now) else "",
            # What improves a full set may keep nothing for long: looking is recording as well.
            looking=rule.improves and bool(keeper.decisions.last),
            full=rule.full("calibration"),
        )
        if not on and writer.pending:
            view.state, view.text = "on", "writing the last sample"
        frame = self._sight.frame
        if view.state in ("on", "starting") and state.ready and on and not rule.improves:
            view.next_in = None if frame is None else tidy(rule.due_in(frame.stamp))
        return view
