"""What a new snapshot tells: once each, in the line where results are read."""

from __future__ import annotations

from rovertui.snapshot import Snapshot
from rovertui.ui import job_view, words
from rovertui.ui.state import State


class News:
    """Compares each snapshot with the one before."""

    def __init__(self) -> None:
        self._running: set[int] = set()
        self._notices: list[str] | None = None
        self._stalled = False
        self._newest: int | None = None

    def tell(self, snapshot: Snapshot, state: State) -> None:
        """Say what is new in ``snapshot``: a notice, a job that ended.

        What the first one has was there before the screen: it is no news.
        """
        if snapshot.notices and self._notices not in (None, snapshot.notices):
            state.say(snapshot.notices[-1], "warn")
        self._notices = list(snapshot.notices)
        stalled = snapshot.capture.state == "stalled"
        if stalled and not self._stalled and state.status_style == "good":
            # Such as that it records: header and body say now why it does not.
            state.status = ""
        self._stalled = stalled
        newest = max((job.id for job in snapshot.jobs), default=0)
        before = newest if self._newest is None else self._newest
        self._newest = newest
        for job in snapshot.jobs:
            # One that failed at once was never seen running.
            told = job.id in self._running or job.id > before
            if told and job.state not in words.ACTIVE:
                state.say(*words.job_sentence(job))
                if made := job_view.made(job):
                    # What a job has made becomes the selected model.
                    state.model, state.side, state.put_on = made, "here", ""
        self._running = {job.id for job in snapshot.jobs if job.state in words.ACTIVE}
